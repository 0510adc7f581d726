//go:build linux

package attack

import "golang.org/x/sys/unix"

// The architecture has no instructions for I/O ports.

func iopl() error   { return unix.ENOSYS }
func ioperm() error { return unix.ENOSYS }
