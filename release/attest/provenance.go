package attest

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/release/internal/purl"
)

// A Provenance says how the files of a release were built. Fields that it does not
// have are "" or nil.
type Provenance struct {
	Subjects []Subject // what was built, at least one; sorted by name after [ReadProvenance]

	Repository string   // "https://github.com/owner/name", without credentials
	Tag        string   // "v1.2.3"
	Commit     string   // 40 or 64 lower-case hexadecimal digits; required
	Folder     string   // the project's directory in the repository, slash-separated; "." is the root
	Functions  []string // the names of the functions that were built; nil if only executables were

	// Materials are what it was built with. Engine is required; ImageID is
	// left out.
	Materials build.Materials

	Bases []Base // the base images of the functions' images, sorted; nil: none has one

	Packer         string // as in the manifest
	BootzipVersion string
	Builder        string // builder.id, an https URI; "" writes localBuilder

	// Signed reports that ReadProvenance checked its signature with the given
	// key. It is not written.
	Signed bool
}

// A Base is an image on which images of functions were made.
type Base struct {
	Reference string // as in bootzip.yaml
	Arch      string
	Digest    string // of its manifest, sha256:…
}

// Covers returns an error unless the provenance is about a file: name is its base
// name, sha256 the digest of its bytes in hexadecimal. The error has a hint that
// says what to do.
func (p Provenance) Covers(name, sha256 string) error {
	byName := slices.IndexFunc(p.Subjects, func(s Subject) bool { return s.Name == name })
	byDigest := slices.IndexFunc(p.Subjects, func(s Subject) bool { return s.SHA256 == sha256 })
	switch {
	case byName >= 0 && p.Subjects[byName].SHA256 == sha256:
		return nil
	case byName >= 0:
		return hint.New("the file was changed, or is from another release: take both from the same release",
			"file %q has the SHA-256 %s, and the provenance is about one with %s", name, sha256, p.Subjects[byName].SHA256)
	case byDigest >= 0:
		return hint.New("give the file the name that it had in the release",
			"file %q is called %q in the provenance", name, p.Subjects[byDigest].Name)
	}
	return hint.New("take the provenance from the same release as the file",
		"file %q is not among the %d files in the provenance", name, len(p.Subjects))
}

// The names of the dependencies that are distinguished by name.
const (
	sourceName    = "source"
	baseImageName = "base-image" // of the build image

	imageBasePrefix = "image-base "
	linuxPrefix     = "linux/"
	lockName        = build.LockFile
)

const tagPrefix = "refs/tags/"

// EncodeProvenance returns a SLSA provenance v1 in an in-toto statement, as JSON.
// The same provenance gives the same bytes, whatever the order of its subjects,
// functions, bases and packages. It returns an error if [ReadProvenance] would refuse
// the result.
func EncodeProvenance(p Provenance) ([]byte, error) {
	m := p.Materials
	external := externalParameters{
		Repository: p.Repository, Folder: p.Folder, Functions: slices.Sorted(slices.Values(p.Functions)), Engine: m.Engine,
	}
	if p.Tag != "" {
		external.Ref = tagPrefix + p.Tag
	}
	resolved, err := dependencies(p)
	if err != nil {
		return nil, fmt.Errorf("provenance: %w", err)
	}
	data, err := encode(p.Subjects, ProvenanceType, predicate{
		BuildDefinition: buildDefinition{
			BuildType:          buildType,
			ExternalParameters: external,
			InternalParameters: internalParameters{
				Flags: m.Flags, Environment: m.Environment, Programs: m.Programs, ImageRecipe: m.ImageRecipe, Packer: p.Packer,
			},
			ResolvedDependencies: resolved,
		},
		RunDetails: runDetails{builder{ID: cmp.Or(p.Builder, localBuilder), Version: version{p.BootzipVersion}}},
	})
	if err != nil {
		return nil, err
	}
	if _, err := ReadProvenance(data, nil); err != nil {
		return nil, err
	}
	return data, nil
}

// CheckRepository returns an error if EncodeProvenance would refuse the
// repository; "" is allowed.
func CheckRepository(address string) error {
	r := &reader{}
	if address != "" {
		r.uri("repository", address)
	}
	return r.err
}

// Owner returns the owner of the repository at an https address, as on GitHub: the
// first element of its path, else the host, and "" for "".
func Owner(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	owner, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	return cmp.Or(owner, u.Host)
}

// dependencies lists the source, the toolchains, the image, the lock, the files
// that decide which modules are used, and then the packages of the image.
func dependencies(p Provenance) ([]descriptor, error) {
	m := p.Materials
	list := []descriptor{{
		Name:   sourceName,
		URI:    sourceURI(p.Repository, p.Tag),
		Digest: map[string]string{"gitCommit": p.Commit},
	}}
	for i, one := range m.Toolchains {
		d, err := toolchain(one)
		if err != nil {
			return nil, err
		}
		if i > 0 && m.Toolchains[i-1].Version == one.Version { // for machines of another architecture
			_, d.Name, _ = strings.Cut(one.Module, "@v0.0.1-")
		}
		list = append(list, d)
	}
	if m.BaseImage != "" {
		list = append(list, descriptor{
			Name:        baseImageName,
			Digest:      map[string]string{"sha256": strings.TrimPrefix(m.BaseImageID, "sha256:")},
			Annotations: map[string]any{"reference": m.BaseImage},
		})
	}
	if m.LockSHA256 != "" {
		list = append(list, descriptor{Name: lockName, Digest: map[string]string{"sha256": m.LockSHA256}})
	}
	for _, b := range slices.SortedFunc(slices.Values(p.Bases), compareBases) {
		d := descriptor{
			Name:        b.name(),
			Digest:      map[string]string{"sha256": strings.TrimPrefix(b.Digest, "sha256:")},
			Annotations: map[string]any{"reference": b.Reference, "platform": linuxPrefix + b.Arch},
		}
		if reference, remote := strings.CutPrefix(b.Reference, "docker://"); remote {
			repository, _, _ := strings.Cut(reference, "@")
			d.URI = purl.OCI(repository, b.Digest, b.Arch)
		}
		list = append(list, d)
	}
	for _, f := range m.ModuleFiles {
		list = append(list, descriptor{Name: f.Name, Digest: map[string]string{"sha256": f.SHA256}})
	}
	for _, line := range slices.Sorted(slices.Values(m.Packages)) {
		one, err := purl.ParseDebianPackage(line)
		if err != nil {
			return nil, err
		}
		list = append(list, descriptor{URI: one.URL()})
	}
	return list, nil
}

func (b Base) name() string { return imageBasePrefix + b.Arch + " " + b.Reference }

func compareBases(a, b Base) int {
	return cmp.Or(strings.Compare(a.Reference, b.Reference), strings.Compare(a.Arch, b.Arch), strings.Compare(a.Digest, b.Digest))
}

// sourceURI returns an SPDX download location, as in the example of the SLSA
// specification ("BuildDefinition").
func sourceURI(repository, tag string) string {
	switch {
	case repository == "":
		return ""
	case tag == "":
		return "git+" + repository
	}
	return "git+" + repository + "@" + tagPrefix + tag
}

// toolchain returns the dependency for a Go toolchain: a module with its hash, or only
// a version if the machine's own was used.
func toolchain(t build.Toolchain) (descriptor, error) {
	if t.Module == "" {
		return descriptor{Name: t.Version, URI: installedGo(t.Version)}, nil
	}
	path, version, found := strings.Cut(t.Module, "@")
	sum, ok := h1ToHex(t.Sum)
	if !ok || !found {
		return descriptor{}, fmt.Errorf("toolchain %q with hash %q does not have the form MODULE@VERSION and h1:…", t.Module, t.Sum)
	}
	return descriptor{Name: t.Version, URI: purl.Go(path, version), Digest: map[string]string{"dirHash": sum}}, nil
}

func installedGo(version string) string {
	return purl.Generic("go", strings.TrimPrefix(version, "go"))
}

const h1Prefix = "h1:"

// h1ToHex turns the hash of a module from go.sum's form into that of
// in-toto's "dirHash": the same bytes in hexadecimal, without "h1:"
// (spec/v1/digest_set.md).
func h1ToHex(sum string) (digest string, ok bool) {
	text, prefixed := strings.CutPrefix(sum, h1Prefix)
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	return hex.EncodeToString(raw), err == nil && prefixed && len(raw) == 32
}

// hexToH1 is the reverse of h1ToHex, for a digest that was checked.
func hexToH1(digest string) string {
	raw, _ := hex.DecodeString(digest)
	return h1Prefix + base64.StdEncoding.EncodeToString(raw)
}
