//go:build !linux

package fulldisk

import "testing"

// Dir returns false: only Linux can mount such a file system.
func Dir(testing.TB, string) (string, bool) { return "", false }
