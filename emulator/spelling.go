package emulator

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/textproto"
	"sync"
)

// maxSpelled bounds how much of a request's head is kept, in bytes.
const maxSpelled = 64 << 10

// A spelledConn keeps the head of the current request: net/http has only canonical
// names of header fields, but a REST API passes them on as the client wrote them.
type spelledConn struct {
	net.Conn
	mu    sync.Mutex
	head  []byte
	whole bool
}

// Read implements net.Conn.
func (c *spelledConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.whole {
		from := max(0, len(c.head)-3)
		c.head = append(c.head, p[:n]...)
		c.whole = len(c.head) > maxSpelled || bytes.Contains(c.head[from:], []byte("\n\r\n")) || bytes.Contains(c.head[from:], []byte("\n\n"))
	}
	return n, err
}

// CloseWrite lets net/http close a connection so that the client can read the reason.
func (c *spelledConn) CloseWrite() error {
	if w, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return nil
}

// again prepares for the next request. If the client sent that request before it had the
// last answer, the head is lost, and the names are canonical.
func (c *spelledConn) again() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.head, c.whole = c.head[:0], false
}

// names returns the names of header fields that are not canonical, by canonical name.
func (c *spelledConn) names() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[string]string{}
	for line := range bytes.Lines(c.head) {
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
		name, _, ok := bytes.Cut(line, []byte(":"))
		if canonical := textproto.CanonicalMIMEHeaderKey(string(name)); ok && canonical != string(name) && all[canonical] == "" {
			all[canonical] = string(name)
		}
	}
	return all
}

// A spelledListener accepts connections that keep the heads of requests.
type spelledListener struct{ net.Listener }

func (l spelledListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &spelledConn{Conn: c}, nil
}

type spelledKey struct{}

// keepSpelling makes a server keep the names of header fields. It returns the listener
// to serve in place of l.
func keepSpelling(web *http.Server, l net.Listener) net.Listener {
	web.ConnContext = func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, spelledKey{}, c) }
	web.ConnState = func(c net.Conn, state http.ConnState) {
		if s, ok := c.(*spelledConn); ok && state == http.StateIdle {
			s.again()
		}
	}
	return spelledListener{l}
}

// spelling returns the names of a request's header fields as the client wrote them.
func spelling(r *http.Request) map[string]string {
	if c, ok := r.Context().Value(spelledKey{}).(*spelledConn); ok {
		return c.names()
	}
	return nil
}
