package whole

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func content(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// alone fails if there is anything in the folder of file but file itself.
func alone(t *testing.T, file string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Name() != filepath.Base(file) {
		t.Errorf("folder has %v, want %s alone", entries, filepath.Base(file))
	}
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func TestWrite(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	for _, c := range []struct {
		text string
		mode os.FileMode
	}{{"first", 0o644}, {"the second, which replaces it", 0o755}, {"", 0o600}} {
		if err := Write(name, c.mode, text(c.text)); err != nil {
			t.Fatal(err)
		}
		if got := content(t, name); got != c.text {
			t.Errorf("content is %q, want %q", got, c.text)
		}
		if info, err := os.Stat(name); err != nil || info.Mode() != c.mode {
			t.Errorf("mode is %v, want %v", info.Mode(), c.mode)
		}
		alone(t, name)
	}
}

func TestWriteThatFails(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := Write(name, 0o644, text("good")); err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space")
	err := Write(name, 0o644, func(w io.Writer) error {
		if err := text("half")(w); err != nil {
			return err
		}
		// A reader sees the old file as long as the new one is not finished.
		if got := content(t, name); got != "good" {
			t.Errorf("content is %q in the middle", got)
		}
		return full
	})
	if !errors.Is(err, full) || !strings.Contains(err.Error(), name) {
		t.Errorf("error is %v", err)
	}
	if got := content(t, name); got != "good" {
		t.Errorf("content is %q afterwards", got)
	}
	alone(t, name)
}

func TestWriteToNowhere(t *testing.T) {
	dir := t.TempDir()
	called := false
	if err := Write(filepath.Join(dir, "none", "file"), 0o644, func(io.Writer) error { called = true; return nil }); err == nil || called {
		t.Errorf("error is %v, called is %v", err, called)
	}
	// What is in the way stays, and nothing is left beside it.
	folder := filepath.Join(dir, "folder")
	if err := os.MkdirAll(filepath.Join(folder, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Write(folder, 0o644, text("x")); err == nil {
		t.Error("a file took the place of a folder")
	}
	alone(t, folder)
}

func TestMove(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "new", "folder", "to")
	for _, s := range []string{"first", "second"} {
		if err := os.WriteFile(from, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Move(from, to, 0o755); err != nil {
			t.Fatal(err)
		}
		if got := content(t, to); got != s {
			t.Errorf("content is %q, want %q", got, s)
		}
		if info, err := os.Stat(to); err != nil || info.Mode() != 0o755 {
			t.Errorf("mode is %v", info.Mode())
		}
		if _, err := os.Stat(from); !os.IsNotExist(err) {
			t.Errorf("%s is still there (%v)", from, err)
		}
	}
	if err := Move(from, to, 0o755); err == nil || content(t, to) != "second" {
		t.Errorf("moving nothing gave %v", err)
	}
}

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	kept := filepath.Join(dir, "kept")
	if err := Write(kept, 0o644, text("x")); err != nil {
		t.Fatal(err)
	}
	// What a killed process leaves is what there is in the middle of Write.
	left := ""
	err := Write(filepath.Join(dir, "killed"), 0o644, func(io.Writer) error {
		entries, err := os.ReadDir(dir)
		for _, e := range entries {
			if e.Name() != "kept" {
				left = e.Name()
			}
		}
		return errors.Join(err, errors.New("stop"))
	})
	if err == nil || left == "" {
		t.Fatalf("no temporary file was seen (%v)", err)
	}
	if err := os.WriteFile(filepath.Join(dir, left), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Sweep(dir); err != nil {
		t.Fatal(err)
	}
	alone(t, kept)
	if err := Sweep(filepath.Join(dir, "none")); err != nil {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func TestSweepFolders(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".part-1/deep", ".part-2", "kept/.part-3"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(name)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, ".part-file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := SweepFolders(dir, ".part-"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{".part-1": false, ".part-2": false, "kept/.part-3": true, ".part-file": true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
