//go:build unix

package emulator

import "syscall"

// readNow reads what is there of a descriptor that does not block; again tells that there
// is nothing at the moment.
func readNow(fd uintptr, p []byte) (n int, again bool, err error) {
	for {
		n, err = syscall.Read(int(fd), p)
		if err != syscall.EINTR {
			return n, err == syscall.EAGAIN, err
		}
	}
}
