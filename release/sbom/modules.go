package sbom

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"runtime/debug"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/bootzip/bootzip/release/internal/purl"
)

// The names of properties. CycloneDX does not define them.
const (
	propertyCode      = "bootzip:lambda:CodeSha256" // base64, as Lambda's GetFunction shows it
	propertyToolchain = "bootzip:toolchain"
	propertyDigest    = "bootzip:image:digest" // of the manifest, as registries and Lambda name it
	propertyComment   = "bootzip:elf:comment"
	propertyPackage   = "bootzip:go:package"
	propertySetting   = "bootzip:go:setting:" // and the setting's name
	propertySum       = "bootzip:go:sum"      // "h1:…", as in go.sum
	propertyReplaces  = "bootzip:go:replaces" // MODULE@VERSION that go.mod replaces
	propertyDirectory = "bootzip:go:replaced-by-folder"
	propertyVersion   = "bootzip:go:version" // where it is not that of a release
)

// settings are the settings in the build information that are listed. Others can
// hold a path or a time.
var settings = []string{
	"-buildmode", "-compiler", "-tags", "-trimpath", "CGO_ENABLED", "DefaultGODEBUG", "GOAMD64", "GOARCH",
	"GOARM64", "GOEXPERIMENT", "GOFIPS140", "GOOS", "vcs.modified", "vcs.revision",
}

// devel is the version of a module that was built from a directory.
const devel = "(devel)"

// goProperties returns the build information without modules.
func goProperties(info *debug.BuildInfo) []cdx.Property {
	list := []cdx.Property{}
	if info.Path != "" {
		list = append(list, cdx.Property{Name: propertyPackage, Value: info.Path})
	}
	for _, s := range info.Settings {
		if slices.Contains(settings, s.Key) {
			list = append(list, cdx.Property{Name: propertySetting + s.Key, Value: s.Value})
		}
	}
	return list
}

// modules returns all dependencies, and the main module if it has a name.
func modules(info *debug.BuildInfo) []*debug.Module {
	list := slices.Clone(info.Deps)
	if info.Main.Path != "" {
		list = append(list, &info.Main)
	}
	return list
}

// moduleRef returns the module's name inside of the document. released is the version of a
// release's main module, for which the go command knows none; "" for other modules.
func moduleRef(m *debug.Module, released string) string {
	ref := "go:" + m.Path + "@" + m.Version
	if m.Version == devel && released != "" {
		ref = "go:" + m.Path + "@" + released
	}
	switch r := m.Replace; {
	case r == nil:
	case isDirectory(r):
		ref += "=>"
	default:
		ref += "=>" + r.Path + "@" + r.Version
	}
	return ref
}

// isDirectory reports whether a replacement is a directory. Those have no version
// (Go Modules Reference, "replace directive"), which build information shows
// as one in development.
func isDirectory(replacement *debug.Module) bool {
	return replacement.Version == "" || replacement.Version == devel
}

// module describes one module.
func (d *document) module(ctx context.Context, m *debug.Module, released string) (cdx.Component, error) {
	c := cdx.Component{BOMRef: moduleRef(m, released), Type: cdx.ComponentTypeLibrary, Name: m.Path}
	var properties []cdx.Property
	is := m
	if r := m.Replace; r != nil && isDirectory(r) {
		// Its path is not published.
		properties = append(properties, cdx.Property{Name: propertyDirectory, Value: "true"})
		c.Version = m.Version
	} else {
		if r != nil {
			properties = append(properties, cdx.Property{Name: propertyReplaces, Value: m.Path + "@" + m.Version})
			is = r
		}
		c.Name = is.Path
		if is.Version != devel {
			c.Version = is.Version
		}
		c.PackageURL = purl.Go(is.Path, c.Version)
		if c.Version == "" { // a version of the project, and perhaps none of a module
			c.Version = released
		}
	}
	if is.Sum != "" {
		properties = append(properties, cdx.Property{Name: propertySum, Value: is.Sum})
		c.Hashes = sumHash(is.Sum)
	}
	c.Properties = optional(properties)
	found, err := findLicences(ctx, d.config.ModuleCache, is)
	c.Evidence, c.Licenses = found.evidence(), found.concluded()
	return c, err
}

// sumHash returns the hash of a module's files in go.sum, "h1:" and base64, as a
// SHA-256, which it is: of the list of the files' hashes (Go Modules Reference,
// "go.sum files"). Other SBOM tools for Go do the same.
func sumHash(sum string) *[]cdx.Hash {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(sum, "h1:"))
	if err != nil || len(raw) != sha256.Size {
		return nil
	}
	return sha256Hash(hex.EncodeToString(raw))
}

// standardLibrary describes Go's own packages, by the name that Go's
// vulnerability database has for them (go.dev/doc/security/vuln/database).
func standardLibrary(goVersion string) cdx.Component {
	// "go1.26.8 X:nodwarf5" was built with an experiment.
	version, _, _ := strings.Cut(strings.TrimPrefix(goVersion, "go"), " ")
	c := cdx.Component{
		BOMRef: "go:stdlib@" + goVersion, Type: cdx.ComponentTypeLibrary, Name: "stdlib", Version: version,
		Description: "the standard library and runtime of " + goVersion,
		PackageURL:  purl.Go("stdlib", version),
		Supplier:    supplierOf("The Go Project", "https://go.dev"),
		Licenses:    &cdx.Licenses{{License: &cdx.License{ID: "BSD-3-Clause", Acknowledgement: cdx.LicenseAcknowledgementDeclared}}},
	}
	if "go"+version != goVersion {
		c.Properties = &[]cdx.Property{{Name: propertyVersion, Value: goVersion}}
	}
	return c
}

// optional returns nil for an empty list, as cyclonedx-go expects.
func optional[T any](list []T) *[]T {
	if len(list) == 0 {
		return nil
	}
	return &list
}
