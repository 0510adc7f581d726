package architecture

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// root is the root directory of this repository.
const root = "../.."

// own returns the modules of this repository, by their directories.
func own(t *testing.T) map[string]*modfile.File {
	t.Helper()
	all := map[string]*modfile.File{}
	err := filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := e.Name()
		if e.IsDir() && name != root && (base == "testdata" || base == "dist" || strings.HasPrefix(base, ".")) {
			return fs.SkipDir
		}
		if base != "go.mod" {
			return nil
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		f, err := modfile.Parse(name, data, nil)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(name))
		all[filepath.ToSlash(dir)] = f
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// work reads the go.work of a directory.
func work(t *testing.T, dir string) *modfile.WorkFile {
	t.Helper()
	name := filepath.Join(root, dir, "go.work")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := modfile.ParseWork(name, data, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Released modules are installed with `go install …@VERSION`, which refuses a go.mod with
// a replace or an exclude (cmd/go, "Compile and install packages and dependencies"). Neither
// of them may require the other.
func TestReleasedModules(t *testing.T) {
	all := own(t)
	for _, dir := range []string{".", "runtime"} {
		f := all[dir]
		if f == nil {
			t.Fatalf("no go.mod is in %q", dir)
		}
		if len(f.Replace)+len(f.Exclude) > 0 {
			t.Errorf("%s has a replace or an exclude", f.Syntax.Name)
		}
		for _, r := range f.Require {
			if strings.HasPrefix(r.Mod.Path+"/", module+"/") {
				t.Errorf("%s requires %s", f.Syntax.Name, r.Mod.Path)
			}
		}
		if f.Go.Version != "1.24.0" {
			t.Errorf("%s needs Go %s, and 1.24 is promised", f.Syntax.Name, f.Go.Version)
		}
	}
}

// A module is in the workspace, or has its own go.work that keeps it out. Without either,
// the go command refuses to work in it.
func TestWorkspace(t *testing.T) {
	w := work(t, ".")
	var used []string
	for _, u := range w.Use {
		used = append(used, filepath.ToSlash(filepath.Clean(u.Path)))
	}
	all := own(t)
	for dir, f := range all {
		if !slices.Contains(used, dir) {
			if own := work(t, dir); len(own.Use) != 1 || own.Use[0].Path != "." || own.Toolchain == nil || own.Toolchain.Name != w.Toolchain.Name {
				t.Errorf("go.work of %s has not just itself and %s", dir, w.Toolchain.Name)
			}
		}
		// The toolchain determines the bytes of what is built.
		if f.Toolchain != nil && f.Toolchain.Name != w.Toolchain.Name {
			t.Errorf("%s names %s, and go.work %s", f.Syntax.Name, f.Toolchain.Name, w.Toolchain.Name)
		}
	}
	if all["."].Toolchain == nil || w.Go.Version != all["."].Go.Version {
		t.Errorf("go.work is for Go %s, and go.mod for %s", w.Go.Version, all["."].Go.Version)
	}

	// The version of the runtime that the modules here require need not be published
	// yet: go.work replaces exactly that version. It could not replace all versions, since
	// the runtime is in the workspace.
	if len(w.Replace) != 1 || w.Replace[0].Old.Path != module+"/runtime" || w.Replace[0].New.Path != "./runtime" {
		t.Fatalf("go.work does not replace just the runtime")
	}
	for dir, f := range all {
		for _, r := range f.Require {
			if r.Mod.Path == module+"/runtime" && r.Mod.Version != w.Replace[0].Old.Version {
				t.Errorf("%s requires version %s of the runtime, and go.work replaces %s", dir, r.Mod.Version, w.Replace[0].Old.Version)
			}
		}
	}
}
