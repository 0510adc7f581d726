// Package sbom lists what is in a zip or a program, as a CycloneDX document.
package sbom

import (
	"context"
	"errors"
)

// Config says of what to make a bill of materials.
type Config struct {
	File    string // the zip, or a program
	Name    string // "hello-amd64.zip"; the file's base name if empty
	Version string // the release's tag; may be empty

	BootzipVersion string // of the tool that makes it; may be empty
	Toolchain      string // what the manifest says of the toolchain; used where the program does not say

	// Packages are those of the build image, "name:architecture=version",
	// as in bootzip.lock. They are listed for programs that are not Go's.
	Packages []string

	// ModuleCache is GOMODCACHE. Licences are read from it; empty, or
	// without a module: no licence is stated.
	ModuleCache string
}

// Make returns the document.
func Make(ctx context.Context, c Config) ([]byte, error) {
	return nil, errors.ErrUnsupported
}
