package runtimeapi

import (
	"bufio"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// maxHead bounds the head of a request, in bytes. The cause for X-Ray, in a
	// header, may have nearly 1 MiB.
	maxHead = 1<<20 + 64<<10

	// maxRest is what is read of a body that nobody wanted, in bytes, so that the
	// connection can be used again.
	maxRest = 256 << 10

	// buffered is what a connection reads at once, in bytes. The trailers of a request have to
	// fit, and one of them is an error with its stack.
	buffered = 64 << 10

	// maxCopied is what is sent together with its head, in bytes: copying is
	// cheaper than to write twice.
	maxCopied = 16 << 10
)

// linger is how long a runtime has to read why its connection is closed.
const linger = 500 * time.Millisecond

var buffers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, buffered) }}

// A connection is one of the runtime's. A goroutine of its own reads requests; responses are
// written by that, or, to a request that waits for an event, by who brings one.
type connection struct {
	server *Server
	net    net.Conn
	in     *bufio.Reader
	left   int64 // bytes that may still be read
	rest   bool  // there may be more to read than was wanted

	mu   sync.Mutex // of what is written
	out  []byte
	last bool // the request that is being answered is the last one
}

func (s *Server) accept() {
	for {
		n, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(5 * time.Millisecond) // too many descriptors are open, for instance
			continue
		}
		c := &connection{server: s, net: n, in: buffers.Get().(*bufio.Reader)}
		c.in.Reset(c)
		s.mu.Lock()
		s.connections[c] = struct{}{}
		if s.closed {
			n.Close()
		}
		s.mu.Unlock()
		go c.serve()
	}
}

// Read reads from the network what may still be read.
func (c *connection) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, io.EOF
	}
	n, err := c.net.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

func (c *connection) serve() {
	for c.next() {
	}
	if tcp, ok := c.net.(*net.TCPConn); ok && c.rest {
		// To close with something unread would take the response back.
		_ = tcp.CloseWrite()
		_ = tcp.SetReadDeadline(time.Now().Add(linger))
		_, _ = io.CopyN(io.Discard, tcp, maxRest)
	}
	c.net.Close()
	c.server.leave(c)
	c.in.Reset(nil)
	buffers.Put(c.in)
}

// next reads a request and has it answered. It returns whether there may be another one.
func (c *connection) next() bool {
	c.left = maxHead
	r, err := http.ReadRequest(c.in)
	if c.server.forget(c) {
		// It left while it waited for an event, or did not wait for it: then
		// nothing can be told apart any more.
		return false
	}
	switch {
	case err != nil && c.left <= 0:
		c.rest = true
		c.plain(http.StatusRequestHeaderFieldsTooLarge)
		return false
	case err == io.EOF || errors.Is(err, net.ErrClosed):
		return false
	case err != nil:
		c.rest = true
		c.plain(http.StatusBadRequest)
		return false
	}
	c.left = math.MaxInt64
	c.mu.Lock()
	c.last = r.Close
	c.mu.Unlock()
	if r.ContentLength != 0 && strings.EqualFold(r.Header.Get("Expect"), "100-continue") {
		c.write([]byte("HTTP/1.1 100 Continue\r\n\r\n"))
	}
	c.server.route(c, r)
	if r.ContentLength != 0 {
		n, err := io.CopyN(io.Discard, r.Body, maxRest)
		if n == maxRest || err != nil && err != io.EOF {
			c.rest = true
			return false
		}
	}
	return !r.Close || c.server.parked(c)
}

// write writes what is complete.
func (c *connection) write(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = c.net.Write(b) // that it failed shows when the next request is read
}

// respond answers a request with a JSON document. Headers come as name and
// value in turn.
func (c *connection) respond(status int, body []byte, headers ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.head(status, "application/json", len(body))
	for i := 0; i+1 < len(headers); i += 2 {
		c.header(headers[i], headers[i+1])
	}
	c.out = append(c.out, "\r\n"...)
	c.out = append(c.out, body...)
	_, _ = c.net.Write(c.out)
}

// plain answers a request with a status and its text.
func (c *connection) plain(status int, headers ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := http.StatusText(status) + "\n"
	c.head(status, "text/plain; charset=utf-8", len(text))
	for i := 0; i+1 < len(headers); i += 2 {
		c.header(headers[i], headers[i+1])
	}
	c.out = append(append(c.out, "\r\n"...), text...)
	_, _ = c.net.Write(c.out)
}

// head begins a response in c.out; c.mu is held.
func (c *connection) head(status int, contentType string, length int) {
	c.out = append(c.out[:0], "HTTP/1.1 "...)
	c.out = strconv.AppendInt(c.out, int64(status), 10)
	c.out = append(append(c.out, ' '), http.StatusText(status)...)
	c.out = append(append(c.out, "\r\nContent-Type: "...), contentType...)
	c.out = append(c.out, "\r\nContent-Length: "...)
	c.out = strconv.AppendInt(c.out, int64(length), 10)
	c.out = append(c.out, "\r\n"...)
	if c.last {
		c.out = append(c.out, "Connection: close\r\n"...)
	}
}

// header adds one to the head. A line's end in its value would be the end of it.
func (c *connection) header(name, value string) {
	c.out = append(append(append(c.out, name...), ": "...), value...)
	for i := len(c.out) - len(value); i < len(c.out); i++ {
		if b := c.out[i]; b == '\r' || b == '\n' || b == 0 {
			c.out[i] = ' '
		}
	}
	c.out = append(c.out, "\r\n"...)
}

// event answers a request for the next event.
func (c *connection) event(e *Event) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.head(http.StatusOK, "application/json", len(e.Payload))
	c.header("Lambda-Runtime-Aws-Request-Id", e.ID)
	c.out = append(c.out, "Lambda-Runtime-Deadline-Ms: "...)
	c.out = strconv.AppendInt(c.out, e.Deadline.UnixMilli(), 10)
	c.out = append(c.out, "\r\n"...)
	c.header("Lambda-Runtime-Invoked-Function-Arn", e.ARN)
	c.header("Lambda-Runtime-Trace-Id", e.Trace)
	for _, h := range [][2]string{
		{"Lambda-Runtime-Client-Context", e.ClientContext},
		{"Lambda-Runtime-Cognito-Identity", e.Cognito},
		{"Lambda-Runtime-Aws-Tenant-Id", e.Tenant},
	} {
		if h[1] != "" {
			c.header(h[0], h[1])
		}
	}
	c.out = append(c.out, "\r\n"...)
	// Whoever brings the event writes it, and must not wait longer than the function may take. What is
	// small fits into the empty buffer of a connection that waits.
	whole := len(e.Payload) <= maxCopied
	if !whole {
		_ = c.net.SetWriteDeadline(e.Deadline)
		defer func() { _ = c.net.SetWriteDeadline(time.Time{}) }()
	}
	var err error
	if whole {
		c.out = append(c.out, e.Payload...)
		_, err = c.net.Write(c.out)
	} else {
		_, err = (&net.Buffers{c.out, e.Payload}).WriteTo(c.net)
	}
	if c.last {
		c.net.Close() // who reads it gets it all, and then its end
	}
	return err
}
