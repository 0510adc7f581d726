package gocache

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// address is that of a socket whose path may be longer than the 107 bytes that fit into
// one (unix(7)). The caller calls close when it was used.
func address(socket string) (a *net.UnixAddr, close func() error, err error) {
	dir, err := os.Open(filepath.Dir(socket))
	if err != nil {
		return nil, nil, err
	}
	return &net.UnixAddr{Name: fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(socket)), Net: "unix"}, dir.Close, nil
}
