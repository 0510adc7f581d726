package pipeline

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/project"
)

// Affected returns those of c.Functions whose zips, images or checks may differ after a
// change of the files at the paths; all, if bootzip.yaml or bootzip.lock is among them. Paths
// are slash-separated and relative to c.Root, and need not exist any more. It may name too
// many, and never too few: a file beside an asset counts. The caller holds the lock on c.Dist.
func Affected(ctx context.Context, c build.Config, paths []string) ([]project.Function, error) {
	if slices.Contains(paths, project.ConfigFile) || slices.Contains(paths, build.LockFile) {
		return c.Functions, nil
	}
	var names []string
	if len(paths) > 0 {
		var err error
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

// mayUse reports whether a file is or may be an asset, the event, a layer or the base image
// of a function.
func mayUse(f project.Function, name string) bool {
	below := func(dir string) bool { return dir == "." || strings.HasPrefix(name, dir+"/") }
	for _, a := range f.Assets {
		if below(path.Dir(a.Source)) {
			return true
		}
	}
	files := []string{f.Event}
	for _, arch := range f.Arch {
		files = append(files, forArch(f.ImageBase, arch))
		for _, layer := range f.Layers {
			files = append(files, forArch(layer, arch))
		}
	}
	return slices.ContainsFunc(files, func(file string) bool { return file != "" && (name == file || below(file)) })
}
