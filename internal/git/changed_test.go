package git

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestChanged(t *testing.T) {
	r := newRepository(t)
	for _, name := range []string{"a/x", "a/y", "b/z", "top"} {
		r.write(name, "1")
	}
	first := r.commit()
	r.write("a/x", "2")
	if err := os.Rename(filepath.Join(r.dir, "b", "z"), filepath.Join(r.dir, "b", "moved")); err != nil {
		t.Fatal(err)
	}
	r.git("add", "-A")
	r.commit()
	r.write("top", "dirty")
	r.write("a/new", "untracked")
	for folder, want := range map[string][]string{
		".": {"a/new", "a/x", "b/moved", "b/z", "top"},
		"a": {"../b/moved", "../b/z", "../top", "new", "x"},
	} {
		tree, err := State(t.Context(), filepath.Join(r.dir, folder), os.Environ())
		if err != nil {
			t.Fatal(err)
		}
		got, err := tree.Changed(t.Context(), first, os.Environ())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q (%v)", folder, got, err)
		}
		if got, err := tree.Changed(t.Context(), "HEAD", os.Environ()); err != nil || len(got) != 2 {
			t.Errorf("%s: %q (%v)", folder, got, err)
		}
		for _, since := range []string{"nowhere", "--output=/tmp/x", "", "HEAD:top"} {
			if _, err := tree.Changed(t.Context(), since, os.Environ()); err == nil || !strings.Contains(err.Error(), "not a commit") {
				t.Errorf("%q: %v", since, err)
			}
		}
	}
}
