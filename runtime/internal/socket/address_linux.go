//go:build linux && (amd64 || arm64)

package socket

import (
	"errors"
	"strconv"
	"syscall"
)

// hostsFile is read for names that are not addresses (hosts(5)).
const hostsFile = "/etc/hosts"

// resolve turns "HOST:PORT" into the address that connect(2) takes.
func resolve(address string) (syscall.Sockaddr, int, error) {
	colon := len(address) - 1
	for colon >= 0 && address[colon] != ':' {
		colon--
	}
	if colon < 0 {
		return nil, 0, &Error{Op: "resolve", Address: strconv.Quote(address), Err: errors.New("address has no port")}
	}
	host := address[:colon]
	port, err := strconv.ParseUint(address[colon+1:], 10, 16)
	if err != nil {
		return nil, 0, &Error{Op: "resolve", Address: strconv.Quote(address), Err: errors.New("port is not a number from 0 to 65535")}
	}
	if n := len(host); n >= 2 && host[0] == '[' && host[n-1] == ']' {
		host = host[1 : n-1]
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if sa, family := sockaddr(host, int(port)); sa != nil {
		return sa, family, nil
	}
	if found := lookup(readFile(hostsFile), host); found != "" {
		if sa, family := sockaddr(found, int(port)); sa != nil {
			return sa, family, nil
		}
	}
	return nil, 0, &Error{Op: "resolve", Address: strconv.Quote(address),
		Err: errors.New("host is neither an IP address nor a name of " + hostsFile)}
}

func sockaddr(host string, port int) (syscall.Sockaddr, int) {
	if a, ok := parseIPv4(host); ok {
		return &syscall.SockaddrInet4{Port: port, Addr: a}, syscall.AF_INET
	}
	if a, ok := parseIPv6(host); ok {
		return &syscall.SockaddrInet6{Port: port, Addr: a}, syscall.AF_INET6
	}
	return nil, 0
}

// parseIPv4 reads four decimal numbers, separated by dots (RFC 3986, section 3.2.2,
// IPv4address).
func parseIPv4(s string) (a [4]byte, ok bool) {
	for i := range a {
		end := 0
		for end < len(s) && s[end] != '.' {
			end++
		}
		v, err := strconv.ParseUint(s[:end], 10, 8)
		if err != nil || (end > 1 && s[0] == '0') || s[0] == '+' {
			return a, false
		}
		a[i] = byte(v)
		s = s[end:]
		if i < 3 {
			if s == "" {
				return a, false
			}
			s = s[1:]
		}
	}
	return a, s == ""
}

// parseIPv6 reads groups of hexadecimal digits, separated by colons; one run of zeros may be
// "::" (RFC 4291, section 2.2, forms 1 and 2).
func parseIPv6(s string) (a [16]byte, ok bool) {
	n, gap := 0, -1
	if len(s) >= 2 && s[:2] == "::" {
		gap, s = 0, s[2:]
	}
	for s != "" {
		end := 0
		for end < len(s) && s[end] != ':' {
			end++
		}
		v, err := strconv.ParseUint(s[:end], 16, 16)
		if err != nil || end > 4 || n == 16 {
			return a, false
		}
		a[n], a[n+1] = byte(v>>8), byte(v)
		n += 2
		s = s[end:]
		if s == "" {
			break
		}
		s = s[1:]
		if s == "" {
			return a, false // a lone colon at the end
		}
		if s[0] == ':' {
			if gap >= 0 {
				return a, false
			}
			gap, s = n, s[1:]
		}
	}
	if gap < 0 {
		return a, n == 16
	}
	if n == 16 {
		return a, false
	}
	tail := n - gap
	copy(a[16-tail:], a[gap:n])
	clear(a[gap : 16-tail])
	return a, true
}

// lookup returns the address of a name in the text of a hosts file; "" if there is none.
func lookup(hosts, name string) string {
	for hosts != "" {
		line := hosts
		if i := index(hosts, '\n'); i >= 0 {
			line, hosts = hosts[:i], hosts[i+1:]
		} else {
			hosts = ""
		}
		if i := index(line, '#'); i >= 0 {
			line = line[:i]
		}
		address, rest := field(line)
		for {
			var alias string
			alias, rest = field(rest)
			if alias == "" {
				break
			}
			if alias == name {
				return address
			}
		}
	}
	return ""
}

// field cuts the first word off a line.
func field(s string) (word, rest string) {
	start := 0
	for start < len(s) && (s[start] == ' ' || s[start] == '\t' || s[start] == '\r') {
		start++
	}
	end := start
	for end < len(s) && s[end] != ' ' && s[end] != '\t' && s[end] != '\r' {
		end++
	}
	return s[start:end], s[end:]
}

func index(s string, c byte) int {
	for i := range len(s) {
		if s[i] == c {
			return i
		}
	}
	return -1
}

// readFile returns the first 64 KiB of a file. It returns nothing if the file cannot be
// read, since a name is then simply unknown.
func readFile(name string) string {
	fd, err := syscall.Open(name, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer syscall.Close(fd)
	buf := make([]byte, 64<<10)
	n := 0
	for n < len(buf) {
		m, err := syscall.Read(fd, buf[n:])
		if err == syscall.EINTR {
			continue
		}
		if err != nil || m <= 0 {
			break
		}
		n += m
	}
	return string(buf[:n])
}
