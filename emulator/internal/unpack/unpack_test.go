package unpack

import (
	"archive/zip"
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type entry struct {
	name    string
	mode    fs.FileMode
	content string
}

func pack(t *testing.T, entries ...entry) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		h.SetMode(e.mode)
		f, err := w.CreateHeader(h)
		if err == nil && e.content != "" {
			_, err = f.Write([]byte(e.content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "x.zip")
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestUnpack(t *testing.T) {
	to := t.TempDir()
	name := pack(t, entry{"deep/er/file", 0o640, "text"}, entry{"deep/", 0o700 | fs.ModeDir, ""}, entry{"bootstrap", 0o755, "#!"}, entry{"other/", 0o755 | fs.ModeDir, ""})
	if err := Zip(context.Background(), name, to); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	err := filepath.WalkDir(to, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		rel, _ := filepath.Rel(to, path)
		got[rel] = info.Mode().String()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]string{"bootstrap": "-rwxr-xr-x", "deep/er/file": "-rw-r-----", "deep": "drwxr-xr-x", "other": "drwxr-xr-x"} {
		if got[name] != mode {
			t.Errorf("%s is %q, want %q", name, got[name], mode)
		}
	}
	if text, err := os.ReadFile(filepath.Join(to, "deep/er/file")); err != nil || string(text) != "text" {
		t.Errorf("content %q, %v", text, err)
	}
}

func TestUnpackRefuses(t *testing.T) {
	for name, entries := range map[string][]entry{
		"parent":            {{"../x", 0o644, "x"}},
		"parent below":      {{"a/../../x", 0o644, "x"}},
		"absolute":          {{"/x", 0o644, "x"}},
		"backslash":         {{`..\x`, 0o644, "x"}},
		"file below a link": {{"l", 0o777 | fs.ModeSymlink, ".."}, {"l/x", 0o644, "x"}},
		"link below a link": {{"l", 0o777 | fs.ModeSymlink, ".."}, {"l/x", 0o777 | fs.ModeSymlink, "y"}},
		"link twice":        {{"x", 0o644, "1"}, {"x", 0o777 | fs.ModeSymlink, "y"}},
		"link, too long":    {{"l", 0o777 | fs.ModeSymlink, strings.Repeat("x/", 3000)}},
		"device":            {{"d", 0o666 | fs.ModeDevice, ""}},
		"twice":             {{"x", 0o644, "1"}, {"x", 0o644, "2"}},
		"file as folder":    {{"x", 0o644, "1"}, {"x/y", 0o644, "2"}},
		"empty name":        {{"", 0o644, "1"}},
	} {
		folder := t.TempDir()
		to := filepath.Join(folder, "to")
		if err := os.Mkdir(to, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := Zip(context.Background(), pack(t, entries...), to); err == nil {
			t.Errorf("%s was unpacked", name)
		}
		if list, err := os.ReadDir(folder); err != nil || len(list) != 1 {
			t.Errorf("%s wrote outside: %v, %v", name, list, err)
		}
	}
}

// A link leads where it does on Lambda, wherever the directory is.
func TestUnpackLinks(t *testing.T) {
	to := t.TempDir()
	const link = 0o777 | fs.ModeSymlink
	name := pack(t, entry{"bootstrap", link, "bin/main"}, entry{"bin/main", 0o755, "main"}, entry{"bin/abs", link, "/var/task/bin/main"}, entry{"cache", link, "/tmp/cache"})
	if err := Zip(context.Background(), name, to); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"bootstrap": "bin/main", "bin/abs": "../bin/main", "cache": "/tmp/cache"} {
		if got, err := os.Readlink(filepath.Join(to, name)); err != nil || got != want {
			t.Errorf("%s leads to %q, not %q: %v", name, got, want, err)
		}
	}
	if text, err := os.ReadFile(filepath.Join(to, "bin/abs")); err != nil || string(text) != "main" {
		t.Errorf("through a link: %q, %v", text, err)
	}
}

// A later layer's file replaces an earlier one's, and a file is never written through a
// link of an earlier layer.
func TestLayers(t *testing.T) {
	folder := t.TempDir()
	to := filepath.Join(folder, "opt")
	if err := os.Mkdir(to, 0o755); err != nil {
		t.Fatal(err)
	}
	const link = 0o777 | fs.ModeSymlink
	first := pack(t, entry{"lib/a", 0o644, "first"}, entry{"lib/b", 0o644, "first"}, entry{"l", link, "../outside"})
	second := pack(t, entry{"lib/b", 0o644, "second"}, entry{"l", 0o644, "second"})
	if err := Layers(context.Background(), []string{first, second}, to); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"lib/a": "first", "lib/b": "second", "l": "second"} {
		if text, err := os.ReadFile(filepath.Join(to, name)); err != nil || string(text) != want {
			t.Errorf("%s is %q, not %q: %v", name, text, want, err)
		}
	}
	up := pack(t, entry{"up", link, ".."})
	below := pack(t, entry{"up/x", 0o644, "x"})
	if err := Layers(context.Background(), []string{up, below}, to); err == nil {
		t.Error("a file below a link of an earlier layer was written")
	}
	if list, err := os.ReadDir(folder); err != nil || len(list) != 1 {
		t.Errorf("written outside: %v, %v", list, err)
	}
}

func TestUnpackIsBounded(t *testing.T) {
	big := strings.Repeat("\x00", 90<<10)
	name := pack(t, entry{"a", 0o644, big}, entry{"b", 0o644, big}, entry{"c", 0o644, big})
	if err := unzip(context.Background(), name, t.TempDir(), "/var/task", 256<<10); err == nil || !strings.Contains(err.Error(), "more than 262144 bytes") {
		t.Errorf("error is %v", err)
	}
}

func TestUnpackDamaged(t *testing.T) {
	name := pack(t, entry{"bootstrap", 0o755, strings.Repeat("content ", 1000)})
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for what, damaged := range map[string][]byte{
		"cut off":  data[:len(data)-10],
		"flipped":  append(append(bytes.Clone(data[:60]), data[60]^0x40), data[61:]...),
		"no zip":   []byte("hello"),
		"no bytes": nil,
	} {
		if err := os.WriteFile(name, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Zip(context.Background(), name, t.TempDir()); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	if err := Zip(context.Background(), t.TempDir(), t.TempDir()); err == nil {
		t.Error("a folder was unpacked")
	}
}
