package build_test

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/build"
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
		{"bootstrap that nobody may start", func() {
			if err := os.Chmod(first.Artifacts[1].Path, 0o644); err != nil {
				t.Fatal(err)
			}
		}, "b/amd64", true},
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
			// The report describes an unchanged artifact as it is.
			if info, err := os.Stat(a.Path); err != nil || info.Size() != a.Size || a.Toolchain != goVersion() {
				t.Errorf("%s: artifact does not describe %s: %+v (%v)", step.name, a.Path, a, err)
			}
		}
	}
}

// A different source directory is a different program, whatever files the previous one has.
func TestUnchangedSource(t *testing.T) {
	root := tree(t, map[string]string{
		"go.mod": goMod("example.com/app"), "a/main.go": program, "b/main.go": strings.Replace(program, "hello", "bye", 1), "empty/x.txt": "",
	})
	c := config(t, root, "web=a")
	first := sums(mustBuild(t, c))
	c.Functions[0].Source = "b"
	if r := mustBuild(t, c); built(r) != "web/amd64" || reflect.DeepEqual(sums(r), first) {
		t.Errorf("built are %q", built(r))
	}
	c.Functions[0].Source = "empty"
	_, err := run(context.Background(), t, c)
	wantError(t, err, "", "empty")
}

// A run for one function keeps what is known about the others.
func TestUnchangedOneByOne(t *testing.T) {
	root := tree(t, map[string]string{"go.mod": goMod("example.com/app"), "a/main.go": program, "b/main.go": program})
	mustBuild(t, config(t, root, "a"))
	mustBuild(t, config(t, root, "b"))
	if got := built(mustBuild(t, config(t, root, "a", "b"))); got != "" {
		t.Errorf("built are %q", got)
	}
}

// C and assembly may include files from any directory of the project.
func TestIncludedFileCold(t *testing.T) {
	if os.Getenv("BOOTZIP_TEST_ENGINES") == "" && os.Getenv("BOOTZIP_TEST_ENDTOEND") == "" {
		t.Skip("compiles all that a program needs: set BOOTZIP_TEST_ENGINES or BOOTZIP_TEST_ENDTOEND, as .ci/run endtoend does")
	}
	root := tree(t, map[string]string{
		"go.mod":      goMod("example.com/app"),
		"app/main.go": "package main\n\n// #cgo CFLAGS: -I${SRCDIR}/../include\n// #include \"v.h\"\nimport \"C\"\n\nfunc main() { println(C.VALUE) }\n",
		"include/v.h": "#define VALUE 1\n",
	})
	c := config(t, root, "app")
	c.Functions[0].Cgo = "static"
	first := mustBuild(t, c)
	if got := built(mustBuild(t, c)); got != "" {
		t.Errorf("nothing was edited, and built are %q", got)
	}
	put(t, filepath.Join(root, "include/v.h"), "#define VALUE 2\n")
	if second := mustBuild(t, c); built(second) != "app/amd64" || reflect.DeepEqual(sums(second), sums(first)) {
		t.Errorf("the header was edited, and built are %q", built(second))
	}
}

// A file or link in place of an output directory is refused, and nothing is written through it.
func TestLinkedOutput(t *testing.T) {
	root := tree(t, map[string]string{"go.mod": goMod("example.com/app"), "app/main.go": program})
	for _, name := range []string{"dist", "dist/.bootzip", "dist/app", "dist/app/amd64"} {
		elsewhere := t.TempDir()
		c := config(t, root, "app")
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(elsewhere, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
		unlock, err := build.Lock(c.Dist)
		if err == nil {
			_, err = build.Build(context.Background(), c)
			unlock()
		}
		wantError(t, err, "remove it", "not a directory")
		if there, err := os.ReadDir(elsewhere); err != nil || len(there) > 0 {
			t.Errorf("%s: written were %v, %v", name, there, err)
		}
		if err := os.RemoveAll(filepath.Join(root, "dist")); err != nil {
			t.Fatal(err)
		}
	}
	put(t, filepath.Join(root, "dist"), "a file")
	_, err := build.Lock(filepath.Join(root, "dist"))
	wantError(t, err, "remove it", "dist is a file or a link")
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
