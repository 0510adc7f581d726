//go:build !unix

package emulator

import "errors"

// readNow is not possible on this system, where no function runs.
func readNow(uintptr, []byte) (n int, again bool, err error) {
	return 0, false, errors.ErrUnsupported
}
