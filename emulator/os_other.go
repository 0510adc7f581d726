//go:build !unix

package emulator

import "github.com/bootzip/bootzip/emulator/internal/process"

// pause does nothing: this system has no signals for it.
func pause(process.Process) {}

// readNow is not possible on this system, where no function runs.
func readNow(uintptr, []byte) (n int, again bool) { return 0, false }
