package attest

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/release/internal/purl"
)

// ReadProvenance reads a provenance as [EncodeProvenance] writes it. data is
// the statement itself, a DSSE envelope with it, or a Sigstore bundle with such
// an envelope, of 16 MiB at most. key is a public key in PEM (ECDSA, Ed25519 or
// RSA). An envelope requires it, and its signature is checked with it; a plain
// statement has no signature, so with a key it is refused.
//
// The package comment says what else is refused. Each error names the field, and
// has a hint. Subjects, Commit, Builder and the engine always have a value.
func ReadProvenance(data, key []byte) (Provenance, error) {
	name := "it"
	e, signed, err := readEnvelope(data)
	switch {
	case err != nil:
		return Provenance{}, err
	case signed:
		if data, err = e.open(key); err != nil {
			return Provenance{}, err
		}
		name = "the envelope's payload"
	case len(key) > 0:
		return Provenance{}, hint.New("omit the key, or take the signed provenance", "provenance: a key was given, but it is not signed")
	}
	var d document
	if err := decode(data, name, &d); err != nil {
		return Provenance{}, err
	}
	var r reader
	p := r.provenance(d)
	r.parameters(data)
	if r.err != nil {
		return Provenance{}, r.err
	}
	p.Signed = signed
	return p, nil
}

// A reader checks values. The first error stays.
type reader struct{ err error }

func (r *reader) fail(remedy, format string, args ...any) {
	if r.err == nil {
		r.err = hint.New(remedy, "provenance: "+format, args...)
	}
}

func (r *reader) need(path, text string) string {
	if text == "" {
		r.fail(hintRelease, "%s is missing", path)
	}
	return text
}

func (r *reader) provenance(d document) Provenance {
	if r.need("_type", d.Type) != statementType {
		r.fail(hintRelease, "_type is %q, not %q", d.Type, statementType)
	}
	if r.need("predicateType", d.PredicateType) != ProvenanceType {
		r.fail(hintRelease, "predicateType is %q, not %q", d.PredicateType, ProvenanceType)
	}
	definition, run := d.Predicate.BuildDefinition, d.Predicate.RunDetails
	if v := r.need("predicate.buildDefinition.buildType", definition.BuildType); v != buildType {
		r.fail(hintNewer, "predicate.buildDefinition.buildType is %q; known is %q", v, buildType)
	}
	p := Provenance{Subjects: r.subjects(d.Subject)}
	r.external(definition.ExternalParameters, &p)

	m, internal := &p.Materials, definition.InternalParameters
	m.ImageRecipe, p.Packer = internal.ImageRecipe, internal.Packer
	m.Flags, m.Environment = clone(internal.Flags), clone(internal.Environment)
	r.programs(internal.Programs, m)

	r.dependencies(definition.ResolvedDependencies, &p)

	const id = "predicate.runDetails.builder.id"
	p.Builder = r.need(id, run.Builder.ID)
	r.uri(id, p.Builder)
	p.BootzipVersion = run.Builder.Version.Bootzip
	return p
}

// programs reads the settings of the functions in Go. Each function is named once, with
// the version of Go that it was built with.
func (r *reader) programs(all []build.Program, m *build.Materials) {
	seen := map[string]bool{}
	for i, one := range all {
		at := fmt.Sprintf("predicate.buildDefinition.internalParameters.programs[%d]", i)
		r.need(at+".function", one.Function)
		if v := r.need(at+".goVersion", one.GoVersion); !goVersion.MatchString(v) {
			r.fail(hintRelease, "%s.goVersion is %.80q, not a version of Go", at, v)
		}
		if seen[one.Function] {
			r.fail(hintRelease, "duplicate program %q", one.Function)
		}
		seen[one.Function] = true
	}
	m.Programs = all
	slices.SortFunc(m.Programs, func(a, b build.Program) int { return strings.Compare(a.Function, b.Function) })
}

// goVersion is a version as `go version` writes it, which is also the name of its
// toolchain among the dependencies. A second toolchain of the same version has its
// platform in its name, as in "go1.26.8.linux-arm64".
var goVersion = regexp.MustCompile(`^go[0-9][0-9A-Za-z.-]*$`)

// clone copies a list; an empty one becomes nil, like one that is absent.
func clone(list []string) []string { return append([]string(nil), list...) }

// subjects refuses an ambiguous list.
func (r *reader) subjects(all []descriptor) []Subject {
	var list []Subject
	seen := map[string]bool{}
	for i, one := range all {
		at := fmt.Sprintf("subject[%d]", i)
		s := Subject{Name: r.need(at+".name", one.Name), SHA256: r.digest(at, one, "sha256", 64)}
		if s.Name == "." || s.Name == ".." || strings.ContainsAny(s.Name, `/\`) {
			r.fail(hintRelease, "%s.name is %q, not the base name of a file", at, s.Name)
		}
		if seen[s.Name] {
			r.fail(hintRelease, "duplicate subject %q", s.Name)
		}
		seen[s.Name] = true
		list = append(list, s)
	}
	if len(list) == 0 {
		r.fail(hintRelease, "it has no subject")
	}
	return sorted(list)
}

// digest reads one digest of a descriptor: lower-case hexadecimal of one of the
// lengths.
func (r *reader) digest(path string, d descriptor, algorithm string, lengths ...int) string {
	at := path + ".digest." + algorithm
	text := r.need(at, d.Digest[algorithm])
	_, err := hex.DecodeString(text)
	if err != nil || !slices.Contains(lengths, len(text)) || strings.ToLower(text) != text {
		r.fail(hintRelease, "%s is %.80q, not a digest in lower-case hexadecimal", at, text)
		return ""
	}
	return text
}

// parametersPath is where the external parameters are.
const parametersPath = "predicate.buildDefinition.externalParameters"

// parameters refuses unknown external parameters: each could have changed the build
// (SLSA provenance, "externalParameters").
func (r *reader) parameters(data []byte) {
	var d struct {
		Predicate struct {
			BuildDefinition struct{ ExternalParameters map[string]json.RawMessage }
		}
	}
	if err := json.Unmarshal(data, &d); err != nil {
		r.fail(hintRelease, "%w", err)
	}
	known := keys(reflect.TypeFor[externalParameters]())
	for _, name := range slices.Sorted(maps.Keys(d.Predicate.BuildDefinition.ExternalParameters)) {
		if !slices.Contains(known, name) {
			r.fail(hintNewer, "unknown parameter %q", parametersPath+"."+name)
		}
	}
}

func (r *reader) external(e externalParameters, p *Provenance) {
	const at = parametersPath
	p.Materials.Engine = r.need(at+".engine", e.Engine)
	if p.Repository = e.Repository; p.Repository != "" {
		r.uri(at+".repository", p.Repository)
	}
	if e.Ref != "" {
		tag, ok := strings.CutPrefix(e.Ref, tagPrefix)
		if !ok || tag == "" {
			r.fail(hintRelease, "%s.ref is %q, not a tag", at, e.Ref)
		}
		p.Tag = tag
	}
	if p.Folder = e.Folder; p.Folder != "" && !fs.ValidPath(p.Folder) {
		r.fail(hintRelease, "%s.folder is %q, not a directory of the repository", at, p.Folder)
	}
	p.Functions = clone(e.Functions)
	slices.Sort(p.Functions)
	if len(slices.Compact(clone(p.Functions))) != len(p.Functions) || slices.Contains(p.Functions, "") {
		r.fail(hintRelease, "%s.functions has an empty or duplicate name", at)
	}
}

// uri accepts only https without credentials, since addresses are published and cloned
// from.
func (r *reader) uri(path, text string) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || strings.ContainsFunc(text, unicode.IsSpace) {
		r.fail(hintRelease, "%s is %q, not an https address without credentials", path, text)
	}
}

// isModuleFile reports whether a dependency of that name is one of the files of
// build.ModuleFile.
func isModuleFile(name string) bool {
	for strings.HasPrefix(name, "../") { // above the project
		name = name[len("../"):]
	}
	return fs.ValidPath(name) && slices.Contains([]string{"go.mod", "go.sum", "go.work", "go.work.sum", "modules.txt"}, path.Base(name))
}

// dependencies reads the materials of a build. Other names are ignored (in-toto,
// "Parsing rules").
func (r *reader) dependencies(list []descriptor, p *Provenance) {
	m := &p.Materials
	seen := map[string]bool{}
	for i, d := range list {
		at := fmt.Sprintf("predicate.buildDefinition.resolvedDependencies[%d]", i)
		if d.Name != "" && seen[d.Name] {
			r.fail(hintRelease, "duplicate dependency %q", d.Name)
		}
		seen[d.Name] = true
		switch d.Name {
		case sourceName:
			p.Commit = r.digest(at, d, "gitCommit", 40, 64)
			if want := sourceURI(p.Repository, p.Tag); d.URI != want {
				r.fail(hintRelease, "%s.uri is %q, but the parameters say %q", at, d.URI, want)
			}
		case baseImageName:
			m.BaseImageID = "sha256:" + r.digest(at, d, "sha256", 64)
			reference, _ := d.Annotations["reference"].(string)
			m.BaseImage = r.need(at+".annotations.reference", reference)
		case lockName:
			m.LockSHA256 = r.digest(at, d, "sha256", 64)
		case "":
			if strings.HasPrefix(d.URI, "pkg:deb/") {
				one, err := purl.ParseDebian(d.URI)
				if err != nil {
					r.fail(hintRelease, "%s.uri: %w", at, err)
				}
				m.Packages = append(m.Packages, one.String())
			}
		default:
			if goVersion.MatchString(d.Name) {
				r.toolchain(at, d, m)
			}
			if strings.HasPrefix(d.Name, imageBasePrefix) {
				reference, _ := d.Annotations["reference"].(string)
				platform, _ := d.Annotations["platform"].(string)
				base := Base{
					Reference: r.need(at+".annotations.reference", reference), Arch: r.need(at+".annotations.platform", strings.TrimPrefix(platform, linuxPrefix)),
					Digest: "sha256:" + r.digest(at, d, "sha256", 64),
				}
				if want := base.name(); d.Name != want {
					r.fail(hintRelease, "%s.name is %q, but its annotations say %q", at, d.Name, want)
				}
				p.Bases = append(p.Bases, base)
			}
			if isModuleFile(d.Name) {
				m.ModuleFiles = append(m.ModuleFiles, build.ModuleFile{Name: d.Name, SHA256: r.digest(at, d, "sha256", 64)})
			}
		}
	}
	slices.SortFunc(p.Bases, compareBases)
	slices.Sort(m.Packages)
	slices.SortFunc(m.ModuleFiles, func(a, b build.ModuleFile) int { return strings.Compare(a.Name, b.Name) })
	if p.Commit == "" {
		r.fail(hintRelease, "it has no commit: there is no dependency %q", sourceName)
	}
	slices.SortStableFunc(m.Toolchains, func(a, b build.Toolchain) int { return strings.Compare(a.Version, b.Version) })
	for _, one := range m.Programs {
		if !seen[one.GoVersion] {
			r.fail(hintRelease, "program %q was built with %s, but there is no dependency of that name", one.Function, one.GoVersion)
		}
	}
}

func (r *reader) toolchain(at string, d descriptor, m *build.Materials) {
	version, platform, second := strings.Cut(d.Name, ".linux-")
	t := build.Toolchain{Version: version}
	if !slices.ContainsFunc(m.Programs, func(p build.Program) bool { return p.GoVersion == t.Version }) {
		r.fail(hintRelease, "it has the toolchain %s, but no program that was built with it", t.Version)
	}
	if strings.HasPrefix(d.URI, "pkg:generic/") {
		if d.URI != installedGo(t.Version) {
			r.fail(hintRelease, "%s.uri is %q, but its name is %q", at, d.URI, t.Version)
		}
		m.Toolchains = append(m.Toolchains, t)
		return
	}
	path, version, err := purl.ParseGo(d.URI)
	if err != nil {
		r.fail(hintRelease, "%s.uri: %w", at, err)
	}
	if !strings.HasPrefix(version, "v0.0.1-"+t.Version+".") || second && !strings.HasSuffix(version, ".linux-"+platform) {
		r.fail(hintRelease, "%s.uri is %q, but its name is %q", at, d.URI, t.Version)
	}
	t.Module, t.Sum = path+"@"+version, hexToH1(r.digest(at, d, "dirHash", 64))
	m.Toolchains = append(m.Toolchains, t)
}
