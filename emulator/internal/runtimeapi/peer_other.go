//go:build !linux

package runtimeapi

import "net"

// PeerUID returns nil, so that every connection is accepted: only on Linux is its user
// looked up.
func PeerUID(func() int) func(net.Conn) error { return nil }
