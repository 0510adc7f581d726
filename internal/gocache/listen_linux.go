package gocache

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// listen makes the socket in a directory, whose path may be longer than the 107 bytes that
// an address of a socket has (unix(7)).
func listen(dir string) (*net.UnixListener, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: fmt.Sprintf("/proc/self/fd/%d/%s", d.Fd(), socketName), Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // the path of the descriptor is gone by then
	return l, os.Chmod(filepath.Join(dir, socketName), 0o666)
}
