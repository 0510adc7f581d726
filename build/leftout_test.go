package build

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/bootzip/bootzip/project"
)

// The hint for a missing compiler names Debian's package of it.
func TestNoCompiler(t *testing.T) {
	u := Unit{Function: project.Function{Name: "f", Cgo: "static"}, Arch: project.ARM64}
	for output, want := range map[string]string{
		"cgo: C compiler \"aarch64-linux-gnu-gcc\" not found: exec: \"aarch64-linux-gnu-gcc\": executable file not found in $PATH\n": "install Debian's package gcc-aarch64-linux-gnu, or build with --engine=docker or podman",
		"cgo: C compiler \"x86_64-linux-gnu-g++\" not found: exec: \"x86_64-linux-gnu-g++\": executable file not found in $PATH\n":   "install Debian's package g++-x86-64-linux-gnu, or build with --engine=docker or podman",
		"main.go:3:4: undefined: x\n": "",
	} {
		if got := blameGo("# runtime/cgo\n"+output, []Unit{u}, nil)[u.String()].hint; got != want {
			t.Errorf("%q: hint is %q, want %q", output, got, want)
		}
	}
}

// Files that are left out only because of cgo are named, one for each package.
func TestLeftOut(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"c.go":         "package p\n\nimport \"C\"\n",
		"d.go":         "//go:build cgo\n\npackage p\n\nimport \"C\"\n",
		"e_darwin.go":  "package p\n\nimport \"C\"\n",
		"f_windows.go": "package p\n",
		"g.go":         "//go:build special\n\npackage p\n\nimport \"C\"\n",
		"h.go":         "//go:build cgo\n\npackage p\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	program := func(ignored ...string) goProgram {
		return goProgram{packages: []*goPackage{{Dir: dir, ImportPath: "example.com/p", IgnoredGoFiles: ignored}}}
	}
	u := Unit{Arch: project.ARM64}
	for _, c := range []struct {
		ignored []string
		tags    []string
		want    []string
	}{
		{[]string{"c.go", "d.go"}, nil, []string{"example.com/p/c.go"}},
		{[]string{"d.go"}, nil, []string{"example.com/p/d.go"}},
		{[]string{"e_darwin.go", "f_windows.go", "g.go", "h.go"}, nil, nil},
		{[]string{"g.go"}, []string{"special"}, []string{"example.com/p/g.go"}},
	} {
		u.Function.Tags = c.tags
		if got := program(c.ignored...).leftOut(u); !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.ignored, got, c.want)
		}
	}
}
