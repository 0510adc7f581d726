package gocache

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// maxPath is the longest path in a socket's address, in bytes (unix(7)).
const maxPath = 107

// address returns the address of a socket, whose path may be longer than maxPath. The caller
// calls close after using it. A sandbox has no /proc, but its paths are short.
func address(socket string) (a *net.UnixAddr, close func() error, err error) {
	if len(socket) <= maxPath {
		return &net.UnixAddr{Name: socket, Net: "unix"}, func() error { return nil }, nil
	}
	dir, err := os.Open(filepath.Dir(socket))
	if err != nil {
		return nil, nil, err
	}
	return &net.UnixAddr{Name: fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(socket)), Net: "unix"}, dir.Close, nil
}
