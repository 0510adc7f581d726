// Package fulldisk gives tests a directory on a small disk that is soon full.
package fulldisk

import (
	"syscall"
	"testing"
)

// Dir returns a directory on a file system of its own with room for size bytes
// (rounded up to pages), until the test ends. It returns false if the caller may not
// mount one, which needs root.
func Dir(t testing.TB, size string) (string, bool) {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=755,size="+size); err != nil {
		return "", false
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("%s: %v", dir, err)
		}
	})
	return dir, true
}
