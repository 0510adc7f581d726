//go:build unix

package verify

import (
	"archive/tar"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// In a sandbox the function runs as another user, and must be able to read the files,
// whatever the umask of the user who unpacks.
func TestUnpackIgnoresTheUmask(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	_, dir, err := unpacked(t, ociLayer{
		entries: []tar.Header{dirOf("app"), {Name: "app/start", Mode: 0o755}, dirOf("usr"), dirOf("usr/empty")}, content: map[string]string{"app/start": "#!"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".", "app", "app/start", "usr/empty", "etc", "tmp"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o755 {
			t.Errorf("%s has %v (%v)", name, info, err)
		}
	}
}
