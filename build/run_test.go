package build

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/bootzip/bootzip/project"
)

// A command that builds many is counted by the files that it has made.
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
