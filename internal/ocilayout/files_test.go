package ocilayout

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func makeTar(t *testing.T, headers ...tar.Header) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "x.tar"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	w := tar.NewWriter(f)
	for _, h := range headers {
		text := "text of " + h.Name
		if h.Typeflag != tar.TypeReg {
			text = ""
		}
		h.Size, h.Mode = int64(len(text)), 0o644
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	return f
}

func file(name string) tar.Header { return tar.Header{Name: name, Typeflag: tar.TypeReg} }

func TestFiles(t *testing.T) {
	files, err := readTar(makeTar(t, file("./a"), tar.Header{Name: "dir/", Typeflag: tar.TypeDir}, file("dir/b"),
		tar.Header{Name: "dir/link", Typeflag: tar.TypeSymlink, Linkname: "../a"}, tar.Header{Name: "out", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "text of ./a", "dir/b": "text of dir/b", "dir/link": "text of ./a"} {
		r, _, err := files.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(r); err != nil || string(text) != want {
			t.Errorf("%s is %q (%v)", name, text, err)
		}
	}
	for _, name := range []string{"", "dir", "out", "/etc/passwd", "none"} {
		if _, _, err := files.Open(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestRefused(t *testing.T) {
	var many []tar.Header
	for n := range maxFiles + 1 {
		many = append(many, file(fmt.Sprint(n)))
	}
	link := tar.Header{Name: "a", Typeflag: tar.TypeSymlink, Linkname: "b"}
	for want, f := range map[string]*os.File{
		"it has a twice": makeTar(t, file("a"), file("./a")),
		"a twice":        makeTar(t, file("a"), link),
		"has a twice":    makeTar(t, link, file("a")),
		"more than":      makeTar(t, many...),
	} {
		if _, err := readTar(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
