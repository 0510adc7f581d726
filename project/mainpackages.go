package project

import (
	"cmp"
	"errors"
	"go/build"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/hint"
)

// findMainPackages returns a function for every main package of the Go
// module in root, sorted by name: what `go list ./...` finds for
// linux without cgo, less the folders that hold no program of the module's
// own (vendor, testdata, names that begin with '.' or '_', nested modules).
// A magefile is no main package: its build tag leaves it out.
//
// A function is called as the folder of its package, and as the whole path
// with '-' between the folders where two would have the same name. The
// program in the root is called as the root folder.
func findMainPackages(root string, exclude []string) ([]Function, error) {
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		return nil, hint.New("run this in the folder of bootzip.yaml or go.mod, or write a bootzip.yaml",
			"neither %s nor go.mod is in %s", ConfigFile, root)
	}
	// The context is set whole: nothing of the caller's GOOS or GOFLAGS
	// decides which functions there are.
	gobuild := build.Context{GOOS: "linux", GOARCH: "amd64", Compiler: "gc", ReleaseTags: build.Default.ReleaseTags}
	var sources []string
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if name != root && !holdsPackages(name, entry.Name()) {
			return fs.SkipDir
		}
		p, err := gobuild.ImportDir(name, 0)
		var none *build.NoGoError
		switch {
		case errors.As(err, &none), p.Name == "documentation":
			return nil
		case err != nil && p.Name != "main":
			return nil // not a program; the compiler tells what is wrong with it
		case p.Name != "main" || err == nil && len(p.GoFiles) == 0:
			return nil // the latter has tests only
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		if slices.Contains(exclude, filepath.ToSlash(rel)) {
			return nil
		}
		sources = append(sources, filepath.ToSlash(rel))
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(sources) == 0 {
		return nil, hint.New("write one (package main), or list the functions in a bootzip.yaml",
			"no main package is in the module in %s", root)
	}
	return nameFunctions(root, sources)
}

// holdsPackages says whether the go command looks for packages of the module
// in a folder of this name.
func holdsPackages(dir, base string) bool {
	if base == "vendor" || base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return false
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err != nil
}

func nameFunctions(root string, sources []string) ([]Function, error) {
	short := func(source string) string {
		if source == "." {
			return functionName(filepath.Base(root))
		}
		return functionName(path.Base(source))
	}
	count := map[string]int{}
	for _, s := range sources {
		count[short(s)]++
	}
	taken := map[string]string{}
	var functions []Function
	for _, s := range sources {
		name := short(s)
		if count[name] > 1 && s != "." {
			name = functionName(strings.ReplaceAll(s, "/", "-"))
		}
		if err := checkName(name); err != nil {
			return nil, hint.New("give it a name in a bootzip.yaml", "main package in %q: %v", s, err)
		}
		if other, ok := taken[name]; ok {
			return nil, hint.New("give them names in a bootzip.yaml", "main packages in %q and %q would both be called %q", other, s, name)
		}
		taken[name] = s
		functions = append(functions, Function{
			Name: name, Source: s, Language: Go, Arch: Architectures(), Runtime: AL2023,
			Pos: Position{File: path.Join(s, "main package")},
		})
	}
	slices.SortFunc(functions, func(a, b Function) int { return cmp.Compare(a.Name, b.Name) })
	return functions, nil
}

// functionName makes a folder's name fit for a function.
func functionName(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '.' || r == ' ' {
			return '-'
		}
		return r
	}, strings.ToLower(s))
}
