//go:build !linux

package emulator

// sweep does nothing: no function runs directly on this system.
func sweep(string) {}

// noPrograms reports false: functions run in containers.
func noPrograms(string) bool { return false }
