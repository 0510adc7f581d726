package runtimeapi

import (
	"net"
	"net/http"
	"sync/atomic"
	"unicode/utf8"
)

// What a function sends is held in the memory of this process, which the function's memory
// size does not limit. These limits do.
const (
	// maxConnections is how many connections a server has at a time; more wait. One
	// process cannot have more on Lambda either, by its limit of descriptors.
	maxConnections = 1024

	// longRequest is the number of bytes, with the head, from which a request counts as
	// long. A server reads only a limited number of long requests at a time: one for each
	// event, plus longRequests.
	longRequest  = 8 << 10
	longRequests = 8

	// maxErrorText and maxErrorType bound an error that is not JSON, and an error's type,
	// in bytes. In JSON, a byte of text takes up to six.
	maxErrorText = 64 << 10
	maxErrorType = 256
)

// A limitedListener accepts connections that wait for a free place in the server before they
// read the rest of a long request.
type limitedListener struct {
	net.Listener
	server *Server
}

// Accept implements net.Listener.
func (l limitedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &limitedConn{Conn: c, server: l.server}, nil
}

type limitedConn struct {
	net.Conn
	server *Server
	read   atomic.Int64 // bytes of the current request
	long   atomic.Bool  // it has one of the places in server.long
}

// Read implements net.Conn. net/http has one Read at a time.
func (c *limitedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.read.Add(int64(n)) >= longRequest && !c.long.Load() {
		select {
		case c.server.long <- struct{}{}:
			c.long.Store(true)
		case <-c.server.life.Done():
			return 0, net.ErrClosed
		}
	}
	return n, err
}

// limit is called when the state of a connection changes. If the connection is idle, or no
// longer belongs to net/http, its request has ended.
func (s *Server) limit(conn net.Conn, state http.ConnState) {
	if state == http.StateNew || state == http.StateActive {
		return
	}
	c := conn.(*limitedConn)
	c.read.Store(0)
	if c.long.Swap(false) {
		<-s.long
	}
}

// Cut returns at most n bytes of a text, whole characters only.
func Cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
