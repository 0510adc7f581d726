package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/atomicfile"
)

// packagesFile is where the build image lists what is installed in it, one
// "name:architecture=version" per line (docker/packages).
const packagesFile = "/bootzip/packages"

// imagePackages returns the packages of an image, sorted. An id always names the
// same image, so the list is kept.
func imagePackages(ctx context.Context, c Config, client, id string) ([]string, error) {
	kept := filepath.Join(c.Cache, "images", strings.ReplaceAll(id, ":", "-")+".packages")
	if data, err := os.ReadFile(kept); err == nil {
		return strings.Fields(string(data)), nil
	}
	argv := append([]string{client, "run", "--rm", "--entrypoint", "/bin/cat"}, confinement(client)...)
	if !isRemote(c, client) {
		argv = append(argv, ulimitOptions(limits(client))...)
	}
	text, err := capture(ctx, c.Environ, "", append(argv, id, packagesFile)...)
	if err != nil {
		return nil, fmt.Errorf("packages of the build image: %w", err)
	}
	packages := strings.Fields(text)
	slices.Sort(packages)
	if err := os.MkdirAll(filepath.Dir(kept), 0o755); err != nil {
		return nil, err
	}
	return packages, atomicfile.WriteBytes(kept, 0o644, []byte(strings.Join(packages, "\n")+"\n"))
}

// packageVersion returns the version of a package in a list, "" if it is not there.
func packageVersion(packages []string, name string) string {
	for _, p := range packages {
		qualified, version, _ := strings.Cut(p, "=")
		if plain, _, _ := strings.Cut(qualified, ":"); plain == name {
			return version
		}
	}
	return ""
}
