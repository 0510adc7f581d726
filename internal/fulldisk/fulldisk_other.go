//go:build !linux

package fulldisk

import "testing"

// Dir is false: a disk of one's own is had on Linux only.
func Dir(testing.TB, string) (string, bool) { return "", false }
