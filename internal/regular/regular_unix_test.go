//go:build unix

package regular

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	err := errors.Join(
		os.WriteFile(in("file"), []byte("text"), 0o644), os.WriteFile(in("large"), nil, 0o644), os.Truncate(in("large"), maxSize+1),
		syscall.Mkfifo(in("pipe"), 0o644), os.Symlink("file", in("link")), os.Symlink("/dev/zero", in("zero")), os.Symlink("pipe", in("to-pipe")),
	)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"file": "text", "link": "text", "pipe": "not a regular file", "to-pipe": "not a regular file", "zero": "not a regular file", ".": "not a regular file",
		"large": "it has more than 67108864 bytes",
	} {
		data, err := ReadFile(in(name))
		if want == "text" && (err != nil || string(data) != want) || want != "text" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
	if err := os.Mkdir(in("below"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../file", in("below/out")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"out", "../file"} {
		if data, err := ReadFileIn(in("below"), name); err == nil {
			t.Errorf("%s leads out of the directory: %q", name, data)
		}
	}
	if data, err := ReadFileIn(dir, "below/out"); string(data) != "text" || err != nil {
		t.Errorf("within the directory: %q, %v", data, err)
	}
	if _, err := ReadFileIn(dir, "pipe"); err == nil {
		t.Error("a pipe was read")
	}
	if _, err := ReadFile(in("none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
}
