package pipeline

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/project"
)

// Affected returns those of c.Functions whose zips, images or checks may differ since the
// files at the paths did; all, if bootzip.yaml or bootzip.lock is among them. Paths are
// slash-separated and relative to c.Root, and need not exist any more. It may name too many,
// and never too few: a file beside an asset counts. The caller holds the lock on c.Dist.
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
		beside := map[string]bool{}
		for _, a := range f.Assets {
			beside[path.Dir(a.Source)] = true
		}
		files := []string{f.Event}
		for _, arch := range f.Arch {
			files = append(files, forArch(f.ImageBase, arch))
			for _, layer := range f.Layers {
				files = append(files, forArch(layer, arch))
			}
		}
		if slices.Contains(names, f.Name) || slices.ContainsFunc(paths, func(name string) bool {
			below := func(dir string) bool { return dir == "." || strings.HasPrefix(name, dir+"/") }
			for dir := range beside {
				if below(dir) {
					return true
				}
			}
			return slices.ContainsFunc(files, func(file string) bool { return file != "" && (name == file || below(file)) })
		}) {
			all = append(all, f)
		}
	}
	return all, nil
}
