package attest

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/release/internal/purl"
)

// ProvenanceConfig is what a provenance says.
type ProvenanceConfig struct {
	Subjects []Subject // what was built; at least one

	Repository string   // "https://github.com/owner/name", without credentials; "" if unknown
	Tag        string   // "v1.2.3"; may be empty
	Commit     string   // in hexadecimal
	Folder     string   // of the project in the repository, slash-separated; "." is its root; "" if unknown
	Functions  []string // the names of those that were built; none where only executables were
	Engine     string   // the one that built; Materials.Engine if empty

	Packer         string // as in the manifest; may be empty
	BootzipVersion string // may be empty
	Materials      build.Materials
	Builder        string // builder.id, an https URI; LocalBuilder if empty
}

type provenance struct {
	BuildDefinition buildDefinition `json:"buildDefinition"`
	RunDetails      runDetails      `json:"runDetails"`
}

type buildDefinition struct {
	BuildType            string             `json:"buildType"`
	ExternalParameters   externalParameters `json:"externalParameters"`
	InternalParameters   internalParameters `json:"internalParameters"`
	ResolvedDependencies []descriptor       `json:"resolvedDependencies"`
}

type externalParameters struct {
	Repository string   `json:"repository,omitempty"`
	Ref        string   `json:"ref,omitempty"`
	Folder     string   `json:"folder,omitempty"`
	Functions  []string `json:"functions,omitempty"`
	Engine     string   `json:"engine"`
}

type internalParameters struct {
	GoVersion   string   `json:"goVersion,omitempty"`
	Flags       []string `json:"flags,omitempty"`
	Environment []string `json:"environment,omitempty"`
	ImageRecipe string   `json:"imageRecipe,omitempty"`
	Packer      string   `json:"packer,omitempty"`
}

type runDetails struct {
	Builder builder `json:"builder"`
}

type builder struct {
	ID      string            `json:"id"`
	Version map[string]string `json:"version,omitempty"`
}

// The names of the dependencies that are told apart by name.
const (
	sourceName    = "source"
	toolchainName = "go-toolchain"
	baseImageName = "base-image"
	lockName      = build.LockFile
)

const tagPrefix = "refs/tags/"

// Provenance returns a SLSA provenance v1 in an in-toto statement, as JSON.
// The same configuration gives the same bytes, in whatever order its subjects,
// functions and packages are. What [ReadProvenance] would refuse is an error.
func Provenance(c ProvenanceConfig) ([]byte, error) {
	m := c.Materials
	p := provenance{
		BuildDefinition: buildDefinition{
			BuildType: BuildType,
			ExternalParameters: externalParameters{
				Repository: c.Repository, Folder: c.Folder, Functions: slices.Sorted(slices.Values(c.Functions)), Engine: c.Engine,
			},
			InternalParameters: internalParameters{
				GoVersion: m.GoVersion, Flags: m.Flags, Environment: m.Environment, ImageRecipe: m.ImageRecipe, Packer: c.Packer,
			},
		},
		RunDetails: runDetails{Builder: builder{ID: c.Builder}},
	}
	external, run := &p.BuildDefinition.ExternalParameters, &p.RunDetails.Builder
	if external.Engine == "" {
		external.Engine = m.Engine
	}
	if c.Tag != "" {
		external.Ref = tagPrefix + c.Tag
	}
	if run.ID == "" {
		run.ID = LocalBuilder
	}
	if c.BootzipVersion != "" {
		run.Version = map[string]string{"bootzip": c.BootzipVersion}
	}
	var err error
	if p.BuildDefinition.ResolvedDependencies, err = dependencies(c); err != nil {
		return nil, fmt.Errorf("provenance: %w", err)
	}
	data, err := encode(c.Subjects, ProvenanceType, p)
	if err != nil {
		return nil, err
	}
	if _, err := ReadProvenance(data, nil); err != nil {
		return nil, err
	}
	return data, nil
}

// CheckRepository finds what Provenance would refuse as the repository; "" is
// allowed.
func CheckRepository(address string) error {
	r := &reader{}
	if address != "" {
		r.uri("repository", address)
	}
	return r.err
}

// dependencies lists the source, the toolchain, the image, the lock, and then
// the packages of the image.
func dependencies(c ProvenanceConfig) ([]descriptor, error) {
	m := c.Materials
	list := []descriptor{{
		Name:   sourceName,
		URI:    sourceURI(c.Repository, c.Tag),
		Digest: map[string]string{"gitCommit": c.Commit},
	}}
	if m.GoVersion != "" {
		d, err := toolchain(m)
		if err != nil {
			return nil, err
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
	for _, line := range slices.Sorted(slices.Values(m.Packages)) {
		p, err := purl.ParseDebianPackage(line)
		if err != nil {
			return nil, err
		}
		list = append(list, descriptor{URI: p.URL()})
	}
	return list, nil
}

// sourceURI is an SPDX download location, as in the example of the SLSA
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

// toolchain is the Go toolchain: a module with its hash, or just a version
// where the machine's own was used.
func toolchain(m build.Materials) (descriptor, error) {
	if m.GoModule == "" {
		return descriptor{Name: toolchainName, URI: installedGo(m.GoVersion)}, nil
	}
	path, version, ok := strings.Cut(m.GoModule, "@")
	sum, err := h1ToHex(m.GoSum)
	if err != nil || !ok {
		return descriptor{}, fmt.Errorf("toolchain %q with the hash %q is not of the form MODULE@VERSION and h1:…", m.GoModule, m.GoSum)
	}
	return descriptor{Name: toolchainName, URI: purl.Go(path, version), Digest: map[string]string{"dirHash": sum}}, nil
}

func installedGo(version string) string {
	return purl.Generic("go", strings.TrimPrefix(version, "go"))
}

const h1Prefix = "h1:"

// h1ToHex turns the hash of a module from go.sum's form into that of
// in-toto's "dirHash": the same bytes in hexadecimal, without "h1:"
// (spec/v1/digest_set.md).
func h1ToHex(sum string) (string, error) {
	text, ok := strings.CutPrefix(sum, h1Prefix)
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || !ok || len(raw) != 32 {
		return "", fmt.Errorf("hash %q is not of the form h1:…", sum)
	}
	return hex.EncodeToString(raw), nil
}

// hexToH1 is the reverse of h1ToHex, for a digest that was checked.
func hexToH1(digest string) string {
	raw, _ := hex.DecodeString(digest)
	return h1Prefix + base64.StdEncoding.EncodeToString(raw)
}
