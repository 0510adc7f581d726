package attest

import (
	"encoding/hex"
	"io/fs"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/bootzip/bootzip/release/internal/purl"
)

// ReadProvenance reads a provenance as [Provenance] writes it. data is the
// statement itself, a DSSE envelope with it, or a Sigstore bundle with such an
// envelope, of 16 MiB at most. key is a public key in PEM (ECDSA, Ed25519 or
// RSA): for an envelope it is required, and the signature checked with it; a
// plain statement has no signature, so with a key it is refused.
//
// The package's documentation says what else is refused. Each error names the
// field, and has a hint.
func ReadProvenance(data, key []byte) (Checked, error) {
	root, err := parse(data)
	if err != nil {
		return Checked{}, err
	}
	r := &reader{}
	o, ok := root.(object)
	if !ok {
		r.fail(hintRelease, "it is not a JSON object")
		return Checked{}, r.err
	}
	signed := false
	if envelope, ok := r.envelope(o); ok {
		payload, err := r.open(envelope, key)
		if err != nil {
			return Checked{}, err
		}
		if root, err = parse(payload); err != nil {
			return Checked{}, err
		}
		if o, ok = root.(object); !ok {
			r.fail(hintRelease, "the envelope's payload is not a JSON object")
		}
		signed = true
	} else if len(key) > 0 {
		r.fail("leave the key out, or take the signed provenance", "a key was given, and it is not signed")
	}
	c := r.provenance(o)
	c.Signed = signed
	if r.err != nil {
		return Checked{}, r.err
	}
	return c, nil
}

func (r *reader) provenance(o object) Checked {
	c := Checked{}
	if v := r.need(o, "_type"); v != statementType {
		r.fail(hintRelease, "_type is %q, not %q", v, statementType)
	}
	if v := r.need(o, "predicateType"); v != ProvenanceType {
		r.fail(hintRelease, "predicateType is %q, not %q", v, ProvenanceType)
	}
	c.Subjects = r.subjects(o)

	predicate := r.object(o, "predicate")
	definition := r.object(predicate, "buildDefinition")
	if v := r.need(definition, "buildType"); v != BuildType {
		r.fail(hintNewer, "%s is %q; known is %q", definition.at("buildType"), v, BuildType)
	}
	r.external(r.object(definition, "externalParameters"), &c)

	internal := r.object(definition, "internalParameters")
	c.GoVersion = r.text(internal, "goVersion")
	c.Flags = r.texts(internal, "flags")
	c.Environment = r.texts(internal, "environment")
	c.ImageRecipe = r.text(internal, "imageRecipe")
	c.Packer = r.text(internal, "packer")

	r.dependencies(r.objects(definition, "resolvedDependencies"), &c)

	run := r.object(r.object(predicate, "runDetails"), "builder")
	c.Builder = r.need(run, "id")
	r.uri(run.at("id"), c.Builder)
	c.BootzipVersion = r.text(r.object(run, "version"), "bootzip")
	return c
}

// subjects refuses a list in which a file could be meant in two ways.
func (r *reader) subjects(o object) []Subject {
	var list []Subject
	seen := map[string]bool{}
	for _, one := range r.objects(o, "subject") {
		s := Subject{Name: r.need(one, "name"), SHA256: r.digest(one, "sha256", 64)}
		if s.Name == "." || s.Name == ".." || strings.ContainsAny(s.Name, `/\`) {
			r.fail(hintRelease, "%s is %q, not the base name of a file", one.at("name"), s.Name)
		}
		if seen[s.Name] {
			r.fail(hintRelease, "subject %q is there twice", s.Name)
		}
		seen[s.Name] = true
		list = append(list, s)
	}
	if len(list) == 0 {
		r.fail(hintRelease, "it has no subject, so it is about no file")
	}
	return sorted(list)
}

// digest reads one digest of a descriptor, in lower-case hexadecimal of one of
// the lengths.
func (r *reader) digest(o object, algorithm string, lengths ...int) string {
	d := r.object(o, "digest")
	text := r.need(d, algorithm)
	_, err := hex.DecodeString(text)
	if err != nil || !slices.Contains(lengths, len(text)) || strings.ToLower(text) != text {
		r.fail(hintRelease, "%s is %.80q, not a digest in lower-case hexadecimal", d.at(algorithm), text)
		return ""
	}
	return text
}

// external refuses fields that it does not know: each of them could have
// changed the build (SLSA provenance, "externalParameters").
func (r *reader) external(o object, c *Checked) {
	for _, name := range slices.Sorted(maps.Keys(o.fields)) {
		if !slices.Contains([]string{"repository", "ref", "folder", "functions", "engine"}, name) {
			r.fail(hintNewer, "parameter %q is not known", o.at(name))
		}
	}
	c.Engine = r.need(o, "engine")
	if c.Repository = r.text(o, "repository"); c.Repository != "" {
		r.uri(o.at("repository"), c.Repository)
	}
	if ref := r.text(o, "ref"); ref != "" {
		tag, ok := strings.CutPrefix(ref, tagPrefix)
		if !ok || tag == "" {
			r.fail(hintRelease, "%s is %q, not a tag", o.at("ref"), ref)
		}
		c.Tag = tag
	}
	if c.Folder = r.text(o, "folder"); c.Folder != "" && !fs.ValidPath(c.Folder) {
		r.fail(hintRelease, "%s is %q, not a folder of the repository", o.at("folder"), c.Folder)
	}
	c.Functions = r.texts(o, "functions")
	slices.Sort(c.Functions)
	if len(slices.Compact(slices.Clone(c.Functions))) != len(c.Functions) || slices.Contains(c.Functions, "") {
		r.fail(hintRelease, "%s has an empty name, or one twice", o.at("functions"))
	}
}

// uri accepts https alone, without credentials: these are written into what
// is published, and cloned from.
func (r *reader) uri(path, text string) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || strings.ContainsFunc(text, unicode.IsSpace) {
		r.fail(hintRelease, "%s is %q, not an https address without credentials", path, text)
	}
}

// dependencies reads what a build is made with. What has another name is none
// of what bootzip records, and ignored (in-toto, "Parsing rules").
func (r *reader) dependencies(list []object, c *Checked) {
	seen := map[string]bool{}
	for _, d := range list {
		name, uri := r.text(d, "name"), r.text(d, "uri")
		if name != "" && seen[name] {
			r.fail(hintRelease, "dependency %q is there twice", name)
		}
		seen[name] = true
		switch name {
		case sourceName:
			c.Commit = r.digest(d, "gitCommit", 40, 64)
			if want := sourceURI(c.Repository, c.Tag); uri != want {
				r.fail(hintRelease, "%s is %q, and the parameters say %q", d.at("uri"), uri, want)
			}
		case toolchainName:
			r.toolchain(d, uri, c)
		case baseImageName:
			c.BaseImageID = "sha256:" + r.digest(d, "sha256", 64)
			c.BaseImage = r.need(r.object(d, "annotations"), "reference")
		case lockName:
			c.LockSHA256 = r.digest(d, "sha256", 64)
		case "":
			if strings.HasPrefix(uri, "pkg:deb/") {
				p, err := purl.ParseDebian(uri)
				if err != nil {
					r.fail(hintRelease, "%s: %w", d.at("uri"), err)
				}
				c.Packages = append(c.Packages, p.String())
			}
		}
	}
	slices.Sort(c.Packages)
	if c.Commit == "" {
		r.fail(hintRelease, "it does not say which commit was built: no dependency is called %q", sourceName)
	}
	if c.GoVersion != "" && !seen[toolchainName] {
		r.fail(hintRelease, "it names %s, and no dependency is called %q", c.GoVersion, toolchainName)
	}
}

func (r *reader) toolchain(d object, uri string, c *Checked) {
	if c.GoVersion == "" {
		r.fail(hintRelease, "it has a toolchain, and does not say which version of Go")
	}
	if strings.HasPrefix(uri, "pkg:generic/") {
		if uri != installedGo(c.GoVersion) {
			r.fail(hintRelease, "%s is %q, and goVersion is %q", d.at("uri"), uri, c.GoVersion)
		}
		return
	}
	path, version, err := purl.ParseGo(uri)
	if err != nil {
		r.fail(hintRelease, "%s: %w", d.at("uri"), err)
	}
	if !strings.HasPrefix(version, "v0.0.1-"+c.GoVersion+".") {
		r.fail(hintRelease, "%s is %q, and goVersion is %q", d.at("uri"), uri, c.GoVersion)
	}
	c.GoModule = path + "@" + version
	c.GoSum = hexToH1(r.digest(d, "dirHash", 64))
}
