package build

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/bootzip/bootzip/project"
)

// The progress of a command that builds several bootstraps is counted by its files.
func TestCounter(t *testing.T) {
	var events []Event
	out := t.TempDir()
	units := []Unit{{project.Function{Name: "a"}, project.AMD64}, {project.Function{Name: "b"}, project.AMD64}, {project.Function{Name: "c"}, project.ARM64}}
	c := counter{build: &builder{config: Config{Progress: func(e Event) { events = append(events, e) }}}, out: out, before: 4, here: 3, total: 9,
		left: [][]product{{{units[0], "a"}, {units[1], "b"}}, {{units[2], "c"}}}}
	c.tell(true)
	c.tell(false) // nothing is new
	for name, text := range map[string]string{"b": "program", "c": ""} {
		if err := os.WriteFile(filepath.Join(out, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c.tell(false)
	c.left[1] = nil // its step has ended
	c.tell(true)
	want := []Event{
		{"build", "a/amd64, b/amd64, c/arm64", 4, 9}, {"build", "a/amd64, c/arm64", 5, 9}, {"build", "a/amd64", 6, 9},
	}
	if !slices.Equal(events, want) {
		t.Errorf("events are %v, want %v", events, want)
	}
}

// A digest omits our output in its usual place, but no other directory that has a .bootzip in
// it: the build sees those.
func TestFilesBelow(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"a.h", ".git/config", "dist/.bootzip/state.json", "dist/b.h", "other/.bootzip/state.json", "other/c.h"} {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := filesBelow(root, ".")
	if want := []string{"a.h", "other/.bootzip/state.json", "other/c.h"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	to := filepath.Join(t.TempDir(), "copy")
	if err := copySources(t.Context(), to, root); err != nil {
		t.Fatal(err)
	}
	if got, err := filesBelow(to, "."); err != nil || !slices.Equal(got, []string{"a.h", "other/.bootzip/state.json", "other/c.h"}) || exists(filepath.Join(to, "dist")) {
		t.Errorf("copied are %q, %v", got, err)
	}
}
