package atomicfile

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

// alone fails if the directory of file contains anything except file itself.
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
		// A reader sees the old file until the new one is finished.
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
	// What is in the way stays, and nothing is left next to it.
	folder := filepath.Join(dir, "folder")
	if err := os.MkdirAll(filepath.Join(folder, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Write(folder, 0o644, text("x")); err == nil {
		t.Error("a file took the place of a folder")
	}
	alone(t, folder)
}

// finished makes a file in the stage.
func finished(t *testing.T, s *Stage, name, text string) string {
	t.Helper()
	file := filepath.Join(s.Path, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func begin(t *testing.T, dir string) *Stage {
	t.Helper()
	s, err := Begin(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Remove() })
	return s
}

func TestCommit(t *testing.T) {
	dir := t.TempDir()
	one, two, old := filepath.Join(dir, "one"), filepath.Join(dir, "new", "directory", "two"), filepath.Join(dir, "old")
	if err := os.WriteFile(old, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"first", "second"} {
		s := begin(t, dir)
		err := s.Commit(
			File{To: old}, File{To: filepath.Join(dir, "none")},
			File{finished(t, s, "a", text), one, 0o755}, File{finished(t, s, "b", text), two, 0o444})
		if err != nil {
			t.Fatal(err)
		}
		if content(t, one) != text || content(t, two) != text {
			t.Errorf("content is %q and %q, want %q", content(t, one), content(t, two), text)
		}
		for name, mode := range map[string]os.FileMode{one: 0o755, two: 0o444} {
			if info, err := os.Stat(name); err != nil || info.Mode() != mode {
				t.Errorf("%s: mode is %v, want %v", name, info.Mode(), mode)
			}
		}
		if _, err := os.Stat(old); !os.IsNotExist(err) {
			t.Errorf("what was to be removed is there (%v)", err)
		}
		if err := s.Remove(); err != nil {
			t.Error(err)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 2 {
		t.Errorf("%d entries are left, want 2", len(entries))
	}
}

// If one file of the set is missing, nothing is moved or removed.
func TestCommitThatFails(t *testing.T) {
	dir := t.TempDir()
	one := filepath.Join(dir, "one")
	if err := os.WriteFile(one, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := begin(t, dir)
	err := s.Commit(File{To: one}, File{finished(t, s, "a", "new"), one, 0o644}, File{filepath.Join(s.Path, "none"), filepath.Join(dir, "two"), 0o644})
	if !errors.Is(err, os.ErrNotExist) || content(t, one) != "old" {
		t.Errorf("error is %v, content is %q", err, content(t, one))
	}
}

// A killed process leaves a stage that no process has locked.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	kept := filepath.Join(dir, "kept")
	leave := func() string {
		s, err := Begin(dir)
		if err != nil {
			t.Fatal(err)
		}
		finished(t, s, "half", "h")
		left := filepath.Join(dir, stageName+"-left")
		if err := os.CopyFS(left, os.DirFS(s.Path)); err != nil { // including the lock file
			t.Fatal(err)
		}
		if err := s.Remove(); err != nil {
			t.Fatal(err)
		}
		return left
	}
	leave()
	if err := Write(kept, 0o644, text("x")); err != nil {
		t.Fatal(err)
	}
	alone(t, kept)
	used := begin(t, dir)
	left := leave()
	Sweep(dir)
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("what a killed process left is there (%v)", err)
	}
	if _, err := os.Stat(used.Path); err != nil {
		t.Errorf("a stage in use is gone: %v", err)
	}
	Sweep(filepath.Join(dir, "none"))
}
