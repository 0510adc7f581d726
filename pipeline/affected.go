package pipeline

import (
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/project"
)

// Affected returns those of c.Functions whose zips, images or checks may differ after a
// change of the files at the paths; all, if bootzip.yaml or bootzip.lock is among them. Paths
// are slash-separated and relative to c.Root, and need not exist any more. Affected may return
// too many functions, but not too few: a file beside an asset counts. The caller holds the
// lock on c.Dist.
func Affected(ctx context.Context, c build.Config, paths []string) ([]project.Function, error) {
	if slices.Contains(paths, project.ConfigFile) || slices.Contains(paths, build.LockFile) {
		return c.Functions, nil
	}
	paths, err := throughLinks(c.Root, paths)
	if err != nil {
		return nil, err
	}
	var names []string
	if len(paths) > 0 {
		if names, err = build.Affected(ctx, c, paths); err != nil {
			return nil, err
		}
	}
	var all []project.Function
	for _, f := range c.Functions {
		if slices.Contains(names, f.Name) || slices.ContainsFunc(paths, func(name string) bool { return mayUse(f, name) }) {
			all = append(all, f)
		}
	}
	return all, nil
}

// throughLinks adds to the paths the symbolic links of the project that lead to one of them,
// and, for a link to a directory above one of them, the path of that file through the link.
func throughLinks(root string, paths []string) ([]string, error) {
	all := slices.Clone(paths)
	if len(paths) == 0 {
		return all, nil
	}
	root, err := filepath.EvalSymlinks(root)
	if err != nil {
		return nil, err
	}
	return all, filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil && e != nil && e.IsDir():
			return fs.SkipDir // it cannot be read, or has gone
		case err != nil:
			return nil
		case e.IsDir() && (e.Name() == ".git" || name == filepath.Join(root, "dist")):
			return fs.SkipDir
		case e.Type()&fs.ModeSymlink == 0:
			return nil
		}
		link, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		target, err := os.Readlink(name)
		if err != nil {
			return nil // it has gone
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(name), target)
		}
		targets := []string{target} // it may be gone
		if resolved, err := filepath.EvalSymlinks(name); err == nil {
			targets = append(targets, resolved)
		}
		for _, p := range paths {
			for _, target := range targets {
				if rest, err := filepath.Rel(target, filepath.Join(root, filepath.FromSlash(p))); err == nil && filepath.IsLocal(rest) {
					all = append(all, filepath.ToSlash(filepath.Join(link, rest)))
				}
			}
		}
		return nil
	})
}

// mayUse reports whether a file is or may be an asset, the event, a layer or the base image
// of a function.
func mayUse(f project.Function, name string) bool {
	below := func(dir string) bool { return dir == "." || strings.HasPrefix(name, dir+"/") }
	for _, a := range f.Assets {
		if below(path.Dir(a.Source)) {
			return true
		}
	}
	files := append([]string{f.Event}, f.AssetPaths...)
	for _, arch := range f.Arch {
		files = append(files, forArch(f.ImageBase, arch))
		for _, layer := range f.Layers {
			files = append(files, forArch(layer, arch))
		}
	}
	return slices.ContainsFunc(files, func(file string) bool { return file != "" && (name == file || below(file)) })
}
