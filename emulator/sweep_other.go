//go:build !linux

package emulator

// sweep does nothing: no function runs directly on this system.
func sweep(string) {}
