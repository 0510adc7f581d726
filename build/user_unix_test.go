//go:build unix

package build_test

import (
	"os"
	"syscall"
)

// isMine reports whether the file belongs to the user who runs the tests.
func isMine(info os.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(s.Uid) == os.Getuid()
}

// setUmask sets the umask and returns the old one.
func setUmask(mask int) int { return syscall.Umask(mask) }
