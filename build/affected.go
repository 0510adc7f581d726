package build

import (
	"context"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/tempdir"
)

// Affected returns the names of the functions whose bootstraps are made from any of the
// paths, which are slash-separated and relative to c.Root and need not exist any more. It
// asks the languages' tools, and builds nothing. The caller holds the lock on Dist.
func Affected(ctx context.Context, c Config, paths []string) (names []string, err error) {
	if c.Functions = withProgram(c.Functions); len(c.Functions) == 0 {
		return nil, nil
	}
	b, _, err := newBuilder(ctx, c)
	if err != nil {
		return nil, err
	}
	stage, err := atomicfile.Begin(filepath.Join(c.Dist, stateFolder))
	if err != nil {
		return nil, err
	}
	defer stage.Remove()
	temp, err := tempdir.New("", "bootzip-build")
	if err != nil {
		return nil, err
	}
	defer temp.Remove()
	host, err := b.folders(stage.Path, temp.Path)
	if err != nil {
		return nil, err
	}
	for _, u := range c.units() {
		if _, err := b.recipe(u); err != nil { // it reads the module, which rounds ask for
			return nil, err
		}
	}
	for _, units := range b.rounds(byLanguage(c.units())) {
		p, err := b.plan(ctx, units, host)
		if err != nil {
			return nil, err
		}
		if len(p.failure.Functions) > 0 {
			return nil, &p.failure
		}
		for _, s := range p.steps {
			for _, one := range s.products {
				name := one.unit.Function.Name
				if !slices.Contains(names, name) && slices.ContainsFunc(paths, p.inputs[one.unit.String()].has) {
					names = append(names, name)
				}
			}
		}
	}
	return names, nil
}

// has reports whether a path is that of an input, or would be if it were there.
func (in inputs) has(name string) bool {
	if slices.Contains(in.Files, name) || compiled(path.Base(name)) && slices.Contains(in.Dirs, path.Dir(name)) {
		return true
	}
	return slices.ContainsFunc(in.Trees, func(tree string) bool {
		return tree == "." || name == tree || strings.HasPrefix(name, strings.TrimSuffix(tree, "/")+"/")
	})
}
