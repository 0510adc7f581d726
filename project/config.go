package project

import (
	"os"
	"slices"

	"go.yaml.in/yaml/v4"
)

// parseConfig reads a bootzip.yaml. root is the project's root, with links
// resolved; file is the name to use in errors.
func parseConfig(root, file string, data []byte) ([]Function, error) {
	left := maxValues
	d := decoder{file: file, left: &left}
	top := Position{File: file, Line: 1, Column: 1}
	doc, err := d.document(data)
	if err != nil {
		return nil, err
	}
	if doc == nil {
		return nil, errorAt(top, "list the functions under functions:, or remove the file to take every main package", "the file is empty")
	}

	arch, runtime := Architectures(), AL2023
	var functions *yaml.Node
	err = d.fields(doc, "the file", map[string]func(*yaml.Node) error{
		"functions": func(n *yaml.Node) error { functions = n; return nil },
		"arch":      func(n *yaml.Node) (err error) { arch, err = d.arch(n); return err },
		"runtime":   func(n *yaml.Node) (err error) { runtime, err = d.runtime(n); return err },
	})
	if err != nil {
		return nil, err
	}
	if functions == nil {
		return nil, errorAt(top, "add functions:, with one entry for each", "there is no key functions")
	}

	c := functionConfig{decoder: d, paths: paths{root: root, fsys: os.DirFS(root)}, arch: arch, runtime: runtime}
	var all []Function
	err = d.pairs(functions, "functions", func(key, value *yaml.Node) error {
		f, err := c.function(key, value)
		all = append(all, f)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errorAt(d.pos(functions), "add one: NAME: {source: FOLDER}", "functions is empty")
	}
	return all, nil
}

func (d decoder) arch(n *yaml.Node) ([]Arch, error) {
	var all []Arch
	err := d.list(n, "arch", func(element *yaml.Node) error {
		name, err := d.text(element, "an entry of arch")
		if err != nil {
			return err
		}
		a, err := ParseArch(name)
		if err != nil {
			return errorAt(d.pos(element), "write amd64, arm64 or both", "%v", err)
		}
		if slices.Contains(all, a) {
			return errorAt(d.pos(element), "remove one of the two", "architecture %q is given twice", a)
		}
		all = append(all, a)
		return nil
	})
	if err == nil && len(all) == 0 {
		return nil, errorAt(d.pos(n), "write amd64, arm64 or both, or remove the key", "arch is empty")
	}
	return all, err
}

func (d decoder) runtime(n *yaml.Node) (Runtime, error) {
	name, err := d.text(n, "runtime")
	if err != nil {
		return "", err
	}
	switch Runtime(name) {
	case AL2023, AL2:
		return Runtime(name), nil
	case "provided.al2023", "provided.al2":
		return Runtime(name[len("provided."):]), nil
	}
	return "", errorAt(d.pos(n), "write al2023 or al2", "runtime %q is not an OS-only runtime that Lambda still offers", name)
}
