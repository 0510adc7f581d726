//go:build linux

package attack

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// sockets are ways into networks and to servers on the host.
func sockets() []Attempt {
	return []Attempt{
		{ID: "tcp-loopback", What: "reaches a port of the host's loopback interface", Try: func(t Target) error { return dial("tcp", t.TCP) }},
		{ID: "tcp-address", What: "reaches a port of another interface of the host", Try: func(t Target) error { return dial("tcp", t.Address) }},
		{ID: "unix-abstract", What: "reaches an abstract Unix socket of the host", Try: func(t Target) error {
			if t.Abstract == "" {
				return errAbsent
			}
			return dial("unix", "@"+t.Abstract)
		}},
		{ID: "unix-path", What: "reaches a Unix socket of the host by its path", Try: func(t Target) error { return dial("unix", t.Socket) }},
		{ID: "api-neighbour", What: "gets an answer from another instance's Runtime API", Try: func(t Target) error {
			if t.Own == "127.0.0.1:9001" && t.Neighbour == t.Own { // in a network of its own, this is its own address
				return errors.New("the neighbour cannot be told from itself")
			}
			return ask(t.Neighbour, "Host: "+t.Neighbour)
		}},
		{ID: "api-host", What: "gets an answer from its Runtime API under a foreign host name", Try: func(t Target) error { return ask(t.Own, "Host: attacker.example") }},
		{ID: "api-origin", What: "gets an answer from its Runtime API as a web page of another origin", Try: func(t Target) error {
			return ask(t.Own, "Host: "+t.Own, "Origin: https://attacker.example")
		}},
		{ID: "api-fetch-site", What: "gets an answer from its Runtime API as a cross-site request of a browser", Try: func(t Target) error {
			return ask(t.Own, "Host: "+t.Own, "Sec-Fetch-Site: cross-site")
		}},
		{ID: "bind-privileged", What: "listens on a port below 1024", Try: func(Target) error {
			l, err := net.Listen("tcp", "127.0.0.1:883")
			if err != nil {
				return err
			}
			return l.Close()
		}},
		{ID: "socket-raw", What: "opens a raw socket", Try: func(Target) error { return socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP) }},
		{ID: "socket-packet", What: "opens a packet socket", Try: func(Target) error { return socket(unix.AF_PACKET, unix.SOCK_RAW, 0) }},
		{ID: "socket-vsock", What: "opens a socket to the hypervisor", Try: func(Target) error { return socket(unix.AF_VSOCK, unix.SOCK_STREAM, 0) }},
		{ID: "socket-alg", What: "opens a socket to the kernel's crypto API", Try: func(Target) error { return socket(unix.AF_ALG, unix.SOCK_SEQPACKET, 0) }},
		{ID: "socket-xdp", What: "opens an XDP socket", Try: func(Target) error { return socket(unix.AF_XDP, unix.SOCK_RAW, 0) }},
		{ID: "socket-key", What: "opens a socket to manage the kernel's IPsec keys", Try: func(Target) error { return socket(unix.AF_KEY, unix.SOCK_RAW, 2) }},
		{ID: "socket-mark", What: "sets a mark on its packets", Try: func(Target) error {
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				return err
			}
			defer unix.Close(fd)
			return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_MARK, 1)
		}},
		{ID: "netlink-uevent", What: "listens to the kernel's messages about devices", Try: func(Target) error { return netlink(unix.NETLINK_KOBJECT_UEVENT, 1, nil) }},
		{ID: "netlink-audit", What: "opens a socket to the kernel's audit subsystem", Try: func(Target) error { return netlink(unix.NETLINK_AUDIT, 1, nil) }},
		{ID: "netlink-netfilter", What: "lists the tables of the packet filter", Try: func(Target) error {
			// nfgenmsg of family unspecified, version 0.
			const listTables = unix.NFNL_SUBSYS_NFTABLES<<8 | unix.NFT_MSG_GETTABLE
			return netlink(unix.NETLINK_NETFILTER, 0, message(listTables, unix.NLM_F_DUMP, make([]byte, 4)))
		}},
		{ID: "netlink-link", What: "configures a network interface", Try: func(Target) error {
			info := make([]byte, unix.SizeofIfInfomsg) // changes no flags
			binary.NativeEndian.PutUint32(info[4:], 1) // the loopback interface
			return netlink(unix.NETLINK_ROUTE, 0, message(unix.RTM_NEWLINK, 0, info))
		}},
		{ID: "netlink-address", What: "adds an address to a network interface", Try: func(Target) error {
			info := []byte{unix.AF_INET, 8, 0, 0, 1, 0, 0, 0}
			local := []byte{8, 0, unix.IFA_LOCAL, 0, 127, 0, 0, 1}
			err := netlink(unix.NETLINK_ROUTE, 0, message(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_EXCL, append(info, local...)))
			return past(err, unix.EEXIST)
		}},
	}
}

func dial(network, address string) error {
	if address == "" {
		return errAbsent
	}
	c, err := net.DialTimeout(network, address, 2*time.Second)
	if err != nil {
		return err
	}
	return c.Close()
}

// ask sends a Runtime API a request that changes nothing. Any answer except a
// refusal means that the API accepted the request.
func ask(address string, headers ...string) error {
	if address == "" {
		return errAbsent
	}
	c, err := net.DialTimeout("tcp", address, 2*time.Second)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := fmt.Fprintf(c, "GET /2018-06-01/runtime/nothing HTTP/1.1\r\n%s\r\nConnection: close\r\n\r\n", strings.Join(headers, "\r\n")); err != nil {
		return err
	}
	status, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		return err
	}
	for _, refusal := range []string{" 400 ", " 401 ", " 403 ", " 421 "} {
		if strings.Contains(status, refusal) {
			return fmt.Errorf("refused: %s", strings.TrimSpace(status))
		}
	}
	return nil
}

func socket(family, kind, protocol int) error {
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, protocol)
	return closeIf(fd, err)
}

// message makes a netlink message that requests an acknowledgement (netlink(7)).
func message(kind, flags uint16, body []byte) []byte {
	m := make([]byte, unix.SizeofNlMsghdr, unix.SizeofNlMsghdr+len(body))
	binary.NativeEndian.PutUint32(m, uint32(cap(m)))
	binary.NativeEndian.PutUint16(m[4:], kind)
	binary.NativeEndian.PutUint16(m[6:], flags|unix.NLM_F_REQUEST|unix.NLM_F_ACK)
	return append(m, body...)
}

// netlink joins groups, sends a message if there is one, and returns the error
// that the kernel answers with.
func netlink(family int, groups uint32, m []byte) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, family)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil || m == nil {
		return err
	}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 2}); err != nil {
		return err
	}
	if err := unix.Sendto(fd, m, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	answer := make([]byte, 1<<16)
	n, _, err := unix.Recvfrom(fd, answer, 0)
	if err != nil {
		return err
	}
	if n >= unix.SizeofNlMsghdr+4 && binary.NativeEndian.Uint16(answer[4:]) == unix.NLMSG_ERROR {
		return errno(unix.Errno(-int32(binary.NativeEndian.Uint32(answer[unix.SizeofNlMsghdr:]))))
	}
	return nil
}
