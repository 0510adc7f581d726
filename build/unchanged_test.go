package build_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/bootzip/bootzip/project"
)

// What has not changed is not built, and what has is: a wrong "unchanged"
// would deploy old code.
func TestUnchanged(t *testing.T) {
	root := tree(t, map[string]string{
		"go.mod":          goMod("example.com/app"),
		"go.sum":          "",
		"a/main.go":       "package main\n\nimport (\n\t_ \"embed\"\n\n\t\"example.com/app/lib\"\n)\n\n//go:embed data\nvar data string\n\nfunc main() { println(lib.Name, data) }\n",
		"a/data":          "data",
		"b/main.go":       program,
		"b/main_test.go":  "package main\n",
		"b/README.md":     "about b",
		"lib/lib.go":      "package lib\n\nconst Name = \"lib\"\n",
		"lib/lib_test.go": "package lib\n",
		"other/other.go":  "package other\n",
	})
	c := config(t, root, "a", "b")
	path := func(name string) string { return filepath.Join(root, filepath.FromSlash(name)) }
	first := mustBuild(t, c)

	for _, step := range []struct {
		name   string
		change func()
		built  string
		same   bool // the bytes are those of the first build
	}{
		{"nothing", func() {}, "", true},
		{"time of a source", func() {
			if err := os.Chtimes(path("lib/lib.go"), time.Now(), time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}, "", true},
		{"test file", func() { put(t, path("b/main_test.go"), "package main\n\n// edited\n") }, "", true},
		{"test file of a library", func() { put(t, path("lib/lib_test.go"), "package lib\n\n// edited\n") }, "", true},
		{"documentation", func() { put(t, path("b/README.md"), "about b, edited") }, "", true},
		{"package that nobody imports", func() { put(t, path("other/other.go"), "package other\n\n// edited\n") }, "", true},
		{"folder with no package", func() { put(t, path("docs/x.go.txt"), "x") }, "", true},
		{"comment in a library", func() { put(t, path("lib/lib.go"), "package lib\n\nconst Name = \"lib\" // edited\n") }, "a/amd64", true},
		{"comment in a program", func() { put(t, path("b/main.go"), program+"\n// edited\n") }, "b/amd64", true},
		{"go.mod", func() { put(t, path("go.mod"), "// edited\n"+goMod("example.com/app")) }, "a/amd64 b/amd64", true},
		{"go.sum", func() { put(t, path("go.sum"), "\n") }, "a/amd64 b/amd64", true},
		{"bootstrap that is gone", func() { os.Remove(first.Artifacts[0].Path) }, "a/amd64", true},
		{"bootstrap that was changed", func() { put(t, first.Artifacts[1].Path, "x") }, "b/amd64", true},
		{"broken state", func() { put(t, path("dist/.bootzip/state.json"), "{") }, "a/amd64 b/amd64", true},
		{"force", func() { c.Force = true }, "a/amd64 b/amd64", true},
		{"nothing again", func() { c.Force = false }, "", true},
		{"embedded file", func() { put(t, path("a/data"), "DATA") }, "a/amd64", false},
		{"new file in a package", func() { put(t, path("lib/more.go"), "package lib\n\nfunc init() { println(\"more\") }\n") }, "a/amd64", false},
		{"nothing in the end", func() {}, "", false},
		{"another architecture", func() { c.Functions[1].Arch = project.Architectures() }, "b/arm64", false},
	} {
		step.change()
		r := mustBuild(t, c)
		if got := built(r); got != step.built {
			t.Errorf("%s: built are %q, want %q", step.name, got, step.built)
		}
		if step.same && !reflect.DeepEqual(sums(r), sums(first)) {
			t.Errorf("%s: other bytes", step.name)
		}
		for _, a := range r.Artifacts {
			// What the report says of an unchanged one is what is there.
			if info, err := os.Stat(a.Path); err != nil || info.Size() != a.Size || a.Toolchain != goVersion() {
				t.Errorf("%s: artifact does not describe %s: %+v (%v)", step.name, a.Path, a, err)
			}
		}
	}
}

// A run for one function forgets nothing of the others.
func TestUnchangedOneByOne(t *testing.T) {
	root := tree(t, map[string]string{"go.mod": goMod("example.com/app"), "a/main.go": program, "b/main.go": program})
	mustBuild(t, config(t, root, "a"))
	mustBuild(t, config(t, root, "b"))
	if got := built(mustBuild(t, config(t, root, "a", "b"))); got != "" {
		t.Errorf("built are %q", got)
	}
}

// Embedded directories, and everything else that a pattern takes.
func TestEmbeddedFolder(t *testing.T) {
	root := tree(t, map[string]string{
		"go.mod":      goMod("example.com/app"),
		"main.go":     "package main\n\nimport \"embed\"\n\n//go:embed all:web *.md\nvar web embed.FS\n\nfunc main() { _ = web }\n",
		"web/a/1.txt": "1",
		"README.md":   "read",
	})
	c := config(t, root, "app=.")
	mustBuild(t, c)
	for _, name := range []string{"web/a/1.txt", "web/b/2.txt", "web/.hidden", "web/x_test.go", "README.md", "MORE.md"} {
		put(t, filepath.Join(root, name), "edited")
		if got := built(mustBuild(t, c)); got != "app/amd64" {
			t.Errorf("%s was edited, and built are %q", name, got)
		}
	}
	if err := os.Remove(filepath.Join(root, "web/b/2.txt")); err != nil {
		t.Fatal(err)
	}
	if got := built(mustBuild(t, c)); got != "app/amd64" {
		t.Errorf("a file was removed, and built are %q", got)
	}
	if got := built(mustBuild(t, c)); got != "" {
		t.Errorf("nothing was edited, and built are %q", got)
	}
}
