package project

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/bootzip/bootzip/internal/hint"
)

// A file is a bootzip.yaml that is being read.
type file struct {
	decoder
	project   *Project // gets the keys that are not about functions
	functions *yaml.Node
	arch      []Arch
	runtime   Runtime
	deploy    []string
}

// parseConfig reads a bootzip.yaml into p, whose root has its links resolved. Errors
// use name as the name of the file.
func parseConfig(p *Project, name string, data []byte) error {
	left := maxValues
	f := &file{decoder: decoder{file: name, left: &left}, project: p, arch: Architectures(), runtime: AL2023}
	top := Position{File: name, Line: 1, Column: 1}
	doc, err := f.document(data)
	if err != nil {
		return err
	}
	if doc == nil {
		return errorAt(top, "list the functions under functions:, or remove the file to take every main package", "the file is empty")
	}
	if err := f.fields(doc, "the file", byKey("file", fileKeys(f))); err != nil {
		return err
	}
	if f.functions == nil {
		if err = findMainPackages(p, f.arch); err != nil {
			return errorAt(top, hint.Of(err), "%v", err)
		}
		for i := range p.Functions {
			p.Functions[i].Runtime, p.Functions[i].Deploy = f.runtime, f.deploy
		}
		return nil
	}
	err = f.pairs(f.functions, "functions", func(key, value *yaml.Node) error {
		c := functionReader{decoder: f.decoder, paths: paths{root: p.Root}}
		c.f = Function{Name: key.Value, Arch: f.arch, Runtime: f.runtime, Deploy: f.deploy, Pos: f.pos(key)}
		err := c.function(value)
		p.Functions = append(p.Functions, c.f)
		return err
	})
	if err != nil {
		return err
	}
	if err := distinctRoutes(p.Functions); err != nil {
		return err
	}
	if len(p.Functions) == 0 {
		return errorAt(f.pos(f.functions), "add one: NAME: {source: DIRECTORY}", "functions is empty")
	}
	return nil
}

// excluded reads the list of directories under exclude. A directory need not exist: a later
// step may make it.
func (f *file) excluded(n *yaml.Node) ([]string, error) {
	all, err := f.names(n, "exclude")
	if err != nil {
		return nil, err
	}
	for i, name := range all {
		all[i], err = (paths{f.project.Root}).directory(name)
		if errors.Is(err, fs.ErrNotExist) && !strings.HasSuffix(name, "*") && !strings.HasSuffix(name, "...") {
			all[i] = path.Clean(name)
		} else if err != nil {
			return nil, errorAt(f.pos(resolve(n).Content[i]), "name a directory of the project, relative to bootzip.yaml; those below it are excluded as well", "an entry of exclude: %v", err)
		}
	}
	return all, nil
}

// distinctRoutes refuses a route that leads to two functions.
func distinctRoutes(functions []Function) error {
	to := map[string]string{}
	for _, f := range functions {
		for _, r := range f.Routes {
			if other, taken := to[r.Key()]; taken {
				return errorAt(f.Pos, "keep it in one of the two", "route %q leads to %q and to %q", r.Key(), other, f.Name)
			}
			to[r.Key()] = f.Name
		}
	}
	return nil
}

func (d decoder) archs(n *yaml.Node) ([]Arch, error) {
	var all []Arch
	names, err := d.texts(n, "arch")
	for i, name := range names {
		at := d.pos(resolve(n).Content[i])
		a, err := ParseArch(name)
		if err != nil {
			return nil, errorAt(at, "write amd64, arm64 or both", "%v", err)
		}
		if slices.Contains(all, a) {
			return nil, errorAt(at, "remove one of the two", "architecture %q is given twice", a)
		}
		all = append(all, a)
	}
	if err == nil && len(all) == 0 {
		return nil, errorAt(d.pos(n), "write amd64, arm64 or both, or remove the key", "arch is empty")
	}
	return all, err
}

func (d decoder) runtimeName(n *yaml.Node) (Runtime, error) {
	name, err := d.text(n, "runtime")
	if err != nil {
		return "", err
	}
	r := Runtime(strings.TrimPrefix(name, "provided."))
	if r != AL2023 && r != AL2 {
		return "", errorAt(d.pos(n), "write al2023 or al2", "runtime %q is not an OS-only runtime that Lambda still offers", name)
	}
	return r, nil
}
