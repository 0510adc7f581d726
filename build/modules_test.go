package build_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/dirhash"

	"github.com/bootzip/bootzip/build"
)

// printing is a program that prints what the packages say.
func printing(packages ...string) string {
	var imports, calls strings.Builder
	for i, p := range packages {
		fmt.Fprintf(&imports, "import p%d %q\n", i, p)
		fmt.Fprintf(&calls, "\tprintln(p%d.Name)\n", i)
	}
	return "package main\n\n" + imports.String() + "\nfunc main() {\n" + calls.String() + "}\n"
}

// library returns a package whose variable Name is says, to be found in programs.
func library(name, says string) string {
	return "package " + name + "\n\nvar Name = " + fmt.Sprintf("%q", says) + "\n"
}

// wantBuilt fails unless each function's bootstrap has the text in it.
func wantBuilt(t *testing.T, r build.Report, texts map[string]string) {
	t.Helper()
	if len(r.Artifacts) != len(texts) {
		t.Errorf("%d bootstraps, want %d", len(r.Artifacts), len(texts))
	}
	for _, a := range r.Artifacts {
		if text := texts[a.Function.Name]; text == "" || !strings.Contains(read(t, a.Path), text) {
			t.Errorf("bootstrap of %s does not hold %q", a.Function.Name, text)
		}
	}
}

func says(text string) string { return strings.Replace(program, "hello", text, 1) }

// The go command names its outputs itself, and two of them can have one name.
func TestProgramsOfOneName(t *testing.T) {
	root := tree(t, map[string]string{
		"go.mod":            goMod("example.com/app"),
		"main.go":           says("this is the root"),
		"cmd/app/main.go":   says("this is cmd"),
		"other/app/main.go": says("this is other"),
		"app/v2/main.go":    says("this is version two"),
		"app/v1/main.go":    says("this is version one"),
	})
	c := config(t, root, "root=.", "cmd=cmd/app", "other=other/app", "two=app/v2", "one=app/v1", "again=cmd/app")
	wantBuilt(t, mustBuild(t, c), map[string]string{
		"root": "this is the root", "cmd": "this is cmd", "other": "this is other", "two": "this is version two", "one": "this is version one", "again": "this is cmd",
	})
}

func TestModulesInFolders(t *testing.T) {
	root := tree(t, map[string]string{
		"one/go.mod":             goMod("example.com/one"),
		"one/main.go":            printing("example.com/one/lib"),
		"one/lib/lib.go":         library("lib", "library of one"),
		"deep/two/go.mod":        goMod("example.com/two"),
		"deep/two/cmd/x/main.go": printing("example.com/two/lib"),
		"deep/two/lib/lib.go":    library("lib", "library of two"),
	})
	c := config(t, root, "one", "two=deep/two/cmd/x")
	wantBuilt(t, mustBuild(t, c), map[string]string{"one": "library of one", "two": "library of two"})

	put(t, filepath.Join(root, "deep/two/lib/lib.go"), library("lib", "edited library"))
	r := mustBuild(t, c)
	if got := built(r); got != "two/amd64" {
		t.Errorf("built are %q", got)
	}
	wantBuilt(t, r, map[string]string{"one": "library of one", "two": "edited library"})

	// A go.mod that appears between a package and its module makes it another's.
	put(t, filepath.Join(root, "deep/two/lib/go.mod"), goMod("example.com/lib"))
	_, err := run(context.Background(), t, c)
	wantError(t, err, "go mod tidy", `function "two" (amd64) was not built`, "example.com/two/lib")
	if err := os.Remove(filepath.Join(root, "deep/two/lib/go.mod")); err != nil {
		t.Fatal(err)
	}

	// Each module names its own toolchain, which may not be installed.
	put(t, filepath.Join(root, "deep/two/go.mod"), "module example.com/two\n\ngo 1.21\n\ntoolchain go1.21.3\n")
	put(t, filepath.Join(root, "one/main.go"), says("edited"))
	_, err = run(context.Background(), t, c)
	wantError(t, err, "let it reach its module proxy", "toolchain go1.21.3: ")
}

func TestWorkspace(t *testing.T) {
	work := "go 1.24\n\ntoolchain " + goVersion() + "\n\nuse (\n\t./app\n\t./lib\n)\n"
	root := tree(t, map[string]string{
		"go.work":           work,
		"app/go.mod":        "module example.com/app\n\ngo 1.24\n",
		"app/cmd/a/main.go": printing("example.com/lib"),
		"lib/go.mod":        "module example.com/lib\n\ngo 1.24\n",
		"lib/lib.go":        library("lib", "library in the workspace"),
		"apart/go.mod":      goMod("example.com/apart"),
		"apart/main.go":     program,
	})
	c := config(t, root, "a=app/cmd/a")
	wantBuilt(t, mustBuild(t, c), map[string]string{"a": "library in the workspace"})
	put(t, filepath.Join(root, "lib/lib.go"), library("lib", "edited in the workspace"))
	wantBuilt(t, mustBuild(t, c), map[string]string{"a": "edited in the workspace"})
	put(t, filepath.Join(root, "lib/go.mod"), "module example.com/lib\n\ngo 1.23\n")
	if got := built(mustBuild(t, c)); got != "a/amd64" {
		t.Errorf("go.mod of a module in the workspace was edited, and built are %q", got)
	}

	// A workspace in the directory above does not belong to the project.
	put(t, filepath.Join(filepath.Dir(root), "go.work"), "broken")
	if got := built(mustBuild(t, c)); got != "" {
		t.Errorf("built are %q", got)
	}

	_, err := run(context.Background(), t, config(t, root, "apart"))
	wantError(t, err, "", `function "apart" (amd64) was not built`, "go.work")

	// A module outside of the project: no other machine has it.
	outside := tree(t, map[string]string{"go.mod": "module example.com/lib\n\ngo 1.24\n", "lib.go": library("lib", "outside")})
	put(t, filepath.Join(root, "go.work"), strings.Replace(work, "./lib", outside, 1))
	_, err = run(context.Background(), t, c)
	wantError(t, err, "move it into the project's repository", `package "example.com/lib" is in a directory outside of the project`)
	beside := "../" + filepath.Base(root) + "-lib"
	put(t, filepath.Join(root, beside, "go.mod"), "module example.com/beside\n\ngo 1.24\n")
	put(t, filepath.Join(root, "go.work"), strings.Replace(work, "./lib", "./lib\n\t"+beside, 1))
	_, err = run(context.Background(), t, c)
	wantError(t, err, "move it into the project's repository", `module "`+beside+`" is in a directory outside of the project`)
}

func TestVendor(t *testing.T) {
	root := tree(t, map[string]string{
		"go.mod":                         goMod("example.com/app") + "\nrequire example.com/dep v1.0.0\n",
		"main.go":                        printing("example.com/dep"),
		"vendor/modules.txt":             "# example.com/dep v1.0.0\n## explicit; go 1.24\nexample.com/dep\n",
		"vendor/example.com/dep/dep.go":  library("dep", "vendored"),
		"vendor/example.com/dep/LICENSE": "MIT",
	})
	c := config(t, root, "app=.")
	wantBuilt(t, mustBuild(t, c), map[string]string{"app": "vendored"})
	if got := built(mustBuild(t, c)); got != "" {
		t.Errorf("nothing was edited, and built are %q", got)
	}
	put(t, filepath.Join(root, "vendor/example.com/dep/dep.go"), library("dep", "edited in vendor"))
	wantBuilt(t, mustBuild(t, c), map[string]string{"app": "edited in vendor"})
	put(t, filepath.Join(root, "vendor/modules.txt"), "# example.com/dep v1.1.0\n## explicit; go 1.24\nexample.com/dep\n")
	_, err := run(context.Background(), t, c)
	wantError(t, err, "", "inconsistent vendoring")
}

func TestReplace(t *testing.T) {
	require := "\nrequire example.com/dep v1.0.0\n\nreplace example.com/dep => "
	files := map[string]string{
		"go.mod":              goMod("example.com/app") + require + "./third/dep\n",
		"main.go":             printing("example.com/dep/sub"),
		"third/dep/go.mod":    "module example.com/dep\n\ngo 1.24\n",
		"third/dep/sub/s.go":  library("sub", "in the project"),
		"third/dep/unused.go": "package dep\n",
	}
	root := tree(t, files)
	c := config(t, root, "app=.")
	wantBuilt(t, mustBuild(t, c), map[string]string{"app": "in the project"})
	put(t, filepath.Join(root, "third/dep/sub/s.go"), library("sub", "edited there"))
	wantBuilt(t, mustBuild(t, c), map[string]string{"app": "edited there"})
	// The go line of a module changes what its code means.
	put(t, filepath.Join(root, "third/dep/go.mod"), "module example.com/dep\n\ngo 1.21\n")
	if got := built(mustBuild(t, c)); got != "app/amd64" {
		t.Errorf("go.mod of a replaced module was edited, and built are %q", got)
	}

	before := distFiles(t, c.Dist)
	for _, to := range []string{filepath.Join(root, "third/dep"), tree(t, map[string]string{"go.mod": "module example.com/dep\n\ngo 1.24\n", "sub/s.go": library("sub", "outside")}), "../" + filepath.Base(root) + "x"} {
		if strings.HasPrefix(to, "..") {
			dir := filepath.Join(root, to)
			put(t, filepath.Join(dir, "go.mod"), "module example.com/dep\n\ngo 1.24\n")
			put(t, filepath.Join(dir, "sub/s.go"), library("sub", "beside"))
		}
		put(t, filepath.Join(root, "go.mod"), goMod("example.com/app")+require+to+"\n")
		_, err := run(context.Background(), t, c)
		wantError(t, err, "move it into the project's repository", `package "example.com/dep/sub" is in a directory outside of the project and its git repository, or is named by an absolute path, in a replace or use line`)
	}
	if after := distFiles(t, c.Dist); len(after) != 1 || after["app/amd64/bootstrap"] != before["app/amd64/bootstrap"] {
		t.Error("dist changed")
	}
}

// proxy makes a module proxy in a directory, with the module example.com/dep
// v1.0.0 in it, and returns its URL and the module's lines of go.sum.
func proxy(t *testing.T) (address, goSum string) {
	t.Helper()
	const mod = "module example.com/dep\n\ngo 1.24\n"
	files := map[string]string{"go.mod": mod, "dep.go": library("dep", "from the proxy"), "data.txt": "data"}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range []string{"go.mod", "dep.go", "data.txt"} {
		f, err := w.Create("example.com/dep@v1.0.0/" + name)
		if err == nil {
			_, err = f.Write([]byte(files[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	dir := tree(t, map[string]string{
		"example.com/dep/@v/list":        "v1.0.0\n",
		"example.com/dep/@v/v1.0.0.info": `{"Version":"v1.0.0","Time":"2026-01-01T00:00:00Z"}`,
		"example.com/dep/@v/v1.0.0.mod":  mod,
		"example.com/dep/@v/v1.0.0.zip":  b.String(),
	})
	all, err := dirhash.HashZip(filepath.Join(dir, "example.com/dep/@v/v1.0.0.zip"), dirhash.Hash1)
	if err != nil {
		t.Fatal(err)
	}
	only, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(mod)), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(dir)}).String(),
		"example.com/dep v1.0.0 " + all + "\nexample.com/dep v1.0.0/go.mod " + only + "\n"
}

// moduleCache returns an empty module cache, whose read-only files are removed at the end.
func moduleCache(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Cleanup(func() {
		_ = filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
			if err == nil && e.IsDir() {
				return os.Chmod(name, 0o755)
			}
			return err
		})
	})
	return dir
}

func TestModuleCache(t *testing.T) {
	address, goSum := proxy(t)
	root := tree(t, map[string]string{
		"go.mod":  goMod("example.com/app") + "\nrequire example.com/dep v1.0.0\n",
		"go.sum":  goSum,
		"main.go": printing("example.com/dep"),
	})
	modules := moduleCache(t)
	c := config(t, root, "app=.")
	c.Environ = append(c.Environ, "GOMODCACHE="+modules)

	// The module is not in the cache, and there is no network.
	_, err := run(context.Background(), t, c)
	wantError(t, err, "", "main.go:3:8: module lookup disabled by GOPROXY=off")

	// Fetched before the build, which itself has no proxy.
	c.Environ = append(c.Environ, "GOPROXY="+address)
	wantBuilt(t, mustBuild(t, c), map[string]string{"app": "from the proxy"})
	before := distFiles(t, c.Dist)

	// From now on it is in the cache.
	c.Environ = append(c.Environ, "GOPROXY=off")
	put(t, filepath.Join(root, "main.go"), printing("example.com/dep")+"\n// edited\n")
	if got := built(mustBuild(t, c)); got != "app/amd64" {
		t.Errorf("built are %q", got)
	}

	// It was changed there: the go command would build it without an error.
	source := filepath.Join(modules, "example.com", "dep@v1.0.0", "dep.go")
	if err := os.Chmod(source, 0o644); err != nil {
		t.Fatal(err)
	}
	put(t, source, library("dep", "something else"))
	put(t, filepath.Join(root, "main.go"), printing("example.com/dep")+"\n// edited again\n")
	_, err = run(context.Background(), t, c)
	wantError(t, err, "find out who changed it", `module "example.com/dep@v1.0.0" was changed in the module cache: its hash is h1:`, "and go.sum says h1:")
	if after := distFiles(t, c.Dist); after["app/amd64/bootstrap"] != before["app/amd64/bootstrap"] {
		t.Error("dist changed")
	}
}

// What the proxy has is compared with go.sum.
func TestGoSum(t *testing.T) {
	address, goSum := proxy(t)
	for _, c := range []struct {
		name, goSum string
		hint        string
		texts       []string
	}{
		{"another hash", strings.Replace(goSum, "v1.0.0 h1:", "v1.0.0 h1:AAAA", 1), "", []string{"verifying example.com/dep@v1.0.0: checksum mismatch"}},
		{"no hash", "", "run `go mod tidy`", []string{"missing go.sum entry"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := tree(t, map[string]string{
				"go.mod":  goMod("example.com/app") + "\nrequire example.com/dep v1.0.0\n",
				"go.sum":  c.goSum,
				"main.go": printing("example.com/dep"),
			})
			config := config(t, root, "app=.")
			config.Environ = append(config.Environ, "GOMODCACHE="+moduleCache(t), "GOPROXY="+address)
			_, err := run(context.Background(), t, config)
			wantError(t, err, c.hint, c.texts...)
		})
	}
}
