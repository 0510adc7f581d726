//go:build linux

package attack

import "golang.org/x/sys/unix"

// ports are ways to reach the machine's I/O ports.
func ports() []Attempt {
	return []Attempt{
		{ID: "iopl", What: "reaches all of the machine's I/O ports (iopl)", Try: func(Target) error { return unix.Iopl(3) }},
		{ID: "ioperm", What: "reaches some of the machine's I/O ports (ioperm)", Try: func(Target) error { return unix.Ioperm(0x80, 1, 1) }},
	}
}
