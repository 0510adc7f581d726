package scaffold

import (
	"bytes"
	"errors"
	"go/format"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/bootzip/bootzip/sample"
)

// project writes a project and returns its directory.
func project(t *testing.T, c Config) string {
	t.Helper()
	c.Samples = sample.Files
	files, err := Files(c)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		if bytes.Contains(data, []byte("@NAME@")) || bytes.Contains(data, []byte("@BOOTZIP@")) || strings.HasSuffix(name, ".tmpl") {
			t.Errorf("%s: a place was not filled in:\n%s", name, data)
		}
		if strings.HasSuffix(name, ".go") {
			if formatted, err := format.Source(data); err != nil || !bytes.Equal(formatted, data) {
				t.Errorf("%s is not formatted: %v", name, err)
			}
		}
	}
	dir := filepath.Join(t.TempDir(), c.Name)
	if err := Write(dir, files); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Each project in Go builds, and its tests pass, with the runtime in this repository.
func TestGoTemplates(t *testing.T) {
	runtime, err := filepath.Abs("../../runtime")
	if err != nil {
		t.Fatal(err)
	}
	for _, template := range Templates() {
		if !template.golang {
			continue
		}
		t.Run(template.Name, func(t *testing.T) {
			dir := project(t, Config{Name: "tracer", Template: template.Name, Module: "example.com/acme/tracer", Toolchain: "go1.26.8"})
			for _, args := range [][]string{
				{"mod", "edit", "-replace=github.com/bootzip/bootzip/runtime=" + runtime},
				{"mod", "tidy"}, {"vet", "./..."}, {"test", "./..."},
			} {
				cmd := exec.Command("go", args...)
				cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=")
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
				}
			}
		})
	}
}

func TestOtherTemplates(t *testing.T) {
	for template, want := range map[string]string{"c": "hello/main.c", "crystal": "hello/src/bootstrap.cr", "rust": "hello/Cargo.toml"} {
		dir := project(t, Config{Name: "hello", Template: template})
		for _, name := range []string{want, "bootzip.yaml", "template.yaml", ".gitignore", ".github/workflows/ci.yml"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Errorf("%s: %v", template, err)
			}
		}
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			t.Errorf("%s: there is a go.mod", template)
		}
		// There are no tests for it to run.
		if workflow, err := os.ReadFile(filepath.Join(dir, ".github/workflows/ci.yml")); err != nil || bytes.Contains(workflow, []byte(" test")) {
			t.Errorf("%s: %v, the workflow is\n%s", template, err, workflow)
		}
	}
}

func TestMage(t *testing.T) {
	dir := project(t, Config{Name: "hello", Mage: true, Version: "v1.2.3"})
	mod, err := os.ReadFile(filepath.Join(dir, "tools", "go.mod"))
	if err != nil || !strings.Contains(string(mod), "bootzip v1.2.3\n") {
		t.Errorf("tools/go.mod: %v\n%s", err, mod)
	}
	if _, err := os.Stat(filepath.Join(dir, "tools", "magefile.go")); err != nil {
		t.Error(err)
	}
}

// New projects require the runtime that the sample does.
func TestRuntimeVersion(t *testing.T) {
	mod, err := os.ReadFile("../../sample/hello/go.mod")
	if err != nil || !strings.Contains(string(mod), "bootzip/runtime "+RuntimeVersion+"\n") {
		t.Errorf("%v: sample/hello requires another runtime than %s:\n%s", err, RuntimeVersion, mod)
	}
}

// Nothing is overwritten, and files that were written before the conflict are removed.
func TestWriteRefuses(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "b"), []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Write(dir, map[string][]byte{"a/new": nil, "b": []byte("theirs"), "c": nil}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("error %v", err)
	}
	if err := Write(filepath.Join(dir, "new"), map[string][]byte{"a": nil, "a/b": nil}); err == nil {
		t.Error("a file is a directory as well")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left are %v, %v", entries, err)
	}
	if data, _ := os.ReadFile(filepath.Join(dir, "b")); string(data) != "mine" {
		t.Errorf("b is %q", data)
	}
	if _, err := Files(Config{Name: "x", Template: "none"}); err == nil {
		t.Error("an unknown template is taken")
	}
	files, err := Files(Config{Name: "x", Template: "c", Samples: fstest.MapFS{"hello-c/main.c": {Data: []byte("@NAME@")}}})
	if err != nil || string(files["x/main.c"]) != "@NAME@" {
		t.Errorf("a sample's file is %q, %v; all: %v", files["x/main.c"], err, slices.Sorted(maps.Keys(files)))
	}
}
