//go:build unix

package build

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Root's containers run as another user only where that user can read everything.
func TestClosedToOthers(t *testing.T) {
	for name, c := range map[string]struct {
		path string // made closed
		mode os.FileMode
		want bool
	}{
		"nothing":                   {"", 0, false},
		"file":                      {"source/main.go", 0o640, true},
		"folder":                    {"source/sub", 0o754, true},
		"version control":           {"source/.git", 0o700, false},
		"what was built":            {"source/dist", 0o700, false},
		"module":                    {"modules/example.com/dep@v1.0.0", 0o500, true},
		"folder above modules":      {"modules/example.com", 0o750, true},
		"file of a module, of many": {"modules/example.com/dep@v1.0.0/dep.go", 0o400, false},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for _, file := range []string{"source/main.go", "source/sub/a.go", "source/.git/config", "source/dist/.bootzip/state.json", "modules/example.com/dep@v1.0.0/dep.go"} {
				file = filepath.Join(root, file)
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, nil, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if c.path != "" {
				if err := os.Chmod(filepath.Join(root, c.path), c.mode); err != nil {
					t.Fatal(err)
				}
			}
			got := closedToOthers(places{source: filepath.Join(root, "source"), modules: filepath.Join(root, "modules")})
			if (got != "") != c.want || c.want && !strings.HasSuffix(got, c.path) {
				t.Errorf("closed is %q", got)
			}
		})
	}
}

// A copy of the sources has all inputs: a directory in which somebody committed .bootzip, but
// not our own output.
func TestCopiesHaveTheInputs(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a/.bootzip/x", "a/a.go", "dist/.bootzip/x", "dist/bootstrap", ".git/config"} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := writeTar(&b, dir, 0, 0); err != nil {
		t.Fatal(err)
	}
	var got []string
	for r := tar.NewReader(&b); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			got = append(got, h.Name)
		}
	}
	if want := []string{"a/.bootzip/x", "a/a.go"}; !slices.Equal(got, want) {
		t.Errorf("the copy has %q, want %q", got, want)
	}
}
