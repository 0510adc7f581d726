package project

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/hint"
)

// A LeftOut is a main package that is not a function, and why.
type LeftOut struct {
	Source string // directory, slash-separated, relative to the project's root
	Reason string

	keys string // as of a mainPackage
}

// findMainPackages finds the project's functions: the main packages that use a Lambda
// runtime, sorted by name. With a go.work in the root, they are those of the modules that
// it lists; without one, those of the modules in the root and below. It ignores directories
// that the go command ignores: vendor, testdata, names that begin with '.' or '_', and those
// that go.mod ignores. It also ignores node_modules and cdk.out, which hold copies, and
// directories with a bootzip.yaml of their own. A magefile is not a main package: its build
// tag excludes it.
//
// A function has the name of its package's directory or, where two would have the same
// name, of the complete path, with '-' for '/'. The program in the root has the name of
// the module. A program that registers an extension, imports no runtime and asks for no
// invocations has the kind extension. A function gets those architectures in arch for which
// it has files.
func findMainPackages(p *Project, arch []Arch) error {
	d, err := newDiscovery(p.Root)
	if err != nil {
		return err
	}
	if err := d.walk(); err != nil {
		return err
	}
	var mains []mainPackage
	for _, c := range d.mains {
		files := c.arch
		c.arch = slices.DeleteFunc(slices.Clone(arch), func(a Arch) bool { return !slices.Contains(files, a) })
		switch {
		case p.excludes(c.source):
			c.leftOut = "excluded in " + ConfigFile
		case c.leftOut == "" && len(c.arch) == 0:
			c.leftOut = fmt.Sprintf("it has files for %s alone, which arch in %s leaves out", files[0], ConfigFile)
		}
		if c.leftOut != "" {
			p.LeftOut = append(p.LeftOut, LeftOut{c.source, c.leftOut, c.keys})
		} else {
			mains = append(mains, c)
		}
	}
	switch {
	case len(mains) > 0:
		p.Functions, err = d.functions(mains)
		return err
	case len(p.LeftOut) == 0:
		return hint.New("write one (package main), or list the functions in a bootzip.yaml", "no main package is in the module in %s", p.Root)
	}
	var names []string
	for _, l := range p.LeftOut {
		names = append(names, fmt.Sprintf("%s (%s)", l.Source, l.Reason))
	}
	first := p.LeftOut[0]
	return hint.New(fmt.Sprintf("if it runs on Lambda, name it in a bootzip.yaml: functions: {%s: {source: %s%s}}", d.shortName(first.Source), first.Source, first.keys),
		"no main package is a function: %s", strings.Join(names, ", "))
}

// excludes reports whether the main package in the directory source is excluded.
func (p *Project) excludes(source string) bool {
	return slices.ContainsFunc(p.Exclude, func(dir string) bool { return source == dir || strings.HasPrefix(source, dir+"/") })
}

// holdsPackages reports whether a directory of this name can hold the project's packages: the
// go command ignores some, npm installs into node_modules, and CDK copies assets into cdk.out.
func holdsPackages(base string) bool {
	return !slices.Contains([]string{"vendor", "testdata", "node_modules", "cdk.out"}, base) && !strings.HasPrefix(base, ".") && !strings.HasPrefix(base, "_")
}

// functions returns the functions of main packages, sorted by name.
func (d *discovery) functions(mains []mainPackage) ([]Function, error) {
	count := map[string]int{}
	for _, m := range mains {
		count[d.shortName(m.source)]++
	}
	taken := map[string]string{}
	var functions []Function
	for _, m := range mains {
		s, name := m.source, d.shortName(m.source)
		if count[name] > 1 && s != "." {
			name = functionName(strings.ReplaceAll(s, "/", "-"))
		}
		if err := CheckName(name); err != nil {
			return nil, hint.New("give it a name in a bootzip.yaml", "main package in %q: %v", s, err)
		}
		if other, ok := taken[name]; ok {
			return nil, hint.New("give them names in a bootzip.yaml", "main packages in %q and %q would both be called %q", other, s, name)
		}
		taken[name] = s
		functions = append(functions, Function{
			Name: name, Source: s, Language: Go, Kind: m.kind, Arch: m.arch, Runtime: AL2023,
			Pos: Position{File: path.Join(s, "main package")},
		})
	}
	slices.SortFunc(functions, func(a, b Function) int { return cmp.Compare(a.Name, b.Name) })
	return functions, nil
}

// functionName makes the name of a function from the name of a directory.
func functionName(s string) string {
	return strings.NewReplacer(".", "-", " ", "-").Replace(strings.ToLower(s))
}
