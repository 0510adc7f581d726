//go:build linux

package attack

// ports are none: the architecture has no such instructions.
func ports() []Attempt { return nil }
