package build_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/project"
)

// One run reports everything that is wrong, by function, and dist is unchanged.
func TestFailures(t *testing.T) {
	root := tree(t, map[string]string{
		"go.mod":           goMod("example.com/app"),
		"good/main.go":     program,
		"types/main.go":    "package main\n\nfunc main() {\n\tvar n int = \"x\"\n\tm := 1\n}\n",
		"shared1/main.go":  "package main\n\nimport _ \"example.com/app/broken\"\n\nfunc main() {}\n",
		"shared2/main.go":  "package main\n\nimport _ \"example.com/app/broken\"\n\nfunc main() {}\n",
		"broken/broken.go": "package broken\n\nvar X = undefinedName\n",
		"syntax/main.go":   "package main\n\nfunc main() {\n",
		"cgo/main.go":      "package main\n\nimport \"C\"\n\nfunc main() {}\n",
		"halfcgo/main.go":  "package main\n\nfunc main() { native() }\n",
		"halfcgo/c.go":     "package main\n\nimport \"C\"\n\nfunc native() {}\n",
		"cgolib/main.go":   "package main\n\nimport _ \"example.com/app/clib\"\n\nfunc main() {}\n",
		"clib/c.go":        "package clib\n\nimport \"C\"\n",
		"missing/main.go":  "package main\n\nimport _ \"example.com/none/x\"\n\nfunc main() {}\n",
		"nostd/main.go":    "package main\n\nimport _ \"none\"\n\nfunc main() {}\n",
		"lib/lib.go":       "package lib\n",
		"empty/README":     "",
		"nomain/main.go":   "package main\n",
		"mixed/a.go":       "package main\n\nfunc main() {}\n",
		"mixed/b.go":       "package b\n",
	})
	good := config(t, root, "good")
	mustBuild(t, good)
	before := distFiles(t, good.Dist)
	put(t, filepath.Join(root, "good/main.go"), strings.Replace(program, "hello", "edited", 1)) // good, but not published

	want := []build.FunctionFailure{
		{Name: "types", Message: "types/main.go:4:6: declared and not used: n\ntypes/main.go:4:14: cannot use \"x\" (untyped string constant) as int value in variable declaration\ntypes/main.go:5:2: declared and not used: m"},
		{Name: "shared1", Message: "broken/broken.go:3:9: undefined: undefinedName"},
		{Name: "shared2", Message: "broken/broken.go:3:9: undefined: undefinedName"},
		{Name: "syntax", Message: "syntax/main.go:4:1: syntax error: unexpected EOF, expected }"},
		{Name: "cgo", Message: "cgo/main.go: the package is cgo (import \"C\"), and bootstraps are built with CGO_ENABLED=0",
			Hint: "use a library in pure Go, or set cgo: static in bootzip.yaml, which builds it with a C compiler in docker or podman"},
		{Name: "halfcgo", Message: "halfcgo/main.go:3:15: undefined: native", Hint: "example.com/app/halfcgo/c.go imports \"C\" and was left out: bootstraps are built with CGO_ENABLED=0, unless bootzip.yaml says cgo: static, which takes docker or podman"},
		{Name: "cgolib", Message: "clib/c.go: the package is cgo (import \"C\"), and bootstraps are built with CGO_ENABLED=0",
			Hint: "use a library in pure Go, or set cgo: static in bootzip.yaml, which builds it with a C compiler in docker or podman"},
		{Name: "missing", Message: "missing/main.go:3:8: cannot find module providing package example.com/none/x: import lookup disabled by -mod=readonly", Hint: "run `go mod tidy`"},
		{Name: "nostd", Message: "nostd/main.go:3:8: package none is not in std"},
		{Name: "lib", Message: "package \"lib\" is not a main package"},
		{Name: "empty", Message: "no Go files in"},
		{Name: "nomain", Message: "function main is undeclared in the main package"},
		{Name: "mixed", Message: "found packages main (a.go) and b (b.go) in"},
	}
	c := config(t, root, "good")
	for _, f := range want {
		c.Functions = append(c.Functions, config(t, root, f.Name).Functions...)
	}
	for i := range c.Functions {
		c.Functions[i].Arch = project.Architectures()
	}
	_, err := run(context.Background(), t, c)
	var failure *build.Failure
	if !errors.As(err, &failure) {
		t.Fatalf("error is %v", err)
	}
	var names, wanted []string
	for _, f := range failure.Functions {
		names = append(names, f.Name)
	}
	for _, f := range want {
		wanted = append(wanted, f.Name)
	}
	if !reflect.DeepEqual(names, wanted) {
		t.Fatalf("failed are %q, want %q, in the order of the project\n%v", names, wanted, err)
	}
	for i, f := range failure.Functions {
		if !strings.Contains(f.Message, want[i].Message) || f.Hint != want[i].Hint || !reflect.DeepEqual(f.Arch, []string{"amd64", "arm64"}) {
			t.Errorf("function %s, %q:\n%s\nhint: %s\nwant\n%s\nhint: %s", f.Name, f.Arch, f.Message, f.Hint, want[i].Message, want[i].Hint)
		}
	}
	if after := distFiles(t, c.Dist); !reflect.DeepEqual(after, before) {
		t.Error("dist changed")
	}

	// The good one alone is built.
	if got := built(mustBuild(t, good)); got != "good/amd64" {
		t.Errorf("built are %q", got)
	}
}

func TestFailureText(t *testing.T) {
	f := &build.Failure{Functions: []build.FunctionFailure{
		{Name: "a", Arch: []string{"amd64", "arm64"}, Message: "x.go:1:2: one\nx.go:3:4: two", Hint: "mend it"},
		{Name: "b", Arch: []string{"arm64"}, Message: "three"},
	}}
	const want = `function "a" (amd64, arm64) was not built:
  x.go:1:2: one
  x.go:3:4: two
  hint: mend it
function "b" (arm64) was not built:
  three`
	if got := f.Error(); got != want {
		t.Errorf("text is\n%s\nwant\n%s", got, want)
	}
}

func TestRefusedProjects(t *testing.T) {
	for _, c := range []struct {
		name  string
		goMod string
		hint  string
		texts []string
	}{
		{"broken go.mod", "module\n", "", []string{`function "app": go.mod:1: usage: module module/path`}},
		{"toolchain that is not there", "module example.com/app\n\ngo 1.21\n\ntoolchain go1.21.3\n", "let it reach its module proxy",
			[]string{"toolchain go1.21.3: ", "toolchain not available"}},
		{"toolchain that never was", "module example.com/app\n\ngo 1.21\n\ntoolchain go1.21.99\n", "let it reach its module proxy",
			[]string{"toolchain go1.21.99: ", "toolchain not available"}},
		{"replaced by nothing", "module example.com/app\n\ngo 1.24\n\ntoolchain " + goVersion() + "\n\nrequire example.com/lib v0.0.0\n\nreplace example.com/lib => ./lib\n",
			"git submodule update --init", []string{"replacement directory ./lib does not exist"}},
		{"replaced by an empty directory", "module example.com/app\n\ngo 1.24\n\ntoolchain " + goVersion() + "\n\nrequire example.com/lib v0.0.0\n\nreplace example.com/lib => ./empty\n",
			"git submodule update --init", []string{"(replaced by ./empty): reading empty/go.mod: open "}},
		{"none", "", "run `go mod init`", []string{`function "app": no go.mod is in "." or above it, up to the project's root`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := tree(t, map[string]string{"main.go": program, "go.mod": c.goMod, "empty/.keep": ""})
			if strings.Contains(c.goMod, "replace") {
				put(t, filepath.Join(root, "main.go"), strings.Replace(program, "func main", "import _ \"example.com/lib\"\n\nfunc main", 1))
			}
			if c.goMod == "" {
				if err := os.Remove(filepath.Join(root, "go.mod")); err != nil {
					t.Fatal(err)
				}
			}
			config := config(t, root, "app=.")
			// Toolchains that were downloaded to this machine before must not count.
			config.Environ = append(config.Environ, "GOMODCACHE="+t.TempDir())
			_, err := run(context.Background(), t, config)
			wantError(t, err, c.hint, c.texts...)
			if files := distFiles(t, config.Dist); len(files) > 0 {
				t.Errorf("dist has %v", files)
			}
		})
	}
}

func TestUnknownEngine(t *testing.T) {
	c := config(t, tree(t, map[string]string{"go.mod": goMod("example.com/app"), "main.go": program}), "app=.")
	c.Engine = "dokcer"
	_, err := run(context.Background(), t, c)
	wantError(t, err, "docker, podman, sandbox, host", `unknown engine "dokcer"`)
}
