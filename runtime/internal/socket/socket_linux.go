//go:build linux && (amd64 || arm64)

package socket

import (
	"io"
	"sync"
	"syscall"
	"unsafe"
)

// A Conn is one TCP connection.
type Conn struct {
	fd int

	mu     sync.Mutex // guards closed, so that Interrupt never meets a reused descriptor
	closed bool
}

// Dial connects to address, "HOST:PORT". HOST is an IPv4 address, an IPv6
// address in brackets, "localhost" or a name of /etc/hosts; no DNS server is
// asked. It has no time-out of its own.
func Dial(address string) (*Conn, error) {
	sa, family, err := resolve(address)
	if err != nil {
		return nil, err
	}
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, &Error{Op: "socket", Address: address, Err: err}
	}
	for {
		err = syscall.Connect(fd, sa)
		if err != syscall.EINTR && err != syscall.EALREADY {
			break
		}
	}
	if err != nil && err != syscall.EISCONN {
		syscall.Close(fd)
		return nil, &Error{Op: "connect to", Address: address, Err: err}
	}
	// Without it, the second small write of a stream waits for the peer's delayed
	// acknowledgement. If it is refused, that only costs time.
	_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
	return &Conn{fd: fd}, nil
}

// Read reads what has arrived, at least one byte, into p. It blocks without limit, since
// Lambda freezes the process while there is no event. The end of the connection is io.EOF.
func (c *Conn) Read(p []byte) (int, error) { return c.recv(p, 0) }

// ReadFull reads until p is full. It returns how much was read, even after an error.
func (c *Conn) ReadFull(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		// The kernel fills p in one call, unless a signal interrupts it.
		m, err := c.recv(p[n:], syscall.MSG_WAITALL)
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func (c *Conn) recv(p []byte, flags uintptr) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		n, _, errno := syscall.Syscall6(syscall.SYS_RECVFROM, uintptr(c.fd),
			uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), flags, 0, 0)
		switch {
		case errno == syscall.EINTR:
		case errno != 0:
			return 0, &Error{Op: "read", Err: errno}
		case n == 0:
			return 0, io.EOF
		default:
			return int(n), nil
		}
	}
}

// Write writes all of p.
func (c *Conn) Write(p []byte) error {
	for len(p) > 0 {
		// A short message fits into the socket's buffer, so the first attempt bypasses the
		// scheduler. Only if the buffer is full does the write have to wait.
		n, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(c.fd),
			uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)),
			syscall.MSG_NOSIGNAL|syscall.MSG_DONTWAIT, 0, 0)
		if errno == syscall.EAGAIN {
			n, _, errno = syscall.Syscall6(syscall.SYS_SENDTO, uintptr(c.fd),
				uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), syscall.MSG_NOSIGNAL, 0, 0)
		}
		if errno == syscall.EINTR {
			continue
		}
		if errno != 0 {
			return &Error{Op: "write", Err: errno}
		}
		p = p[n:]
	}
	return nil
}

// WriteParts writes all of head, body and tail, one after the other, without copying them
// into one buffer.
func (c *Conn) WriteParts(head, body, tail []byte) error {
	parts := [3][]byte{head, body, tail}
	for {
		var iov [3]syscall.Iovec
		count := 0
		for _, p := range parts {
			if len(p) > 0 {
				iov[count].Base = &p[0]
				iov[count].SetLen(len(p))
				count++
			}
		}
		if count == 0 {
			return nil
		}
		msg := syscall.Msghdr{Iov: &iov[0], Iovlen: uint64(count)}
		n, _, errno := syscall.Syscall(syscall.SYS_SENDMSG, uintptr(c.fd),
			uintptr(unsafe.Pointer(&msg)), syscall.MSG_NOSIGNAL)
		if errno == syscall.EINTR {
			continue
		}
		if errno != 0 {
			return &Error{Op: "write", Err: errno}
		}
		sent := int(n)
		for i := range parts {
			k := min(sent, len(parts[i]))
			parts[i] = parts[i][k:]
			sent -= k
		}
	}
}

// Interrupt makes a Read that blocks in another goroutine, and every later
// call, return an error.
func (c *Conn) Interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		_ = syscall.Shutdown(c.fd, syscall.SHUT_RDWR)
	}
}

// Close closes the connection.
func (c *Conn) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.closed = true
		_ = syscall.Close(c.fd)
	}
}
