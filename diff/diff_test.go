package diff_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/diff"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/pack"
)

// script returns a small bootstrap and the files beside it.
func script(text string, others ...packedFile) []packedFile {
	return append([]packedFile{{name: "bootstrap", mode: 0o755, data: []byte(text)}}, others...)
}

const hello = "#!/bin/sh\necho hello\necho more\n"

// zipFile writes a zip to the disk.
func zipFile(t testing.TB, b []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "function.zip")
	writeFile(t, name, string(b))
	return name
}

// compareZips compares two zips that are in memory.
func compareZips(t testing.TB, a, b []byte) diff.Report {
	t.Helper()
	return zips(t, zipFile(t, a), zipFile(t, b))
}

func TestEqualZips(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "program")
	writeFile(t, file, hello)
	entries := []pack.Entry{{Name: "bootstrap", Executable: true, File: file}, {Name: "etc/data", File: file}}
	a, b := filepath.Join(dir, "a.zip"), filepath.Join(dir, "b.zip")
	for _, name := range []string{a, b} {
		if err := pack.Write(context.Background(), name, entries); err != nil {
			t.Fatal(err)
		}
	}
	digest, _, err := pack.ContentDigest(entries)
	if err != nil {
		t.Fatal(err)
	}
	r := zips(t, a, b)
	if !r.Equal || len(r.Layers) > 0 || len(r.Causes) > 0 || r.A.File != "a.zip" || r.B.File != "b.zip" {
		t.Errorf("%+v", r)
	}
	if r.A.Content != digest || r.B.Content != digest {
		t.Errorf("content %s and %s, and %s by package pack", r.A.Content, r.B.Content, digest)
	}
	if got := text(t, r); !strings.Contains(got, "equal, byte for byte") || !strings.Contains(got, r.A.SHA256) {
		t.Errorf("text:\n%s", got)
	}
}

// Each case is a zip of hello with one change.
func TestChangedZips(t *testing.T) {
	other := packedFile{name: "config.json", mode: 0o644, data: []byte("{\"a\": 1}\n")}
	renamed := other
	renamed.name = "settings.json"
	link := other
	link.mode |= os.ModeSymlink
	for _, test := range []struct {
		name  string
		a, b  []packedFile
		cause string
		field diff.Field
	}{
		{"removed", script(hello, other), script(hello), "removed-file",
			diff.Field{Name: "config.json: file", A: "9 bytes, mode 0644", B: "absent"}},
		{"renamed", script(hello, other), script(hello, renamed), "renamed-file",
			diff.Field{Name: "name of a file", A: "config.json", B: "settings.json"}},
		{"link", script(hello, other), script(hello, link), "mode",
			diff.Field{Name: "config.json: mode", A: "0644", B: "0644 (symbolic link)"}},
		{"line ends", script(hello), script(strings.ReplaceAll(hello, "\n", "\r\n")), "line-endings",
			diff.Field{Name: "bootstrap: line endings", A: "0 CRLF", B: "3 CRLF"}},
		{"script", script(hello), script(strings.Replace(hello, "hello", "bye bye", 1)), "file-content",
			diff.Field{Name: "bootstrap: line 2", A: "echo hello", B: "echo bye bye"}},
		{"same size", script(hello), script(strings.Replace(hello, "hello", "HELLO", 1)), "file-content",
			diff.Field{Name: "bootstrap: line 2", A: "echo hello", B: "echo HELLO"}},
		{"order of lines", script("echo one line\necho another\n"), script("echo another\necho one line\n"), "file-content",
			diff.Field{Name: "bootstrap: content", A: "sha256 ", B: "sha256 "}},
		{"not text", script("\x00\x01\x02"), script("\x00\x01\x03\x04"), "file-content",
			diff.Field{Name: "bootstrap: size", A: "3 bytes", B: "4 bytes (+1)"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := compareZips(t, zipOf(t, test.a), zipOf(t, test.b))
			if len(r.Causes) != 1 || r.Causes[0].ID != test.cause {
				t.Errorf("causes are not %q:\n%s", test.cause, text(t, r))
			}
			found := false
			for _, l := range r.Layers {
				for _, f := range l.Fields {
					found = found || f.Name == test.field.Name && strings.HasPrefix(f.A, test.field.A) && strings.HasPrefix(f.B, test.field.B)
				}
			}
			if !found {
				t.Errorf("no field %+v:\n%s", test.field, text(t, r))
			}
		})
	}
}

// However much differs, at most a hundred fields are listed, each layer has its share,
// and the rest is counted.
func TestFieldsAreBounded(t *testing.T) {
	var a, b []packedFile
	for i := range 1500 {
		name := fmt.Sprintf("file-%04d", i)
		a = append(a, packedFile{name: name, mode: 0o644, data: []byte("what stands in A: " + name)})
		b = append(b, packedFile{name: name, mode: 0o600, data: []byte("what stands in B: " + name)})
	}
	r := compareZips(t, zipOf(t, a), zipOf(t, b))
	fields, all := 0, map[string]int{}
	for _, l := range r.Layers {
		fields += len(l.Fields)
		all[l.Name] = len(l.Fields) + l.Omitted
		if len(l.Fields) < 20 {
			t.Errorf("layer %q has only %d fields", l.Name, len(l.Fields))
		}
	}
	// A mode and a content each; texts of the first 64 files.
	if fields != 100 || all["zip entries"] != 3000 || all["text"] != 64 {
		t.Errorf("%d fields are listed; counted: %v", fields, all)
	}
	if len(r.Causes) > 20 {
		t.Errorf("%d causes", len(r.Causes))
	}
	if got := text(t, r); !strings.Contains(got, " and 2,9") {
		t.Errorf("the text does not count the rest:\n%s", got)
	}
}

func TestReportsAreDeterministic(t *testing.T) {
	var a, b []packedFile
	for i := range 50 {
		a = append(a, packedFile{name: fmt.Sprint("one-", i), mode: 0o644, data: []byte(fmt.Sprint("text number ", i*3))})
		b = append(b, packedFile{name: fmt.Sprint("one-", i*2), mode: 0o755, data: []byte(fmt.Sprint("text number ", i*5))})
	}
	x, y := zipFile(t, zipOf(t, a)), zipFile(t, zipOf(t, b))
	first := text(t, zips(t, x, y))
	for range 5 {
		if again := text(t, zips(t, x, y)); again != first {
			t.Fatalf("once\n%s\nand then\n%s", first, again)
		}
	}
}

// For files that cannot be compared, the error names the file, the fault and the remedy.
func TestErrors(t *testing.T) {
	good := zipOf(t, script(hello, packedFile{name: "data", mode: 0o644, data: bytes.Repeat([]byte("data "), 100)}))
	change := func(at int, c byte) []byte {
		b := bytes.Clone(good)
		b[at] ^= c
		return b
	}
	data := bytes.Index(good, []byte("data")) + 20
	var encrypted bytes.Buffer
	w := zip.NewWriter(&encrypted)
	e, err := w.CreateRaw(&zip.FileHeader{Name: "secret", Flags: 1, CompressedSize64: 3, UncompressedSize64: 3})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(e, "abc"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, test := range []struct {
		name  string
		bytes []byte // nil: the directory
		want  string
	}{
		{"a.zip", good[:len(good)/2], `it is cut off`},
		{"b.zip", append(bytes.Clone(good), "rest"...), `bytes follow it`},
		{"c.zip", change(data, 0x55), `file "data": `},
		{"d.zip", change(0, 1), `no local header`},
		{"e.zip", []byte{}, `the file is empty`},
		{"f.zip", encrypted.Bytes(), `file "secret": encrypted`},
		{"g.zip", []byte("text\n"), `the file is text`},
		{"h.zip", nil, `not a regular file`},
	} {
		name := filepath.Join(dir, test.name)
		if test.bytes == nil {
			if err := os.Mkdir(name, 0o755); err != nil {
				t.Fatal(err)
			}
		} else {
			writeFile(t, name, string(test.bytes))
		}
		for _, pair := range [][2]string{{name, zipFile(t, good)}, {zipFile(t, good), name}, {name, name}} {
			_, err := diff.Files(context.Background(), pair[0], pair[1])
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), name) || hint.Of(err) == "" {
				t.Errorf("%s: error %v, hint %q", test.name, err, hint.Of(err))
			}
		}
	}
	if _, err := diff.Files(context.Background(), filepath.Join(dir, "none.zip"), zipFile(t, good)); !errors.Is(err, os.ErrNotExist) || hint.Of(err) == "" {
		t.Errorf("missing: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := diff.Files(ctx, zipFile(t, good), zipFile(t, good)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// A small zip whose content is huge costs neither memory nor time.
func TestZipBomb(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	zeros := make([]byte, 1<<20)
	for i := range 3 {
		e, err := w.Create(fmt.Sprint("zeros-", i))
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			if _, err := e.Write(zeros); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := diff.Files(context.Background(), zipFile(t, b.Bytes()), zipFile(t, zipOf(t, script(hello))))
	if err == nil || !strings.Contains(err.Error(), "more than 262,144,000 bytes") || hint.Of(err) == "" {
		t.Errorf("error %v", err)
	}
}

// A hostile zip cannot write control characters to the terminal.
func TestTextHoldsNoControlCharacters(t *testing.T) {
	bad := "evil\x1b[31m\u202e\nname"
	r := compareZips(t, zipOf(t, script("#!\x1b[2Jevil text\n", packedFile{name: bad, mode: 0o644})),
		zipOf(t, script("#!/bin/sh\nother text\n", packedFile{name: strings.Repeat("n", 5000), mode: 0o644})))
	got := text(t, r)
	for _, c := range got {
		if c != '\n' && c < ' ' || c == '\u202e' {
			t.Fatalf("character %U in\n%s", c, got)
		}
	}
	if len(got) > 5000 {
		t.Errorf("the text has %d bytes", len(got))
	}
}

func TestJSON(t *testing.T) {
	r := compareZips(t, zipOf(t, script(hello)), zipOf(t, script("other\xff\n")))
	equal := r
	equal.Equal, equal.Layers, equal.Causes = true, nil, nil
	for _, reports := range [][]diff.Report{nil, {equal}, {equal, r}} {
		var b bytes.Buffer
		if err := diff.WriteJSON(&b, reports); err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Version     int
			Equal       bool
			Comparisons []struct {
				A, B   struct{ File, SHA256, CodeSha256, ContentDigest string }
				Equal  bool
				Causes []struct{ ID, Text, Hint string }
				Layers []struct {
					Name    string
					Fields  []diff.Field
					Omitted int
				}
			}
		}
		d := json.NewDecoder(&b)
		if err := d.Decode(&doc); err != nil {
			t.Fatal(err)
		}
		if doc.Version != diff.JSONVersion || doc.Equal != (len(reports) < 2) || len(doc.Comparisons) != len(reports) {
			t.Errorf("%+v", doc)
		}
		for i, c := range doc.Comparisons {
			want := reports[i]
			if c.A.SHA256 != want.A.SHA256 || c.B.ContentDigest != want.B.Content || c.Causes == nil || c.Layers == nil ||
				len(c.Layers) != len(want.Layers) || len(c.Causes) != len(want.Causes) {
				t.Errorf("%+v\nof %+v", c, want)
			}
		}
	}
}
