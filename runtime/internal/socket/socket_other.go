//go:build !linux || !(amd64 || arm64)

package socket

import (
	"io"
	"net"
)

// A Conn is one TCP connection.
type Conn struct {
	c net.Conn
}

// Dial connects to address, "HOST:PORT", without a time-out of its own.
func Dial(address string) (*Conn, error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, &Error{Op: "connect to", Address: address, Err: err}
	}
	return &Conn{c: c}, nil
}

// Read reads what has arrived, at least one byte, into p. It blocks without limit, since
// Lambda freezes the process while there is no event. The end of the connection is io.EOF.
func (c *Conn) Read(p []byte) (int, error) { return c.c.Read(p) }

// ReadFull reads until p is full. It returns how much was read, even after an error.
func (c *Conn) ReadFull(p []byte) (int, error) {
	n, err := io.ReadFull(c.c, p)
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	return n, err
}

// Write writes all of p.
func (c *Conn) Write(p []byte) error {
	_, err := c.c.Write(p)
	return err
}

// WriteParts writes all of head, body and tail, one after the other, without copying them
// into one buffer.
func (c *Conn) WriteParts(head, body, tail []byte) error {
	parts := net.Buffers{head, body, tail}
	_, err := parts.WriteTo(c.c)
	return err
}

// Interrupt makes a Read that blocks in another goroutine, and every later
// call, return an error.
func (c *Conn) Interrupt() { _ = c.c.Close() }

// Close closes the connection.
func (c *Conn) Close() { _ = c.c.Close() }
