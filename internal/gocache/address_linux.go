package gocache

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// maxPath is how long a socket's path can be in an address, in bytes (unix(7)).
const maxPath = 107

// address is that of a socket whose path may be longer. The caller calls close when it was
// used. A sandbox, where paths are short, has no /proc.
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
