//go:build unix

package build_test

import "syscall"

// setUmask returns the old one.
func setUmask(mask int) int { return syscall.Umask(mask) }
