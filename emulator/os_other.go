//go:build !unix

package emulator

import (
	"errors"

	"github.com/bootzip/bootzip/emulator/internal/process"
)

// pause does nothing: this system has no signals for it.
func pause(process.Process) {}

// readNow is not possible on this system, where no function runs.
func readNow(uintptr, []byte) (n int, again bool, err error) {
	return 0, false, errors.ErrUnsupported
}
