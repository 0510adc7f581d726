package build

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/regular"
	"github.com/bootzip/bootzip/project"
)

// LockFile is the name of the file in the project's root that records what the
// project is built with.
const LockFile = "bootzip.lock"

// lockFile is the content of a bootzip.lock. It is JSON, written by
// WriteLock, and meant to be committed.
type lockFile struct {
	// Toolchain is the Go toolchain, "go1.26.8"; several are sorted and separated by
	// blanks. Empty without Go functions.
	Toolchain string `json:"toolchain,omitempty"`
	// Images has one image for each platform of the machine that runs it, as in
	// "linux/amd64", since their packages differ.
	Images map[string]lockedImage `json:"images,omitempty"`
}

type lockedImage struct {
	// Base is the reference of the base image, and BaseID its id, the digest of
	// its configuration.
	Base     string   `json:"base"`
	BaseID   string   `json:"baseId"`
	Packages []string `json:"packages"` // "name:architecture=version", sorted
}

// maxDifferences bounds the differences in a message.
const maxDifferences = 100

// WriteLock writes bootzip.lock for the project, and returns its path. The file has
// the Go toolchain and, if the engine has a build image, its base image and packages.
// WriteLock makes that image if need be. Entries of other platforms stay.
func WriteLock(ctx context.Context, c Config) (string, error) {
	e, _, err := chooseEngine(ctx, c)
	if err != nil {
		return "", err
	}
	now, err := currentLock(ctx, c, e)
	if err != nil {
		return "", err
	}
	old, err := readLock(c.Root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	images := map[string]lockedImage{}
	maps.Copy(images, old.Images)
	maps.Copy(images, now.Images)
	now.Images = images
	name := filepath.Join(c.Root, LockFile)
	return name, atomicfile.WriteJSON(name, "  ", now)
}

func readLock(root string) (lockFile, error) {
	var l lockFile
	data, err := regular.ReadFile(filepath.Join(root, LockFile))
	if err != nil {
		return l, err
	}
	if err := json.Unmarshal(data, &l); err != nil {
		return l, hint.New("write it again with `bootzip lock`", "%s: %w", LockFile, err)
	}
	return l, nil
}

// currentLock returns the lock that a build with this engine would have.
func currentLock(ctx context.Context, c Config, e engine) (lockFile, error) {
	var l lockFile
	var versions []string
	for _, f := range c.everything() {
		if f.Language == project.Go {
			m, err := findModule(c, f.Source)
			if err != nil {
				return l, err
			}
			versions = append(versions, m.version)
		}
	}
	slices.Sort(versions)
	l.Toolchain = strings.Join(slices.Compact(versions), " ")
	built := e.image()
	if built.id == "" {
		return l, nil
	}
	packages, err := built.packages(ctx)
	if err != nil {
		return l, err
	}
	image := lockedImage{Base: built.base, BaseID: built.baseID, Packages: packages}
	goos, goarch := e.platform()
	l.Images = map[string]lockedImage{goos + "/" + goarch: image}
	return l, nil
}

// checkLock compares the run with bootzip.lock. With Config.Locked, a difference or
// a missing lock is an error. Otherwise a difference is an event.
func checkLock(ctx context.Context, c Config, e engine) error {
	old, err := readLock(c.Root)
	if errors.Is(err, fs.ErrNotExist) {
		if c.Locked {
			return hint.New("write one with `bootzip lock` and commit it", "there is no %s to compare this build with", LockFile)
		}
		return nil
	}
	if err != nil {
		return err
	}
	now, err := currentLock(ctx, c, e)
	if err != nil {
		return err
	}
	differences := compareLocks(old, now)
	if len(differences) == 0 {
		return nil
	}
	mismatch := errors.New("this build differs from " + LockFile + ":\n  " + strings.Join(differences, "\n  "))
	if c.Locked {
		return hint.Wrap(mismatch, "build with the image that was locked, or accept this one with `bootzip lock`")
	}
	c.tell(Event{Stage: "lock", Text: mismatch.Error()})
	return nil
}

func compareLocks(old, now lockFile) []string {
	var all []string
	differ := func(what, before, after string) {
		if before != after {
			all = append(all, fmt.Sprintf("%s: locked %s, now %s", what, cmp.Or(before, "nothing"), cmp.Or(after, "nothing")))
		}
	}
	differ("toolchain", old.Toolchain, now.Toolchain)
	for platform, image := range now.Images {
		before, ok := old.Images[platform]
		if !ok {
			all = append(all, "image for "+platform+": not locked")
			continue
		}
		differ("base image", before.Base, image.Base)
		differ("id of the base image", before.BaseID, image.BaseID)
		was, is := packageMap(before.Packages), packageMap(image.Packages)
		either := maps.Clone(was)
		maps.Copy(either, is)
		for _, name := range slices.Sorted(maps.Keys(either)) {
			differ("package "+name, was[name], is[name])
		}
	}
	if extra := len(all) - maxDifferences; extra > 0 {
		all = append(all[:maxDifferences-1], fmt.Sprintf("… and %d more", extra+1))
	}
	return all
}

func packageMap(list []string) map[string]string {
	m := map[string]string{}
	for _, p := range list {
		name, version, _ := strings.Cut(p, "=")
		m[name] = version
	}
	return m
}
