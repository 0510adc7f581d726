//go:build !linux

package runtimeapi

import "net"

// PeerUID accepts every connection: on this system no function runs.
func PeerUID(func() int) func(net.Conn) error { return nil }
