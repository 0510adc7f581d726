//go:build !unix

package emulator

import "github.com/bootzip/bootzip/emulator/internal/process"

// pause does nothing: this system has no signals for it.
func pause(process.Process) {}

// next waits for output and adds it to the log. It returns false at the end.
func (o *output) next() (more bool) {
	n, err := o.read.Read(o.buffer)
	if n > 0 {
		o.add(o.buffer[:n], nil)
	}
	return err == nil
}

// readNow reads nothing: a pipe of this system cannot be read without waiting. What a
// function prints last may be logged after the platform's line of the end.
func readNow(uintptr, []byte) (n int, again bool) { return 0, false }
