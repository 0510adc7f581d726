package diff

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// sizedModule has two packages, much of the standard library, and embedded files.
var sizedModule = map[string]string{
	"go.mod":             "module example.com/sized\n\ngo 1.24.0\n",
	"main.go":            "package main\n\nimport (\n\t\"embed\"\n\t\"fmt\"\n\n\t\"example.com/sized/inner.v2\"\n)\n\n//go:embed files\nvar files embed.FS\n\nfunc main() { fmt.Println(files.ReadFile(\"files/a.txt\"))\n\tinner.Say(inner.Box[int]{}) }\n",
	"inner.v2/inner.go":  "package inner\n\nimport \"fmt\"\n\ntype Box[T any] struct{ V T }\n\n//go:noinline\nfunc (b Box[T]) Text() string { return fmt.Sprint(b.V) }\n\n//go:noinline\nfunc Say(b Box[int]) { fmt.Println(b.Text()) }\n",
	"files/a.txt":        strings.Repeat("embedded text\n", 100),
	"files/deep/b c.bin": "\x00\x01\x02 some bytes that are no text",
}

// buildSized compiles the module, and returns the program's path.
func buildSized(t *testing.T, flags ...string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range sizedModule {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", append([]string{"build", "-trimpath", "-buildvcs=false", "-o", "out"}, flags...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, text)
	}
	return filepath.Join(dir, "out")
}

func sizesOfFile(t testing.TB, path string) Part {
	t.Helper()
	p, err := Sizes(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	checkSums(t, p)
	whole := p.Size
	if p.Kind == partZip {
		whole = 0
		for _, one := range p.Parts {
			whole += one.Packed
		}
	}
	if whole != info.Size() {
		t.Fatalf("%s has %d bytes, its parts %d", path, info.Size(), whole)
	}
	return p
}

// checkSums checks that parts add up, all the way down.
func checkSums(t testing.TB, p Part) {
	t.Helper()
	sum := int64(0)
	for i, one := range p.Parts {
		if one.Name == "" || one.Kind == "" || one.Size < 0 || i > 0 && max(one.Size, one.Packed) > max(p.Parts[i-1].Size, p.Parts[i-1].Packed) {
			t.Fatalf("part %+v of %s", one, p.Name)
		}
		checkSums(t, one)
		sum += one.Size
	}
	if len(p.Parts) > 0 && sum != p.Size {
		t.Fatalf("parts of %q (%s) have %d bytes, and it has %d", p.Name, p.Kind, sum, p.Size)
	}
}

// at follows names to a part.
func at(t testing.TB, p Part, names ...string) Part {
	t.Helper()
next:
	for _, name := range names {
		for _, one := range p.Parts {
			if one.Name == name {
				p = one
				continue next
			}
		}
		t.Fatalf("no part %q in %q", name, p.Name)
	}
	return p
}

func TestSizesOfGoAgreeWithNm(t *testing.T) {
	stripped := sizesOfFile(t, buildSized(t, "-ldflags=-s -w"))
	text, err := exec.Command("go", "tool", "nm", "-size", buildSized(t)).Output()
	if err != nil {
		t.Fatal(err)
	}
	want, functions := map[string]int64{}, map[string]int64{}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) < 4 || f[2] != "T" && f[2] != "t" {
			continue
		}
		n, err := strconv.ParseInt(f[1], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		path := packageOf(strings.Join(f[3:], " "))
		want[path] += n
		functions[path]++
	}
	got := map[string]int64{}
	for _, module := range at(t, stripped, ".text").Parts {
		for _, one := range module.Parts {
			got[one.Name] = one.Size
		}
	}
	for _, path := range []string{"main", "example.com/sized/inner.v2", "fmt", "runtime", "internal/abi", "reflect"} {
		// After a function there is padding to 32 bytes, which nm leaves out.
		if got[path] < want[path] || got[path] > want[path]+31*functions[path] || want[path] == 0 {
			t.Errorf("package %s: %d bytes, by go tool nm %d in %d functions", path, got[path], want[path], functions[path])
		}
	}
	at(t, stripped, ".text", "example.com/sized", "example.com/sized/inner.v2", "example.com/sized/inner%2ev2.Say")
	at(t, stripped, ".text", standardLibrary, "runtime", "runtime.mallocgc")
	at(t, stripped, ".gopclntab", "names of functions")
	if n := at(t, stripped, ".rodata", "descriptions of types").Size; n < 10_000 {
		t.Errorf("descriptions of types have %d bytes", n)
	}
	for _, name := range []string{"files/a.txt", "files/deep/b c.bin"} {
		if one := at(t, stripped, ".rodata", name); one.Size != int64(len(sizedModule[name])) || one.Kind != partEmbedded {
			t.Errorf("%+v", one)
		}
	}
}

func TestSizesOfC(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"one.c": "static int table[1000] = {1}; static int big(int x) { return table[x] * 7; } int one(int x) { return big(x) + big(x + 1); }\n",
		"two.c": "int one(int); int shared[500] = {2}; int main(int n, char **v) { return one(n) + shared[n]; }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("gcc", "-O0", "-o", "out", "one.c", "two.c")
	cmd.Dir = dir
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, text)
	}
	p := sizesOfFile(t, filepath.Join(dir, "out"))
	if one := at(t, p, ".data", "one.c"); one.Size != 4000 || one.Kind != partObject {
		t.Errorf("%+v", one)
	}
	if one := at(t, p, ".data", "shared"); one.Size != 2000 || one.Kind != partSymbol {
		t.Errorf("%+v", one)
	}
	at(t, p, ".text", "main")
}

func TestSizesOfZip(t *testing.T) {
	dir := t.TempDir()
	program, err := os.ReadFile(buildSized(t, "-ldflags=-s -w"))
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "function.zip")
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, file := range []struct {
		name string
		data []byte
	}{{"bootstrap", program}, {"empty", nil}, {"data.json", []byte("{}")}, {"<script>alert(1)</script>\u202e\x1b[31m", []byte("hostile")}} {
		w, err := z.Create(file.name)
		if err == nil {
			_, err = w.Write(file.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	p := sizesOfFile(t, name)
	if one := at(t, p, "bootstrap"); one.Kind != partProgram || one.Size != int64(len(program)) || one.Packed == 0 || one.Packed >= one.Size {
		t.Errorf("bootstrap: %s, %d bytes, %d in the zip", one.Kind, one.Size, one.Packed)
	}
	at(t, p, "bootstrap", ".text", standardLibrary, "fmt")
	at(t, p, "headers of the zip")
	if one := at(t, p, "data.json"); one.Size != 2 || one.Kind != partFile {
		t.Errorf("%+v", one)
	}

	var page, text, doc strings.Builder
	if err := WriteSizesHTML(&page, p); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script>", "\u202e", "\x1b", "ZgotmplZ", "NaN", "http:"} {
		if strings.Contains(page.String(), bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	for _, want := range []string{"&lt;script&gt;alert(1)&lt;/script&gt;", "default-src &#39;none&#39;", "runtime"} {
		if !strings.Contains(strings.ReplaceAll(page.String(), "default-src 'none'", "default-src &#39;none&#39;"), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if err := WriteSizesText(&text, p, false); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"function.zip: ", "bootstrap (", "standard library\n", "more)\n"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in\n%s", want, text.String())
		}
	}
	if err := WriteSizesJSON(&doc, p); err != nil {
		t.Fatal(err)
	}
	var back struct {
		Version int
		Part
	}
	if err := json.Unmarshal([]byte(doc.String()), &back); err != nil || back.Version != sizesVersion || back.Size != p.Size {
		t.Errorf("%v: version %d, %d bytes", err, back.Version, back.Size)
	}

	// A page about two files has what grew.
	other := filepath.Join(dir, "other.zip")
	if err := os.WriteFile(other, bytes.Replace(b.Bytes(), []byte("data.json"), []byte("data.yaml"), 2), 0o644); err != nil {
		t.Fatal(err)
	}
	q := sizesOfFile(t, other)
	r, err := Files(context.Background(), name, other)
	if err != nil {
		t.Fatal(err)
	}
	page.Reset()
	if err := WriteHTML(&page, r, p, q); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"What has another size", "data.yaml", "Why, most likely"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page of two lacks %q", want)
		}
	}
	if g := growths(p, q); len(g) != 2 || g[0].A+g[0].B != 2 {
		t.Errorf("%+v", g)
	}
}

func TestSizesOfNothing(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("no zip"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{text, text + ".missing", t.TempDir()} {
		if _, err := Sizes(context.Background(), file); err == nil {
			t.Errorf("%s was measured", file)
		}
	}
}

// The cells of a treemap lie in their rectangle, do not overlap, and have the areas of
// their parts.
func TestTreemap(t *testing.T) {
	for n := 1; n < 60; n++ {
		p := Part{Name: "all", Kind: partFile}
		for i := range n {
			one := Part{Name: fmt.Sprint(i), Kind: partFile, Size: int64(1 + (n-i)*(n-i)*(i%3+1))}
			p.Size += one.Size
			p.Parts = append(p.Parts, one)
		}
		sortParts(p.Parts)
		all := treemap(p)
		area := 0.0
		for i, c := range all {
			if want := 1e4 * float64(c.Size) / float64(p.Size); c.W*c.H < want-1e-6 || c.W*c.H > want+1e-6 {
				t.Fatalf("%d parts: area %f of %f", n, c.W*c.H, want)
			}
			if c.X < -1e-6 || c.Y < -1e-6 || c.X+c.W > 100+1e-6 || c.Y+c.H > 100+1e-6 {
				t.Fatalf("%d parts: %+v", n, c)
			}
			for _, d := range all[:i] {
				if c.X+1e-6 < d.X+d.W && d.X+1e-6 < c.X+c.W && c.Y+1e-6 < d.Y+d.H && d.Y+1e-6 < c.Y+c.H {
					t.Fatalf("%d parts: %+v and %+v overlap", n, c, d)
				}
			}
			area += c.W * c.H
		}
		if area < 1e4-1e-3 || area > 1e4+1e-3 {
			t.Fatalf("%d parts: all areas %f", n, area)
		}
	}
	_ = WriteSizesHTML(io.Discard, Part{})
}
