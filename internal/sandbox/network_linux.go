package sandbox

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// APIAddress is where Start listens in a network of the sandbox's own: the
// port is Lambda's.
const APIAddress = "127.0.0.1:9001"

// listenInside brings up the loopback interface of this network namespace,
// and listens there. It returns a descriptor for the caller of Start.
func listenInside() (int, error) {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("loopback interface: %w", err)
	}
	defer unix.Close(s)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return -1, err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, lo); err != nil {
		return -1, fmt.Errorf("loopback interface: %w", err)
	}
	l, err := net.Listen("tcp4", APIAddress)
	if err != nil {
		return -1, err
	}
	defer l.Close()
	file, err := l.(*net.TCPListener).File()
	if err != nil {
		return -1, err
	}
	defer file.Close()
	return unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
}
