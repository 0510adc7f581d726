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

// next waits for output and adds it to the log. It returns false at the end.
func (o *output) next() (more bool) {
	err := o.pipe.Read(func(fd uintptr) bool {
		n, again := o.take(fd)
		more = n > 0
		return !again
	})
	return err == nil && more
}

// readNow reads from a non-blocking descriptor. Without any bytes, again reports that there
// is nothing to read at the moment; otherwise there will be nothing more.
func readNow(fd uintptr, p []byte) (n int, again bool) {
	for {
		n, err := syscall.Read(int(fd), p)
		if err != syscall.EINTR {
			return n, err == syscall.EAGAIN
		}
	}
}
