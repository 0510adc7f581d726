package runtimeapi

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// PeerUID accepts connections of processes with the user id that uid returns,
// as this process sees it. uid may block until the id is known.
func PeerUID(uid func() int) func(net.Conn) error {
	return func(c net.Conn) error {
		got, err := peerUID(c)
		if err != nil {
			return fmt.Errorf("the peer's user is unknown: %w", err)
		}
		if want := uid(); got != want {
			return fmt.Errorf("user %d is not the function's", got)
		}
		return nil
	}
}

// peerUID looks up the user of the other end of a connection over the loopback
// interface: the socket whose local address is our remote one (proc(5),
// /proc/net/tcp). A closed end has no owner.
func peerUID(c net.Conn) (int, error) {
	peer, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return 0, err
	}
	own, err := netip.ParseAddrPort(c.LocalAddr().String())
	if err != nil {
		return 0, err
	}
	// A client whose socket is for both versions of IP is in the second table.
	for _, table := range []struct {
		name string
		row  func(netip.AddrPort) string
	}{{"/proc/net/tcp", procIPv4}, {"/proc/net/tcp6", procMapped}} {
		uid, found, err := findSocket(table.name, table.row(peer), table.row(own))
		if err != nil || found {
			return uid, err
		}
	}
	return 0, fmt.Errorf("no socket has the address %s", peer)
}

// findSocket returns the owner of the socket with the given addresses.
func findSocket(table, local, remote string) (uid int, found bool, err error) {
	f, err := os.Open(table)
	if os.IsNotExist(err) {
		return 0, false, nil // without IPv6 there is no second table
	}
	if err != nil {
		return 0, false, err
	}
	defer f.Close()
	rows := bufio.NewScanner(f)
	for rows.Scan() {
		if !strings.Contains(rows.Text(), local+" "+remote) {
			continue
		}
		// sl, local, remote, st, queues, timer, retrnsmt, uid, timeout, inode
		fields := strings.Fields(rows.Text())
		if len(fields) < 10 || fields[9] == "0" {
			return 0, false, nil
		}
		uid, err := strconv.ParseUint(fields[7], 10, 32)
		return int(uid), err == nil, err
	}
	return 0, false, rows.Err()
}

// procIPv4 is an address as the kernel prints it: the words of the address in
// the machine's byte order, and the port.
func procIPv4(a netip.AddrPort) string {
	b := a.Addr().Unmap().As4()
	return fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(b[:]), a.Port())
}

// procMapped is an IPv4-mapped IPv6 address, ::ffff:a.b.c.d, as the kernel prints it.
func procMapped(a netip.AddrPort) string {
	prefix := [4]byte{0, 0, 0xff, 0xff}
	return fmt.Sprintf("%016X%08X%s", 0, binary.NativeEndian.Uint32(prefix[:]), procIPv4(a))
}
