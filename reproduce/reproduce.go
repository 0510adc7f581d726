package reproduce

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/diff"
	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/internal/git"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/tempdir"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/project"
)

// Config says what was built, and how to build it again.
type Config struct {
	// First is how the zips were built. Its Engine is the one that was used
	// (build.Report's), not "auto". Reproduce sets what has to differ.
	First build.Config
	Zips  []pack.Zip // in First.Dist, as pipeline.Package returned them

	// Engine is the second build's: "" takes the other container engine if it
	// can be used; else sandbox or host, if all functions are in Go without cgo;
	// else the same one.
	Engine string

	// Progress, if not nil, is called with each event of the second build.
	Progress func(build.Event)

	warm bool // for tests, which would take a minute each
}

// Reproduce builds the zips' functions a second time, from a clean checkout of
// the current commit in a varied environment, and compares the zips byte for byte.
// The package comment says what is varied. The caller holds the lock on
// First.Dist.
//
// A zip that differs is not an error: it is in the result. It is an error if there
// is no commit, or if the checkout cannot be built; the error names files that are
// not in the commit, if they may be the reason.
func Reproduce(ctx context.Context, c Config) (Result, error) {
	r := Result{First: c.First.Engine, Dirty: []string{}}
	if r.First == "" || r.First == "auto" {
		return r, errors.New("missing engine of the first build")
	}
	tree, err := git.State(ctx, c.First.Root, c.First.Environ)
	if err != nil {
		return r, err
	}
	r.Commit, r.Dirty = tree.Commit, append(r.Dirty, tree.Dirty...)

	place, err := tempdir.New("", tempName)
	if err != nil {
		return r, err
	}
	defer place.Remove()
	root, err := otherPath(place.Path, tree.Root)
	if err != nil {
		return r, err
	}
	temp, err := tempdir.New("", tempName)
	if err != nil {
		return r, err
	}
	defer temp.Remove()
	dist := filepath.Join(temp.Path, "dist")
	written, err := git.At(ctx, tree.Root, tree.Commit, root, git.Options{Environ: c.First.Environ, Differing: true})
	if err == nil {
		err = written.Refuse(tree.Folder)
	}
	if err != nil {
		return r, err
	}
	second, err := c.second(root, tree.Folder, dist)
	if err != nil {
		return r, explainClean(err, tree)
	}
	unlock, err := build.Lock(second.Dist)
	if err != nil {
		return r, err
	}
	defer unlock()
	var why string
	if second.Engine, why, err = c.otherEngine(ctx, second); err != nil {
		return r, err
	}
	switch {
	case second.Engine != "host":
		second.Vary.Path = otherSource
	case os.Geteuid() == 0:
		if err := errors.Join(os.Chmod(temp.Path, 0o711), openDist(dist)); err != nil {
			return r, err
		}
	}
	again, err := pipeline.Package(ctx, second, pipeline.PackageConfig{})
	if err != nil {
		return r, explainClean(err, tree)
	}
	r.Second = again.Build.Engine
	r.Variations = append([]build.Variation{
		{Name: "engine", Value: r.Second, Applied: r.First != r.Second, Why: why},
		{Name: "file times", Value: "1994, different for each file", Applied: true},
		{Name: "cache", Value: "empty", Applied: second.ColdCache},
	}, again.Build.Varied...)
	if second.Engine == "host" {
		r.Variations = append(r.Variations, build.Variation{Name: "path", Value: second.Root, Applied: true})
	}

	for _, z := range c.Zips {
		one, err := c.compare(ctx, z, again.Zips, second.Dist)
		if err != nil {
			return r, err
		}
		if !one.Report.Equal {
			all, err := c.causes(ctx, tree, written, second)
			if err != nil {
				return r, err
			}
			one.Report.Causes = slices.Concat(all, one.Report.Causes, ignoredCause(tree))
		}
		r.Results = append(r.Results, one)
	}
	return r, nil
}

// second returns the configuration of the second build, without its engine. folder is
// the project's directory in the repository.
func (c Config) second(repository, folder, dist string) (build.Config, error) {
	s := c.First
	repository, err := filepath.EvalSymlinks(repository) // as project.Load does
	if err != nil {
		return s, err
	}
	p, err := project.Load(filepath.Join(repository, filepath.FromSlash(folder)))
	if err != nil {
		return s, err
	}
	s.Root, s.Repository, s.Dist, s.Project, s.Functions = p.Root, repository, dist, p.Functions, nil
	for _, z := range c.Zips {
		selected, err := p.Select(z.Function, z.Arch)
		if err != nil {
			return s, err
		}
		s.Functions = join(s.Functions, selected)
	}
	s.Progress, s.Force = c.Progress, true
	if s.Vary, s.ColdCache = variations(s.Functions), true; c.warm {
		// Another user could not use the cache.
		s.Vary.UID, s.Vary.GID, s.ColdCache = 0, 0, false
	}
	return s, nil
}

// join adds functions, each of one architecture, to a list of them.
func join(all, more []project.Function) []project.Function {
	for _, f := range more {
		i := slices.IndexFunc(all, func(other project.Function) bool { return other.Name == f.Name })
		if i < 0 {
			all = append(all, f)
			continue
		}
		all[i].Arch = slices.Concat(all[i].Arch, f.Arch)
	}
	return all
}

// compare compares a zip of the first build with that of the second.
func (c Config) compare(ctx context.Context, z pack.Zip, again []pipeline.Zip, dist string) (ZipResult, error) {
	one := ZipResult{Zip: z}
	for _, other := range again {
		if other.Packed.File == z.File {
			one.Second = other.Packed.SHA256
			if m := other.Packed.Image; m != nil {
				one.SecondImage = m.Digest
			}
		}
	}
	file := filepath.Join(c.First.Dist, z.File)
	sum, _, err := digest.File(file)
	if err != nil {
		return one, err
	}
	if sum != z.SHA256 {
		return one, hint.New("run it again", "zip %q was changed since it was packed", z.File)
	}
	one.Report, err = diff.Files(ctx, file, filepath.Join(dist, z.File))
	return one, err
}
