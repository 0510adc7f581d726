//go:build linux

package attack

import "golang.org/x/sys/unix"

// ports are ways to the machine's input and output.
func ports() []Attempt {
	return []Attempt{
		{ID: "iopl", What: "reaches all ports of the machine (iopl)", Try: func(Target) error { return unix.Iopl(3) }},
		{ID: "ioperm", What: "reaches ports of the machine (ioperm)", Try: func(Target) error { return unix.Ioperm(0x80, 1, 1) }},
	}
}
