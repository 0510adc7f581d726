package build

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// The go command is asked again only when its answer could have changed.
func TestListing(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("main.go", "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(1) }\n")
	write("go.mod", "module example.com/x\n")
	known, asked := &Known{}, 0
	run := func() {
		t.Helper()
		_, err := known.listing("go list", func() (string, error) { asked++; return "said", nil }, func(string) (dirs, files []string, ok bool) {
			return []string{dir}, []string{filepath.Join(dir, "go.mod"), filepath.Join(dir, "go.work")}, true
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	run()
	run() // it is not known which state of the files the first listing belongs to
	for _, x := range []struct {
		what, name, text string
		asks             int
	}{
		{"the same", "main.go", "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(1) }\n", 0},
		{"a body", "main.go", "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(2) }\n", 0},
		{"an import", "main.go", "package main\n\nimport \"os\"\n\nfunc main() { os.Exit(2) }\n", 1},
		{"a constraint", "main.go", "//go:build linux\n\npackage main\n\nimport \"os\"\n\nfunc main() { os.Exit(2) }\n", 1},
		{"an embedded file", "main.go", "//go:build linux\n\npackage main\n\nimport \"os\"\n\n//go:embed x\nvar x string\n\nfunc main() { os.Exit(2) }\n", 1},
		{"another file", "other.go", "package main\n", 1},
		{"go.mod", "go.mod", "module example.com/x\n\ngo 1.24\n", 1},
		{"go.work", "go.work", "go 1.24\n", 1},
		{"no Go", "main.go", "packag main\n", 2}, // always
		{"Go again", "main.go", "package main\n\nfunc main() {}\n", 1},
	} {
		before := asked
		write(x.name, x.text)
		run()
		run()
		if asked-before != x.asks {
			t.Errorf("%s: asked %d times, want %d", x.what, asked-before, x.asks)
		}
	}
}

// A new module below another changes the listing, too.
func TestDecides(t *testing.T) {
	root := t.TempDir()
	p := &goPackage{Dir: filepath.Join(root, "a", "b"), ImportPath: "example.com/x/a/b", Module: &goListModule{GoMod: filepath.Join(root, "go.mod")}}
	dirs, files, ok := goModule{dir: "."}.decides(root, filepath.Join(root, "modules"), []*goPackage{p})
	if !ok || len(dirs) != 1 || !slices.Contains(files, filepath.Join(root, "a", "go.mod")) || !slices.Contains(files, filepath.Join(root, "go.mod")) {
		t.Errorf("%v, %v, %t", dirs, files, ok)
	}
	for what, q := range map[string]*goPackage{
		"an embedded file":  {Dir: p.Dir, EmbedPatterns: []string{"x"}},
		"C":                 {Dir: p.Dir, CgoFiles: []string{"x.go"}},
		"an error":          {Dir: p.Dir, Error: &goListError{Err: "x"}},
		"no directory":      {},
		"one of its errors": {Dir: p.Dir, DepsErrors: []goListError{{Err: "x"}}},
	} {
		if _, _, ok := (goModule{dir: "."}).decides(root, "/modules", []*goPackage{p, q}); ok {
			t.Errorf("%s: it is kept", what)
		}
	}
}
