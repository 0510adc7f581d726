package build

import (
	"context"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Affected returns the names of the functions whose bootstraps are made from any of the
// paths, which are slash-separated, relative to c.Root, and may be deleted. It runs the
// languages' tools, and builds nothing. The caller holds the lock on Dist.
func Affected(ctx context.Context, c Config, paths []string) (names []string, err error) {
	if c.Functions = withProgram(c.Functions); len(c.Functions) == 0 {
		return nil, nil
	}
	b, _, err := newBuilder(ctx, c)
	if err != nil {
		return nil, err
	}
	host, _, remove, err := b.places()
	if err != nil {
		return nil, err
	}
	defer remove()
	for _, u := range c.units() {
		if _, err := b.recipe(u); err != nil { // reads the module, which rounds needs
			return nil, err
		}
	}
	for _, units := range b.rounds(c.units()) {
		p, err := b.plan(ctx, units, host)
		if err != nil {
			return nil, err
		}
		if len(p.failure.Functions) > 0 {
			return nil, &p.failure
		}
		for _, one := range productsOf(p.steps) {
			name := one.unit.Function.Name
			changed := slices.ContainsFunc(paths, p.inputs[one.unit.String()].has) ||
				inImage(one.unit.Function) && slices.ContainsFunc(paths, func(path string) bool { return strings.HasPrefix(path, "docker/") })
			if changed && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

// has reports whether a path is an input, or would be one if it existed.
func (in inputs) has(name string) bool {
	if slices.Contains(in.Files, name) || compiled(path.Base(name)) && slices.Contains(in.Dirs, path.Dir(name)) {
		return true
	}
	// A submodule is changed as a whole.
	above := func(dir string) bool { return within(filepath.FromSlash(name), filepath.FromSlash(dir)) }
	return slices.ContainsFunc(in.Trees, func(tree string) bool {
		return above(tree) || within(filepath.FromSlash(tree), filepath.FromSlash(name))
	}) || slices.ContainsFunc(in.Dirs, above)
}
