//go:build unix

package pack

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Nothing writes to the pipe, so opening it would block forever.
func TestPipe(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o644); err != nil {
		t.Fatal(err)
	}
	err := Write(context.Background(), filepath.Join(dir, "function.zip"), []Entry{{Name: "x", File: pipe}})
	if err == nil {
		t.Error("a pipe was packed")
	}
	if _, _, err := ContentDigest([]Entry{{Name: "x", File: pipe}}); err == nil {
		t.Error("a pipe has a digest")
	}
}

// Other users must be able to read a zip, whatever the umask was when it was made.
func TestUmask(t *testing.T) {
	entries := goldenEntries(t)
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	info, err := os.Stat(write(t, entries))
	if err != nil || info.Mode() != 0o644 {
		t.Errorf("mode is %v (%v)", info.Mode(), err)
	}
}
