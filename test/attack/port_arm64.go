//go:build linux

package attack

// ports returns nothing: the architecture has no instructions for I/O ports.
func ports() []Attempt { return nil }
