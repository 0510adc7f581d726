package reproduce

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/tempdir"
	"github.com/bootzip/bootzip/project"
)

// tempName is that of the second build's temporary folders.
const tempName = "bootzip-reproduce"

// tempFolder makes the folder for the second tree, of about size bytes: on a
// file system in memory if there is one with room, since one on a disk mostly
// lists the files of a folder in the same order whenever they were written.
func tempFolder(size int64) (*tempdir.Dir, error) {
	if memory := memoryFolder(size); memory != "" {
		if f, err := tempdir.New(memory, tempName); err == nil {
			return f, nil
		}
	}
	return tempdir.New("", tempName)
}

// otherPath makes a folder of another length and depth than root, with the
// same base name: a program in the root of a module is called by it. Nobody
// else can list the folder above it, and all can enter the folder itself: the
// second build may be another user's.
func otherPath(temp, root string) (string, error) {
	secret := make([]byte, 8)
	if _, err := rand.Read(secret); err != nil {
		return "", err
	}
	if err := os.Chmod(temp, 0o711); err != nil {
		return "", err
	}
	depth := func(s string) int { return strings.Count(filepath.ToSlash(s), "/") }
	dir := filepath.Join(temp, hex.EncodeToString(secret), "another-place")
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

// otherWorld is no world that anybody builds in.
func otherWorld(functions []project.Function) build.World {
	// Go knows time zones by name. C libraries look the name up in a table
	// that is not in the image, and need none for POSIX's own form (Base
	// Definitions, 8.3, TZ).
	zone := "BZT-12:45"
	if onlyGo(functions) {
		zone = "Pacific/Chatham"
	}
	return build.World{
		UID: 24817, GID: 31337,
		Umask:    0o077,
		TimeZone: zone,
		Locale:   "C", // the one besides C.UTF-8 that every system has
		CPUs:     1,
		Hostname: "another-host",
		Clock:    397 * 24 * time.Hour,
	}
}

// otherEngine chooses the engine of the second build, and says why it is the
// same one if it is.
func (c Config) otherEngine(ctx context.Context, second build.Config) (name, why string, err error) {
	if c.Engine != "" {
		if c.Engine == c.First.Engine {
			why = "the same one was asked for"
		}
		return c.Engine, why, nil
	}
	candidates := []string{"docker", "podman"}
	if onlyGo(second.Functions) {
		candidates = append(candidates, "sandbox", "host")
	}
	var refused []string
	for _, name := range candidates {
		if name == c.First.Engine {
			continue
		}
		second.Engine = name
		if err := build.Start(ctx, second); err == nil {
			return name, "", nil
		} else if ctx.Err() != nil {
			return "", "", ctx.Err()
		} else {
			refused = append(refused, firstLine(err))
		}
	}
	return c.First.Engine, strings.Join(refused, "; "), nil
}

func onlyGo(functions []project.Function) bool {
	for _, f := range functions {
		if f.Language != project.Go {
			return false
		}
	}
	return true
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// otherSource is where the second build sees the project in a container or in
// the sandbox: of another length and depth than the usual /src.
const otherSource = "/elsewhere/and-deeper/project"

// orderSurrounding says whether some folder of the project lists its files in
// another order in the second tree. They were written in reverse; a file
// system may have an order of its own all the same.
func orderSurrounding(first, second string) (build.Surrounding, error) {
	s := build.Surrounding{Name: "file order", Value: "written in reverse"}
	folders, other := 0, 0
	err := filepath.WalkDir(second, func(dir string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(second, dir)
		if err != nil {
			return err
		}
		two, err := listed(dir)
		if err != nil {
			return err
		}
		one, err := listed(filepath.Join(first, rel))
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the first tree is dirty
		}
		if err != nil {
			return err
		}
		lacks := func(names []string) func(string) bool {
			return func(name string) bool { return !slices.Contains(names, name) }
		}
		common := slices.DeleteFunc(slices.Clone(one), lacks(two))
		two = slices.DeleteFunc(two, lacks(one))
		if len(two) > 1 {
			if folders++; !slices.Equal(common, two) {
				other++
			}
		}
		return nil
	})
	if s.Applied = other > 0; s.Applied {
		s.Value += fmt.Sprintf("; %d of %d folders list their files in another order", other, folders)
	} else {
		s.Why = fmt.Sprintf("the file system lists the files of all %d folders in an order of its own", folders)
	}
	return s, err
}

// listed are the names in a folder, in the order in which the system has them.
func listed(dir string) ([]string, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}
