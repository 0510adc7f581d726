//go:build !unix

package emulator

import "github.com/bootzip/bootzip/emulator/internal/process"

// pause does nothing: this system has no signals for it.
func pause(process.Process) {}
