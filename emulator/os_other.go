//go:build !unix

package emulator

import "github.com/bootzip/bootzip/emulator/internal/process"

// pause does nothing: this system has no signals for it.
func pause(process.Process) {}

// readNow is not implemented on this system: it reports that there is nothing to read, so
// output is not logged.
func readNow(uintptr, []byte) (n int, again bool) { return 0, false }
