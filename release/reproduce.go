package release

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/release/checkout"
	"github.com/bootzip/bootzip/release/compare"
)

// ReproduceConfig says what was built, and with what it is to be built again.
type ReproduceConfig struct {
	// First is how the zips were built. Its Engine is the one that did it
	// (build.Report's), not "auto". Reproduce sets what has to be another.
	First build.Config
	Zips  []pack.Zip // in First.Dist, as Package returned them

	// Engine is the second build's: "" takes the other container engine if it
	// can be used; else, where all functions are in Go, sandbox or host; else
	// the same one.
	Engine string

	// Progress, if set, is told what the second build does.
	Progress func(build.Event)

	warm bool // for tests, which would take a minute each
}

// Reproduce builds the zips' functions a second time, from a clean checkout of
// the commit at which the tree stands and in surroundings that differ, and
// compares the zips byte for byte. The package's documentation says what
// differs. The caller holds the lock on First.Dist.
//
// That a zip differs is no error: it is in the result. An error is that there
// is no commit, or that the checkout cannot be built; where files that are not
// in the commit may be the reason, it names them.
func Reproduce(ctx context.Context, c ReproduceConfig) (Reproduction, error) {
	r := Reproduction{First: c.First.Engine, Dirty: []string{}}
	if r.First == "" || r.First == "auto" {
		return r, errors.New("the first build's engine is not named")
	}
	tree, err := checkout.State(ctx, c.First.Root, c.First.Environ)
	if err != nil {
		return r, err
	}
	r.Commit, r.Dirty = tree.Commit, append(r.Dirty, tree.Dirty...)

	temp, err := os.MkdirTemp("", "bootzip-reproduce-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(temp)
	root, err := otherPath(temp, tree.Root)
	if err != nil {
		return r, err
	}
	written, err := checkout.At(ctx, tree.Root, tree.Commit, root, checkout.Options{Environ: c.First.Environ, Differing: true})
	if err == nil {
		err = written.Refuse(tree.Folder)
	}
	if err != nil {
		return r, err
	}
	second, err := c.second(filepath.Join(root, filepath.FromSlash(tree.Folder)), filepath.Join(temp, "dist"))
	if err != nil {
		return r, explainClean(err, tree)
	}
	unlock, err := build.Lock(second.Dist)
	if err != nil {
		return r, err
	}
	defer unlock()
	why := ""
	if second.Engine, why, err = c.otherEngine(ctx, second); err != nil {
		return r, err
	}
	again, err := Package(ctx, second)
	if err != nil {
		return r, explainClean(err, tree)
	}
	r.Second = again.Report.Engine
	r.World = append([]build.Surrounding{
		{Name: "engine", Value: r.Second, Applied: r.First != r.Second, Why: why},
		pathSurrounding(r.First, r.Second, second.Root),
		{Name: "file order", Value: "written in reverse", Applied: true},
		{Name: "file times", Value: "of 1994, each another", Applied: true},
		{Name: "cache", Value: "empty", Applied: second.ColdCache},
	}, again.Report.World...)

	for _, z := range c.Zips {
		one, err := c.compare(ctx, z, again.Zips, second.Dist)
		if err != nil {
			return r, err
		}
		if !one.Report.Equal {
			one.Report.Causes = append(causes(tree, written), one.Report.Causes...)
		}
		r.Results = append(r.Results, one)
	}
	return r, nil
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
	dir := filepath.Join(temp, hex.EncodeToString(secret), "another place")
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

// second is the configuration of the second build, but for its engine.
func (c ReproduceConfig) second(root, dist string) (build.Config, error) {
	s := c.First
	p, err := project.Load(root)
	if err != nil {
		return s, err
	}
	s.Root, s.Dist, s.Project, s.Functions = p.Root, dist, p.Functions, nil
	for _, z := range c.Zips {
		selected, err := p.Select(z.Function, z.Arch)
		if err != nil {
			return s, err
		}
		s.Functions = join(s.Functions, selected)
	}
	s.Progress, s.Force = c.Progress, true
	if s.World, s.ColdCache = otherWorld(s.Functions), true; c.warm {
		// Another user could not use the cache.
		s.World.UID, s.World.GID, s.ColdCache = 0, 0, false
	}
	return s, nil
}

// join adds functions, each of one architecture, to a list of them.
func join(all, more []project.Function) []project.Function {
next:
	for _, f := range more {
		for i := range all {
			if all[i].Name == f.Name {
				all[i].Arch = append(append([]project.Arch{}, all[i].Arch...), f.Arch...)
				continue next
			}
		}
		all = append(all, f)
	}
	return all
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
func (c ReproduceConfig) otherEngine(ctx context.Context, second build.Config) (name, why string, err error) {
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

// pathSurrounding says whether the builds saw the project at other paths: in a
// container and in the sandbox it is always at the same one.
func pathSurrounding(first, second, root string) build.Surrounding {
	s := build.Surrounding{Name: "path", Value: root, Applied: true}
	switch {
	case first != "host" && second != "host":
		s.Applied, s.Why = false, "every build in a container or sandbox sees the project at /src"
	case second != "host":
		s.Value = "/src"
	}
	return s
}

// compare compares a zip of the first build with that of the second.
func (c ReproduceConfig) compare(ctx context.Context, z pack.Zip, again []pack.Zip, dist string) (ReproduceResult, error) {
	one := ReproduceResult{Zip: z}
	for _, other := range again {
		if other.File == z.File {
			one.Second = other.SHA256
		}
	}
	file := filepath.Join(c.First.Dist, z.File)
	sum, err := fileSum(file)
	if err != nil {
		return one, err
	}
	if sum != z.SHA256 {
		return one, hint.New("run it again", "zip %q was changed since it was packed", z.File)
	}
	one.Report, err = compare.Zips(ctx, file, filepath.Join(dist, z.File))
	return one, err
}

// causes are those of a difference that compare cannot know of.
func causes(t checkout.Tree, w checkout.Written) []compare.Cause {
	var all []compare.Cause
	if names := inFolder(t, t.Dirty); len(names) > 0 {
		all = append(all, compare.Cause{
			ID:   "dirty",
			Text: "the tree is dirty: " + list(names) + "; the first build used these files, and the second those of the commit",
			Hint: "commit them, or undo the changes, and run this again",
		})
	}
	if len(w.Pointers) > 0 {
		all = append(all, compare.Cause{
			ID:   "lfs",
			Text: "in the second build these files were pointers of Git LFS: " + list(w.Pointers),
			Hint: "run `git lfs fetch`, so that the objects are in this repository",
		})
	}
	return all
}

// explainClean says of an error of the second build that the first one could
// do what it could not, and which files only that one had.
func explainClean(err error, t checkout.Tree) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	mend := hint.Of(err)
	err = fmt.Errorf("clean checkout of %s cannot be built: %w", t.Commit, err)
	if only := append(inFolder(t, t.Dirty), inFolder(t, t.Ignored)...); len(only) > 0 {
		err = fmt.Errorf("%w\nthe working tree has what the commit has not: %s", err, list(only))
		mend = "commit the files that the build needs; look into .gitignore as well"
	}
	return hint.Wrap(err, mend)
}

// inFolder are those of the files that a build of the project can see.
func inFolder(t checkout.Tree, names []string) []string {
	var all []string
	for _, name := range names {
		around := strings.HasSuffix(name, "/") && strings.HasPrefix(t.Folder+"/", name)
		if t.Folder == "." || strings.HasPrefix(name, t.Folder+"/") || around {
			all = append(all, name)
		}
	}
	return all
}
