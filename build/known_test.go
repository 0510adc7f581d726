package build_test

import (
	"path/filepath"
	"testing"

	"github.com/bootzip/bootzip/build"
)

// What the process already knows does not change what is built.
func TestKnownListing(t *testing.T) {
	root := tree(t, map[string]string{
		"go.mod": goMod("example.com/app"), "f/main.go": printing("example.com/app/one"),
		"one/one.go": library("one", "of one"), "two/two.go": library("two", "of two"),
	})
	c := config(t, root, "f")
	c.Known = &build.Known{}
	last := ""
	for i, text := range []string{"", "", printing("example.com/app/one") + "\n// edited\n", printing("example.com/app/two"), printing("example.com/app/one")} {
		if text != "" {
			put(t, filepath.Join(root, "f", "main.go"), text)
		}
		r, err := run(t.Context(), t, c)
		if err != nil {
			t.Fatal(err)
		}
		sum := r.Artifacts[0].SHA256
		if changed := sum != last; changed != (i == 0 || i > 2) {
			t.Errorf("build %d: changed %t", i, changed)
		}
		last = sum
	}
}
