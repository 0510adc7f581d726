package release

import (
	"context"
	"os"
	"path/filepath"

	"github.com/bootzip/bootzip/diff"
	"github.com/bootzip/bootzip/internal/git"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/tempdir"
	"github.com/bootzip/bootzip/release/program"
)

// makeProgram makes the executables in the stage, makes them a second time from a
// checkout of the same commit with an empty cache, and returns an error if any
// differs. Without Config.Program there are none.
func (c Config) makeProgram(ctx context.Context, tree git.Tree, version string) ([]program.Executable, error) {
	if c.Program == "" {
		return nil, nil
	}
	temp, err := tempdir.New("", "bootzip-program")
	if err != nil {
		return nil, err
	}
	defer temp.Remove()
	config := program.Config{
		Root: c.Build.Root, Package: c.Program, Out: c.Build.Dist, Version: version, Commit: tree.Commit, Environ: c.Build.Environ,
		Cache: c.Build.Cache, Platforms: c.Platforms,
		Progress: func(name string) { c.tell("compiling", name) },
	}
	first, err := program.Make(ctx, config)
	if err != nil {
		return nil, err
	}
	elsewhere := filepath.Join(temp.Path, "a", "second", "checkout")
	if err := os.MkdirAll(elsewhere, 0o755); err != nil {
		return nil, err
	}
	written, err := git.At(ctx, tree.Root, tree.Commit, elsewhere, git.Options{Environ: c.Build.Environ, Differing: true})
	if err == nil {
		err = written.Refuse(tree.Folder)
	}
	if err != nil {
		return nil, err
	}
	config.Root = filepath.Join(elsewhere, filepath.FromSlash(tree.Folder))
	config.Out = filepath.Join(temp.Path, "out")
	config.Cache = filepath.Join(temp.Path, "cache")
	config.Progress = func(name string) { c.tell("compiling again", name) }
	second, err := program.Make(ctx, config)
	if err != nil {
		return nil, err
	}
	different, err := differing(ctx, first, second)
	if err != nil {
		return nil, err
	}
	if len(different) > 0 {
		return nil, hint.Wrap(&MismatchError{Executables: different}, "look for a file that .gitignore hides: it is in the tree, but not in the commit")
	}
	return first, nil
}

// differing explains each executable whose bytes differ in the second build.
func differing(ctx context.Context, first, second []program.Executable) ([]diff.Report, error) {
	var all []diff.Report
	for i, e := range first {
		if second[i].SHA256 == e.SHA256 {
			continue
		}
		r, err := diff.Files(ctx, e.Path, second[i].Path)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}
