package build

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/bootzip/bootzip/internal/store"
	"github.com/bootzip/bootzip/project"
)

// storing is a builder of one function in Go, with a store that may be written.
type storing struct {
	*builder
	unit Unit
	plan plan
	host places
}

func newStoring(t *testing.T, dir string, change func(*storing)) storing {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module example.com/app\n\ngo 1.24.0\n\ntoolchain go1.26.8\n", "main.go": "package main\n\nfunc main() {}\n", "out": "program"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	opened, err := store.Open(store.Config{Address: dir, Write: true})
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Root: root, Store: opened, Tool: "v1"}
	u := Unit{project.Function{Name: "hello", Source: ".", Language: project.Go}, project.AMD64}
	s := storing{
		&builder{
			config: c, engine: &sandboxed{}, digests: newDigester(root), keys: map[string]string{}, cached: map[string]bool{},
			languages: map[project.Language]language{project.Go: &golang{config: c, modules: map[string]goModule{}, told: map[string]bool{}}},
		},
		u, plan{inputs: map[string]inputs{u.String(): {Files: []string{"go.mod", "main.go"}}}, steps: []step{{products: []product{{u, "out"}}}}},
		places{out: root},
	}
	if change != nil {
		change(&s)
	}
	return s
}

// Everything that decides the bytes is in the key, and nothing about this machine is.
func TestStoreKey(t *testing.T) {
	keyOf := func(change func(*storing)) string {
		s := newStoring(t, t.TempDir(), change)
		key, ok, err := s.storeKey(t.Context(), s.digests, s.unit, s.plan.inputs["hello/amd64"], s.plan, s.host)
		if !ok || err != nil {
			t.Fatal(ok, err)
		}
		return key
	}
	edit := func(name, text string) func(*storing) {
		return func(s *storing) {
			if err := os.WriteFile(filepath.Join(s.config.Root, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	same := keyOf(nil)
	seen := map[string]string{}
	for name, change := range map[string]func(*storing){
		"a source":         edit("main.go", "package main\n"),
		"the toolchain":    edit("go.mod", "module example.com/app\n\ngo 1.24.0\n\ntoolchain go1.26.7\n"),
		"bootzip":          func(s *storing) { s.config.Tool = "v2" },
		"the place":        func(s *storing) { s.host.project = "services" },
		"the architecture": func(s *storing) { s.unit.Arch = project.ARM64 },
		"a tag":            func(s *storing) { s.unit.Function.Tags = []string{"x"} },
		"the directory":    func(s *storing) { s.unit.Function.Source = "./" },
		"ldflags":          func(s *storing) { s.unit.Function.Ldflags = map[string]string{"main.version": "v1"} },
	} {
		key := keyOf(change)
		if other, twice := seen[key]; twice || key == same {
			t.Errorf("%s does not count, or as %s does", name, other)
		}
		seen[key] = name
	}
	for name, change := range map[string]func(*storing){
		"another directory": nil,
		"a test":            edit("main_test.go", "package main\n"),
		"the engine":        func(s *storing) { s.engine = &container{client: "docker"} },
	} {
		if keyOf(change) != same {
			t.Errorf("%s counts", name)
		}
	}
	// A go command that is installed on the host may differ from Go's release.
	s := newStoring(t, t.TempDir(), func(s *storing) { s.engine = &host{} })
	for root, want := range map[string]bool{"/usr/local/go": false, "/root/go/pkg/mod/golang.org/toolchain@v0.0.1-go1.26.8.linux-amd64": true} {
		s.plan.toolchain = root
		if _, ok, err := s.storeKey(t.Context(), s.digests, s.unit, s.plan.inputs["hello/amd64"], s.plan, s.host); ok != want || err != nil {
			t.Errorf("%s: %v (%v)", root, ok, err)
		}
	}
}

// If a file is edited while it is compiled, the state that was compiled is not known.
func TestWhatIsEditedIsNotKept(t *testing.T) {
	for _, edited := range []bool{false, true} {
		s := newStoring(t, t.TempDir(), nil)
		if found := s.fetch(t.Context(), s.plan, s.host); len(found) > 0 || s.keys["hello/amd64"] == "" {
			t.Fatalf("%v %v", found, s.keys)
		}
		if edited {
			if err := os.WriteFile(filepath.Join(s.config.Root, "main.go"), []byte("package main\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		s.keep(t.Context(), s.plan, s.host)
		if got := s.config.Store.Counts(); got.Kept != map[bool]int{false: 1, true: 0}[edited] || got.Faults > 0 {
			t.Errorf("edited %v: %s", edited, s.config.Store.Summary())
		}
	}
}

// A file that is not a program for the architecture is not taken, whatever its record says.
func TestWhatIsNoProgramIsNotTaken(t *testing.T) {
	dir := t.TempDir()
	s := newStoring(t, dir, nil)
	s.fetch(t.Context(), s.plan, s.host)
	s.keep(t.Context(), s.plan, s.host) // the text "program"
	again := newStoring(t, dir, nil)
	if found := again.fetch(t.Context(), again.plan, again.host); len(found) > 0 || again.config.Store.Counts().Found != 1 {
		t.Errorf("%v: %s", found, again.config.Store.Summary())
	}
	if left, err := filepath.Glob(filepath.Join(again.host.out, ".store", "*", "*", "*")); err != nil || len(left) > 0 {
		t.Errorf("left is %q (%v)", left, err)
	}
}
