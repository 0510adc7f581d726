//go:build unix

package build_test

import (
	"os"
	"syscall"
)

// isMine says whether the file belongs to who runs the tests.
func isMine(info os.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(s.Uid) == os.Getuid()
}

// setUmask returns the old one.
func setUmask(mask int) int { return syscall.Umask(mask) }
