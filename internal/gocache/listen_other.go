//go:build !linux

package gocache

import (
	"net"
	"path/filepath"
)

func listen(dir string) (*net.UnixListener, error) {
	return net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, socketName), Net: "unix"})
}
