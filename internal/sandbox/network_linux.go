package sandbox

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// listenInside brings up the loopback interface of this network namespace, and
// returns the descriptor of a listener there, for the caller of Start.
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
	l, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("listener: %w", err)
	}
	address := netip.MustParseAddrPort(APIAddress)
	err = unix.Bind(l, &unix.SockaddrInet4{Addr: address.Addr().As4(), Port: int(address.Port())})
	if err == nil {
		err = unix.Listen(l, unix.SOMAXCONN)
	}
	if err != nil {
		unix.Close(l)
		return -1, fmt.Errorf("listener at %s: %w", APIAddress, err)
	}
	return l, nil
}
