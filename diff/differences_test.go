package diff_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/diff"
	"github.com/bootzip/bootzip/pack"
)

// otherToolchain is a Go that the go command fetches if it is missing.
const otherToolchain = "go1.25.0"

// A world is how one program is built and packed.
type world struct {
	main      string       // source of the main package, "" for the usual one
	flags     []string     // of go build
	env       []string     //
	toolchain string       // "" for the one that runs the test
	library   string       // version of the module that it needs
	entries   []pack.Entry // beside bootstrap
	packed    func(bootstrap []byte) []packedFile
}

// A packedFile is an entry of a zip that archive/zip writes.
type packedFile struct {
	name  string
	mode  fs.FileMode
	data  []byte
	level int
}

const mainSource = `package main

import (
	"fmt"

	"example.com/library"
)

var when string

func main() { fmt.Println("hello", when, library.Name()) }
`

// The flags of package build, except for -trimpath.
var usualFlags = []string{"-buildvcs=false", "-buildmode=exe", "-pgo=off"}

const linkFlags = "-s -w -buildid= -linkmode=internal"

// buildProgram builds a program with a library, and returns its bytes. The library is
// vendored, so that it does not stay in the module cache.
func buildProgram(t *testing.T, w world) []byte {
	t.Helper()
	dir := t.TempDir()
	if w.main == "" {
		w.main = mainSource
	}
	if w.library == "" {
		w.library = "v1.0.0"
	}
	writeFile(t, filepath.Join(dir, "main.go"), w.main)
	writeFile(t, filepath.Join(dir, "go.mod"), "module example.com/hello\n\ngo 1.24.0\n\nrequire example.com/library "+w.library+"\n")
	writeFile(t, filepath.Join(dir, "vendor", "modules.txt"), "# example.com/library "+w.library+"\n## explicit; go 1.24.0\nexample.com/library\n")
	writeFile(t, filepath.Join(dir, "vendor", "example.com", "library", "library.go"), "package library\n\nfunc Name() string { return \"library\" }\n")
	out := filepath.Join(dir, "bootstrap")
	flags := w.flags
	if flags == nil {
		flags = []string{"-trimpath", "-ldflags=" + linkFlags}
	}
	toolchain := w.toolchain
	if toolchain == "" {
		toolchain = "local"
	}
	args := append([]string{"build", "-mod=vendor", "-o", out}, append(usualFlags, flags...)...)
	cmd := exec.Command("go", append(args, ".")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "GOAMD64=v1", "GOFLAGS=", "GOENV=off", "GOWORK=off",
		"GOTOOLCHAIN="+toolchain)
	cmd.Env = append(cmd.Env, w.env...)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, text)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func writeFile(t testing.TB, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// packProgram packs a program by package pack, or by archive/zip where the
// world says how.
func packProgram(t *testing.T, w world, program []byte) string {
	t.Helper()
	dir := t.TempDir()
	name := filepath.Join(dir, "hello-amd64.zip")
	if w.packed != nil {
		writeFile(t, name, string(zipOf(t, w.packed(program))))
		return name
	}
	file := filepath.Join(dir, "bootstrap")
	writeFile(t, file, string(program))
	entries := append([]pack.Entry{{Name: "bootstrap", Executable: true, File: file}}, w.entries...)
	if err := pack.Write(context.Background(), name, entries); err != nil {
		t.Fatal(err)
	}
	return name
}

// zipOf makes a zip with archive/zip; a level of 0 is the default one.
func zipOf(t testing.TB, files []packedFile) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		level := f.level
		if level == 0 {
			level = flate.DefaultCompression
		}
		w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, level) })
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
		h.SetMode(f.mode)
		e, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Write(f.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestDeliberateDifferences builds and packs a program as package build and package
// pack do, and once more with one thing changed. The report must name that thing.
func TestDeliberateDifferences(t *testing.T) {
	asset := filepath.Join(t.TempDir(), "data.json")
	writeFile(t, asset, "{\"answer\": 42}\n")
	usual := buildProgram(t, world{})

	// Zips of a different program, so that level, mode and order can be chosen.
	other := func(change func([]packedFile) []packedFile) func([]byte) []packedFile {
		return func(program []byte) []packedFile {
			return change([]packedFile{{name: "bootstrap", mode: 0o755, data: program}, {name: "data.json", mode: 0o644, data: []byte("{}")}})
		}
	}
	same := other(func(f []packedFile) []packedFile { return f })
	now := time.Now().UTC().Truncate(time.Second)
	earlier, later := now.Add(-time.Hour).Format(time.RFC3339), now.Format(time.RFC3339)

	for _, test := range []struct {
		name   string
		a, b   world
		cause  string   // the first
		layer  string   // that has to be there
		values []string // in a field of that layer, A's and B's
		words  []string // in the text of the cause
		only   bool     // no other cause
	}{
		{
			name: "a path by dropping -trimpath", b: world{flags: []string{"-ldflags=" + linkFlags}},
			cause: "path", layer: "go build info", values: []string{"true", "absent"}, words: []string{"-trimpath", "paths of the build machine"},
		},
		{
			name: "two paths without -trimpath", a: world{flags: []string{"-ldflags=" + linkFlags}}, b: world{flags: []string{"-ldflags=" + linkFlags}},
			cause: "path", layer: "program sections", words: []string{"-trimpath", "paths of the build machine"}, only: true,
		},
		{
			name:  "a build time in -ldflags -X",
			a:     world{flags: []string{"-trimpath", "-ldflags=" + linkFlags + " -X main.when=" + earlier}},
			b:     world{flags: []string{"-trimpath", "-ldflags=" + linkFlags + " -X main.when=" + later}},
			cause: "time", layer: "text", values: []string{earlier, later}, words: []string{earlier, later, "-X"}, only: true,
		},
		{
			name: "a build time in one of them", b: world{flags: []string{"-trimpath", "-ldflags=" + linkFlags + " -X main.when=" + later}},
			cause: "time", layer: "text", values: []string{"absent", later}, words: []string{later},
		},
		{
			name: "another toolchain", b: world{toolchain: otherToolchain},
			cause: "go-version", layer: "go build info", values: []string{goVersion(t), otherToolchain},
			words: []string{goVersion(t), otherToolchain}, only: true,
		},
		{
			name: "a dirty file", b: world{main: strings.Replace(mainSource, "func main() {", "func main() {\n\tfor i := range 3 {\n\t\tfmt.Print(i)\n\t}\n", 1)},
			cause: "source", layer: "go functions", words: []string{"main", "uncommitted change"}, only: true,
		},
		{
			name: "a dirty file in which a text changed", b: world{main: strings.Replace(mainSource, `"hello"`, `"greet"`, 1)},
			cause: "source", layer: "text", words: []string{"uncommitted change"}, only: true,
		},
		{
			name: "another GOAMD64", b: world{env: []string{"GOAMD64=v3"}},
			cause: "cpu-level", layer: "go build info", values: []string{"v1", "v3"}, words: []string{"GOAMD64", `"v1"`, `"v3"`}, only: true,
		},
		{
			name: "a changed module version", b: world{library: "v1.1.0"},
			cause: "module-version", layer: "go modules", values: []string{"v1.0.0", "v1.1.0"},
			words: []string{"example.com/library", "v1.0.0", "v1.1.0"}, only: true,
		},
		{
			name: "another setting of go build", b: world{flags: []string{"-trimpath", "-tags=special", "-ldflags=" + linkFlags}},
			cause: "go-flags", layer: "go build info", values: []string{"absent", "special"}, words: []string{"-tags"}, only: true,
		},
		{
			name: "symbols", b: world{flags: []string{"-trimpath", "-ldflags=-buildid="}},
			cause: "stripped", layer: "program sections", words: []string{"stripped in A", "there in B"},
		},
		{
			name: "an added asset", b: world{entries: []pack.Entry{{Name: "data.json", File: asset}}},
			cause: "added-file", layer: "zip entries", values: []string{"absent", "15 bytes, mode 0644"}, words: []string{`"data.json"`}, only: true,
		},
		{
			name: "another compressor level", a: world{packed: same}, b: world{packed: other(func(f []packedFile) []packedFile {
				f[0].level = flate.BestSpeed
				return f
			})},
			cause: "compressor", layer: "compressed bytes only", words: []string{`"bootstrap"`, "level"}, only: true,
		},
		{
			name: "a changed mode", a: world{packed: same}, b: world{packed: other(func(f []packedFile) []packedFile {
				f[0].mode = 0o644
				return f
			})},
			cause: "mode", layer: "zip entries", values: []string{"0755", "0644"}, words: []string{"bootstrap", "0755", "0644"}, only: true,
		},
		{
			name: "a changed order", a: world{packed: same}, b: world{packed: other(func(f []packedFile) []packedFile {
				return []packedFile{f[1], f[0]}
			})},
			cause: "order", layer: "zip entries", values: []string{"bootstrap, data.json", "data.json, bootstrap"},
			words: []string{"bootstrap", "data.json"}, only: true,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			programs := [2][]byte{usual, usual}
			for i, w := range []world{test.a, test.b} {
				if w.flags != nil || w.main != "" || w.env != nil || w.toolchain != "" || w.library != "" {
					programs[i] = buildProgram(t, w)
				}
			}
			r := zips(t, packProgram(t, test.a, programs[0]), packProgram(t, test.b, programs[1]))
			if r.Equal || len(r.Causes) == 0 || r.Causes[0].ID != test.cause || test.only && len(r.Causes) > 1 {
				t.Fatalf("causes are not only %q:\n%s", test.cause, text(t, r))
			}
			for _, w := range test.words {
				if !strings.Contains(r.Causes[0].Text, w) {
					t.Errorf("the cause does not name %q: %s", w, r.Causes[0].Text)
				}
			}
			if r.Causes[0].Hint == "" {
				t.Error("no hint")
			}
			if !hasField(r, test.layer, test.values) {
				t.Errorf("no field with %q in %q:\n%s", test.values, test.layer, text(t, r))
			}
			if got, want := r.A.Content == r.B.Content, test.cause == "compressor"; got != want {
				t.Errorf("content digests equal: %v", got)
			}
		})
	}
}

// goVersion returns the version of the toolchain that the go command uses here.
func goVersion(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOVERSION").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// hasField reports whether a layer has a field with both values, or any field if no
// values are given.
func hasField(r diff.Report, layer string, values []string) bool {
	for _, l := range r.Layers {
		for _, f := range l.Fields {
			if l.Name == layer && (values == nil || f.A == values[0] && f.B == values[1]) {
				return true
			}
		}
	}
	return false
}

func zips(t testing.TB, a, b string) diff.Report {
	t.Helper()
	r, err := diff.Files(context.Background(), a, b)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func text(t testing.TB, r diff.Report) string {
	t.Helper()
	var b strings.Builder
	if err := diff.WriteText(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
