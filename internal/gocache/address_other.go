//go:build !linux

package gocache

import "net"

func address(socket string) (a *net.UnixAddr, close func() error, err error) {
	return &net.UnixAddr{Name: socket, Net: "unix"}, func() error { return nil }, nil
}
