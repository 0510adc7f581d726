//go:build unix

package emulator

import (
	"syscall"

	"github.com/bootzip/bootzip/emulator/internal/process"
)

// pause stops and resumes a process, as a snapshot does.
func pause(p process.Process) {
	p.Signal(syscall.SIGSTOP)
	p.Signal(syscall.SIGCONT)
}
