package project

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/internal/hint"
)

// The project that most of the valid configurations are for.
var goodTree = map[string]string{
	"go.mod":              "module example.com/good\n",
	"cmd/hello/main.go":   program,
	"cmd/hello/b.txt":     "b",
	"cmd/hello/a/2.txt":   "2",
	"cmd/hello/a/1.txt":   "1",
	"cmd/hello/a/z/3.txt": "3",
	"cmd/hello/tool":      "#!/bin/sh\n",
	"cmd/hello/linked":    "-> b.txt",
	"shared/ca.pem":       "ca",
	"alias":               "-> cmd/hello",
	"main.go":             program,
}

func TestConfig(t *testing.T) {
	both := Architectures()
	at := func(line, column int) Position { return Position{"bootzip.yaml", line, column} }
	for _, c := range []struct {
		name, yaml string
		want       []Function
	}{
		{"as little as can be", "functions: {hello: {source: cmd/hello}}\n", []Function{
			{Name: "hello", Source: "cmd/hello", Language: Go, Arch: both, Runtime: AL2023, Pos: at(1, 13)},
		}},
		{"the root", "functions: {root: {source: .}}\n", []Function{
			{Name: "root", Source: ".", Language: Go, Arch: both, Runtime: AL2023, Pos: at(1, 13)},
		}},
		{"a path that is not clean", "functions: {hello: {source: ./cmd//x/../hello/}}\n", []Function{
			{Name: "hello", Source: "cmd/hello", Language: Go, Arch: both, Runtime: AL2023, Pos: at(1, 13)},
		}},
		{"a link in the project", "functions: {hello: {source: alias}}\n", []Function{
			{Name: "hello", Source: "alias", Language: Go, Arch: both, Runtime: AL2023, Pos: at(1, 13)},
		}},
		{"byte order mark and CR LF", "\ufefffunctions:\r\n  hello:\r\n    source: cmd/hello\r\n", []Function{
			{Name: "hello", Source: "cmd/hello", Language: Go, Arch: both, Runtime: AL2023, Pos: at(2, 3)},
		}},
		{"defaults and the order of the file", `
arch: [arm64]
runtime: provided.al2
functions:
  z: {source: cmd/hello}
  a: {source: cmd/hello, arch: [arm64, amd64], runtime: al2023}
`, []Function{
			{Name: "z", Source: "cmd/hello", Language: Go, Arch: []Arch{ARM64}, Runtime: AL2, Pos: at(5, 3)},
			{Name: "a", Source: "cmd/hello", Language: Go, Arch: []Arch{ARM64, AMD64}, Runtime: AL2023, Pos: at(6, 3)},
		}},
		{"defaults after the functions", "functions: {z: {source: .}}\narch: [arm64]\n", []Function{
			{Name: "z", Source: ".", Language: Go, Arch: []Arch{ARM64}, Runtime: AL2023, Pos: at(1, 13)},
		}},
		{"anchor and alias", "functions:\n  a: &a {source: cmd/hello, arch: [arm64]}\n  b: *a\n", []Function{
			{Name: "a", Source: "cmd/hello", Language: Go, Arch: []Arch{ARM64}, Runtime: AL2023, Pos: at(2, 3)},
			{Name: "b", Source: "cmd/hello", Language: Go, Arch: []Arch{ARM64}, Runtime: AL2023, Pos: at(3, 3)},
		}},
		{"all there is", `
functions:
  hello:
    source: cmd/hello
    language: go
    arch: [amd64]
    runtime: al2
    handlers: [httpevent, 'on']
    assets:
      - b.txt
      - a
      - source: ../../shared/ca.pem
      - source: tool
        name: bin/tool
        executable: true
      - {source: linked, name: b2.txt, executable: false}
    checks:
      - {id: go-dirty-tree, severity: waive, reason: on purpose}
`, []Function{{
			Name: "hello", Source: "cmd/hello", Language: Go, Arch: []Arch{AMD64}, Runtime: AL2, Pos: at(3, 3),
			Handlers: []string{"httpevent", "on"},
			Assets: []Asset{
				{Source: "cmd/hello/b.txt", Name: "b.txt"},
				{Source: "cmd/hello/a/1.txt", Name: "a/1.txt"},
				{Source: "cmd/hello/a/2.txt", Name: "a/2.txt"},
				{Source: "cmd/hello/a/z/3.txt", Name: "a/z/3.txt"},
				{Source: "shared/ca.pem", Name: "ca.pem"},
				{Source: "cmd/hello/tool", Name: "bin/tool", Executable: true},
				{Source: "cmd/hello/linked", Name: "b2.txt"},
			},
			AssetPaths: []string{"cmd/hello/b.txt", "cmd/hello/a", "shared/ca.pem", "cmd/hello/tool", "cmd/hello/linked"},
			Checks:     []CheckRule{{"go-dirty-tree", "waive", "on purpose", at(18, 9)}},
		}}},
		{"a folder under another name, and in the root of the zip", `
functions:
  hello:
    source: cmd/hello
    assets:
      - {source: a, name: data/v1}
      - {source: a/z, name: .}
`, []Function{{
			Name: "hello", Source: "cmd/hello", Language: Go, Arch: both, Runtime: AL2023, Pos: at(3, 3),
			Assets: []Asset{
				{Source: "cmd/hello/a/1.txt", Name: "data/v1/1.txt"},
				{Source: "cmd/hello/a/2.txt", Name: "data/v1/2.txt"},
				{Source: "cmd/hello/a/z/3.txt", Name: "data/v1/z/3.txt"},
				{Source: "cmd/hello/a/z/3.txt", Name: "3.txt"},
			},
			AssetPaths: []string{"cmd/hello/a", "cmd/hello/a/z"},
		}}},
		{"nothing but a name", "functions:\n  alias:\n", []Function{
			{Name: "alias", Source: "alias", Language: Go, Arch: both, Runtime: AL2023, Pos: at(2, 3)},
		}},
		{"what shapes a Go program, and what it is given", `
functions:
  hello:
    source: cmd/hello
    kind: function
    tags: [lambda.norpc, netgo]
    ldflags: {main.version: "${tag}", 'example.com/good/x.Commit': "it's ${commit}", main.empty: ""}
    cgo: static
    env: {TABLE: orders, EMPTY: ""}
    event: s3
    memory: 256
    timeout: 10
    layers: [./dist/tracer-amd64.zip]
`, []Function{{
			Name: "hello", Source: "cmd/hello", Language: Go, Arch: both, Runtime: AL2023, Pos: at(3, 3),
			Tags: []string{"lambda.norpc", "netgo"}, Ldflags: map[string]string{"main.version": "${tag}", "example.com/good/x.Commit": "it's ${commit}", "main.empty": ""},
			Cgo: "static", Env: map[string]string{"TABLE": "orders", "EMPTY": ""}, Event: "s3", Memory: 256, Timeout: 10, Layers: []string{"dist/tracer-amd64.zip"},
		}}},
		{"an image on a base", `
functions:
  hello: {source: cmd/hello, image: {base: "docker://example.com/base@sha256:0000000000000000000000000000000000000000000000000000000000000000", zones: true}}
  other: {source: cmd/hello, image: {base: "./images/base-${arch}.tar", certificates: true, labels: {a: b}}}
`, []Function{
			{Name: "hello", Source: "cmd/hello", Language: Go, Arch: both, Runtime: AL2023, Pos: at(3, 3), Image: true, ImageZones: true,
				ImageBase: "docker://example.com/base@sha256:" + strings.Repeat("0", 64)},
			{Name: "other", Source: "cmd/hello", Language: Go, Arch: both, Runtime: AL2023, Pos: at(4, 3), Image: true, ImageCertificates: true,
				ImageBase: "images/base-${arch}.tar", ImageLabels: map[string]string{"a": "b"}},
		}},
		{"an extension, and a layer", "functions:\n  hello: {source: cmd/hello, kind: extension}\n  more: {source: ., kind: layer, assets: [shared]}\n", []Function{
			{Name: "hello", Source: "cmd/hello", Language: Go, Kind: KindExtension, Arch: both, Runtime: AL2023, Pos: at(2, 3)},
			{Name: "more", Source: ".", Kind: KindLayer, Arch: both, Runtime: AL2023, Pos: at(3, 3), Assets: []Asset{{Source: "shared/ca.pem", Name: "shared/ca.pem"}}, AssetPaths: []string{"shared"}},
		}},
		{"settings of the project, and no functions", "go: 1.26.8\nexclude: [.]\narch: [arm64]\n", []Function{
			{Name: "hello", Source: "cmd/hello", Language: Go, Arch: []Arch{ARM64}, Runtime: AL2023, Pos: Position{File: "cmd/hello/main package"}},
		}},
		{"a command, which may say a word twice", "functions: {x: {source: shared, command: [sh, -c, x, x]}}\n", []Function{
			{Name: "x", Source: "shared", Language: Command, Arch: both, Runtime: AL2023, Command: []string{"sh", "-c", "x", "x"}, Pos: at(1, 13)},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"bootzip.yaml": c.yaml}
			for name, content := range goodTree {
				files[name] = content
			}
			root := tree(t, files)
			p, err := Load(root)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(p.Functions, c.want) {
				t.Errorf("functions are\n%+v\nwant\n%+v", p.Functions, c.want)
			}
			if p.Root != root || p.Config != filepath.Join(root, "bootzip.yaml") {
				t.Errorf("root is %q and config %q", p.Root, p.Config)
			}
		})
	}
}

// A project that is reached by a link is the one that the link leads to, so that its
// files do not count as outside.
func TestRootByLink(t *testing.T) {
	root := tree(t, map[string]string{
		"real/bootzip.yaml": "functions: {a: {}}\n",
		"real/a/main.go":    program,
		"link":              "-> real",
	})
	p, err := Load(filepath.Join(root, "link"))
	if err != nil || p.Root != filepath.Join(root, "real") {
		t.Errorf("root is %q (%v)", p.Root, err)
	}
}

func TestLanguageOfSource(t *testing.T) {
	for _, c := range []struct {
		files []string
		want  Language
	}{
		{[]string{"main.go"}, Go},
		{[]string{"main.go", "native.c"}, Go},
		{[]string{"Cargo.toml", "src/x.c"}, Rust},
		{[]string{"shard.yml", "src/x.cr"}, Crystal},
		{[]string{"src/x.cr"}, Crystal},
		{[]string{"x.cr"}, Crystal},
		{[]string{"x.nimble", "x.c"}, Nim},
		{[]string{"src/x.nim"}, Nim},
		{[]string{"x.c"}, C},
		{[]string{"src/x.c"}, C},
	} {
		// The directory's name has characters that are special in glob patterns.
		files := map[string]string{"bootzip.yaml": "functions: {a: {source: 'a[1]*'}}\n"}
		for _, f := range c.files {
			files["a[1]*/"+f] = ""
		}
		p, err := Load(tree(t, files))
		if err != nil {
			t.Errorf("%q: %v", c.files, err)
		} else if got := p.Functions[0].Language; got != c.want {
			t.Errorf("language of %q is %q, want %q", c.files, got, c.want)
		}
	}
}

func TestSelect(t *testing.T) {
	p := Project{Functions: []Function{
		{Name: "hello", Arch: []Arch{AMD64, ARM64}},
		{Name: "world", Arch: []Arch{ARM64}},
	}}
	for _, c := range []struct {
		name string
		arch Arch
		want string // names and architectures, or the error and its hint
	}{
		{"", "", "hello[amd64 arm64] world[arm64]"},
		{"", ARM64, "hello[arm64] world[arm64]"},
		{"", AMD64, "hello[amd64]"},
		{"world", "", "world[arm64]"},
		{"hello", ARM64, "hello[arm64]"},
		{"world", AMD64, `function "world" is not built for amd64: add it to the function's arch, or omit --arch`},
		{"helo", "", `function "helo" is not in this project: did you mean "hello"? known are: hello, world`},
		{"x", AMD64, `function "x" is not in this project: known are: hello, world`},
		{"", "mips", `no function is built for mips: add it to a function's arch, or omit --arch`},
	} {
		selected, err := p.Select(c.name, c.arch)
		got := ""
		for i, f := range selected {
			if i > 0 {
				got += " "
			}
			got += f.Name + "["
			for j, a := range f.Arch {
				if j > 0 {
					got += " "
				}
				got += string(a)
			}
			got += "]"
		}
		if err != nil {
			got = err.Error() + ": " + hint.Of(err)
		}
		if got != c.want {
			t.Errorf("Select(%q, %q) is %s, want %s", c.name, c.arch, got, c.want)
		}
	}
	if len(p.Functions[0].Arch) != 2 {
		t.Error("Select changed the project")
	}
}

func TestPosition(t *testing.T) {
	for want, p := range map[string]Position{"f:3:7": {"f", 3, 7}, "f": {File: "f"}, "": {}} {
		if got := p.String(); got != want {
			t.Errorf("%#v is %q, want %q", p, got, want)
		}
	}
}
