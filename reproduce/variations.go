package reproduce

import (
	"context"
	"crypto/rand"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/project"
)

// tempName begins the names of the second build's temporary directories.
const tempName = "bootzip-reproduce"

// otherPath makes a directory whose path differs from root's in length and depth.
// The base name is the same, since a program in the root of a module is named after
// it. The directory above cannot be listed by others, and the directory itself can
// be entered by all: the second build may run as another user.
func otherPath(temp, root string) (string, error) {
	if err := os.Chmod(temp, 0o711); err != nil {
		return "", err
	}
	depth := func(s string) int { return strings.Count(filepath.ToSlash(s), "/") }
	dir := filepath.Join(temp, rand.Text(), "another-place")
	for len(dir) == len(filepath.Dir(root)) || depth(dir) == depth(filepath.Dir(root)) {
		dir = filepath.Join(dir, "deeper")
	}
	dir = filepath.Join(dir, filepath.Base(root))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for at := dir; at != temp; at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o755); err != nil { // whatever the umask is
			return "", err
		}
	}
	return dir, nil
}

// openDist lets the other user that the second build may run as pass through the directory
// of its output, whatever the umask is.
func openDist(dist string) error {
	return filepath.WalkDir(dist, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		return os.Chmod(name, 0o755)
	})
}

// variations returns settings that no one is likely to build with.
func variations(functions []project.Function) build.Variations {
	// Go knows time zones by name. C libraries look the name up in a table
	// that is not in the image, and need none for POSIX's own form (Base
	// Definitions, 8.3, TZ).
	zone := "BZT-12:45"
	if onlyGo(functions) {
		zone = "Pacific/Chatham"
	}
	return build.Variations{
		UID: 24817, GID: 31337,
		Umask:    0o077,
		TimeZone: zone,
		Locale:   "C", // the one besides C.UTF-8 that every system has
	}
}

// otherEngine chooses the engine of the second build, and says why if it is the first one's.
func (c Config) otherEngine(ctx context.Context, second build.Config) (name, why string, err error) {
	if c.Engine != "" {
		if c.Engine == c.First.Engine {
			why = "the same engine was requested"
		}
		return c.Engine, why, nil
	}
	candidates := []string{"docker", "podman"}
	if !usesImage(second.Functions) {
		candidates = append(candidates, "sandbox", "host")
	}
	candidates = slices.DeleteFunc(candidates, func(name string) bool { return name == c.First.Engine })
	name, refused := firstUsable(ctx, second, candidates)
	if name != "" || ctx.Err() != nil {
		return name, "", ctx.Err()
	}
	var reasons []string
	for _, err := range refused {
		line, _, _ := strings.Cut(err.Error(), "\n")
		reasons = append(reasons, line)
	}
	return c.First.Engine, strings.Join(reasons, "; "), nil
}

// firstUsable returns the first of the engines that can build here, or "" and the error of
// each if none can.
func firstUsable(ctx context.Context, b build.Config, engines []string) (string, []error) {
	var refused []error
	for _, b.Engine = range engines {
		err := build.Start(ctx, b)
		if err == nil {
			return b.Engine, nil
		}
		refused = append(refused, err)
		if ctx.Err() != nil {
			break
		}
	}
	return "", refused
}

// usesImage reports whether compilers of the build image make part of any program.
func usesImage(functions []project.Function) bool {
	return slices.ContainsFunc(functions, func(f project.Function) bool { return f.Language != project.Go || f.Cgo != "" })
}

func onlyGo(functions []project.Function) bool {
	return !slices.ContainsFunc(functions, func(f project.Function) bool { return f.Language != project.Go })
}

// otherSource is where the second build sees the project in a container or in the
// sandbox. It differs from the usual /src in length and depth.
const otherSource = "/elsewhere/and-deeper/project"
