package emulator

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A web serves the clients of one listener. Most requests are for Invoke, come in one piece and
// keep their connection; these are answered by the goroutine that reads the connection. net/http, which takes another
// goroutine and twice the time to be ready for everything, gets a connection with all that it
// has sent once a request comes that is different: then it is a [net.Listener] for that.
type web struct {
	server   *Server
	listener net.Listener
	http     http.Server
	handed   chan net.Conn
	closed   chan struct{}

	mu      sync.Mutex
	clients map[*client]bool // whether a request is being answered
	quiet   sync.WaitGroup   // clients
}

// headTime is how long a client may take to send the head of a request.
const headTime = 10 * time.Second

// Serve answers the clients that connect to l, until l or the server is closed. Then its error is
// http.ErrServerClosed.
func (s *Server) Serve(l net.Listener) error {
	w := &web{server: s, listener: l, handed: make(chan net.Conn), closed: make(chan struct{}), clients: map[*client]bool{}}
	w.http = http.Server{Handler: s, ReadHeaderTimeout: headTime}
	s.mu.Lock()
	closed := s.closed
	s.webs = append(s.webs, w)
	s.mu.Unlock()
	if closed {
		l.Close()
		return http.ErrServerClosed
	}
	go func() { _ = w.http.Serve(w) }()
	for {
		n, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return http.ErrServerClosed
		case err != nil:
			time.Sleep(5 * time.Millisecond) // too many descriptors are open, for instance
		default:
			w.add(&client{Conn: n, web: w, in: bufio.NewReaderSize(n, 16<<10), again: true})
		}
	}
}

// Accept implements net.Listener.
func (w *web) Accept() (net.Conn, error) {
	select {
	case n := <-w.handed:
		return n, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

// Addr implements net.Listener.
func (w *web) Addr() net.Addr { return w.listener.Addr() }

// Close implements net.Listener. Who waits for the answer to a request gets it.
func (w *web) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.closed:
		return nil
	default:
	}
	close(w.closed)
	for c, busy := range w.clients {
		if !busy {
			c.Close()
		}
	}
	return w.listener.Close()
}

// shutdown waits for requests that are being answered, until ctx is done.
func (w *web) shutdown(ctx context.Context) {
	over := w.http.Shutdown(ctx) // calls Close
	_ = w.Close()
	quiet := make(chan struct{})
	go func() {
		w.quiet.Wait()
		close(quiet)
	}()
	select {
	case <-quiet:
	case <-ctx.Done():
	}
	if over != nil {
		w.http.Close()
	}
	w.mu.Lock()
	for c := range w.clients {
		c.Close()
	}
	w.mu.Unlock()
}

func (w *web) add(c *client) {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.closed:
		c.Close()
	default:
		w.clients[c] = false
		w.quiet.Add(1)
		go c.serve()
	}
}

// busy notes whether a client waits for an answer. It returns false where there shall be no further request.
func (w *web) busy(c *client, busy bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.closed:
		return false
	default:
		w.clients[c] = busy
		return true
	}
}

// A client is a connection to one. To net/http, it is one that begins with what was read already.
type client struct {
	net.Conn
	web  *web
	in   *bufio.Reader
	out  []byte
	head http.Header
	body bytes.Buffer

	answering sync.Mutex // held from a request to the end of its response
	status    int
	again     bool      // there may be another request
	renewed   time.Time // when the time for writing was
}

// Read implements net.Conn for net/http.
func (c *client) Read(p []byte) (int, error) {
	if c.in.Buffered() > 0 {
		return c.in.Read(p)
	}
	return c.Conn.Read(p)
}

func (c *client) serve() {
	defer c.web.quiet.Done()
	simple := true
	for simple {
		_, err := c.in.Peek(1)
		c.answering.Lock() // the response before is out
		if err != nil || !c.again || !c.web.busy(c, true) {
			break
		}
		if simple = c.simple(); simple {
			c.answer()
		}
	}
	c.web.mu.Lock()
	delete(c.web.clients, c)
	c.web.mu.Unlock()
	if !simple {
		_ = c.SetWriteDeadline(time.Time{})
		select {
		case c.web.handed <- c:
			return
		case <-c.web.closed:
		}
	}
	c.Close()
}

// simple tells whether the next request is one for Invoke whose head is there.
func (c *client) simple() bool {
	there, _ := c.in.Peek(c.in.Buffered())
	line, _, _ := bytes.Cut(there, []byte("\r\n"))
	return bytes.HasPrefix(line, []byte("POST "+functionsPath+"/")) && bytes.HasSuffix(line, []byte(" HTTP/1.1")) &&
		bytes.Contains(line, []byte("/invocations")) && bytes.Contains(there, []byte("\r\n\r\n"))
}

// answer has the next request answered. It may return before; then c.answering is locked.
func (c *client) answer() {
	c.head, c.status = http.Header{}, http.StatusOK
	c.body.Reset()
	w := answerWriter{c}
	r, err := http.ReadRequest(c.in)
	if err != nil {
		c.again = false
		w.WriteHeader(http.StatusBadRequest)
		c.send()
		return
	}
	if r.ContentLength != 0 && strings.EqualFold(r.Header.Get("Expect"), "100-continue") {
		_, _ = io.WriteString(c.Conn, "HTTP/1.1 100 Continue\r\n\r\n")
	}
	s := c.web.server
	done := func() {
		// A body was read whole, but for one that is too large.
		rest, err := io.CopyN(io.Discard, r.Body, 1<<20)
		c.again = c.again && !r.Close && rest < 1<<20 && err == io.EOF
		// This goroutine may be the function's.
		if c.body.Len() > maxAtOnce {
			go c.send()
		} else {
			c.send()
		}
	}
	rest, _ := strings.CutPrefix(r.URL.Path, functionsPath+"/")
	name, ok := strings.CutSuffix(rest, "/invocations")
	if !ok || strings.Contains(name, "/") || s.foreign(r) != "" {
		s.ServeHTTP(w, r) // says why not
		done()
		return
	}
	r.SetPathValue("name", name)
	s.invokeThen(w, r, done)
}

// maxAtOnce is what fits into the buffers of a connection whose client waits, in bytes.
const maxAtOnce = 64 << 10

// sendTime is how long a client may take to read a response, within a few seconds.
const sendTime = time.Minute

// send sends the response, and unlocks c.answering.
func (c *client) send() {
	defer c.answering.Unlock()
	now := time.Now()
	if now.Sub(c.renewed) > sendTime/10 {
		// Not each time: it costs as much as the rest.
		_ = c.SetWriteDeadline(now.Add(sendTime))
		c.renewed = now
	}
	c.again = c.web.busy(c, true) && c.again
	c.out = append(c.out[:0], "HTTP/1.1 "...)
	c.out = strconv.AppendInt(c.out, int64(c.status), 10)
	c.out = append(append(c.out, ' '), http.StatusText(c.status)...)
	c.out = append(c.out, "\r\nDate: "...)
	c.out = now.UTC().AppendFormat(c.out, http.TimeFormat)
	for name, values := range c.head {
		for _, value := range values {
			c.out = append(append(append(append(c.out, "\r\n"...), name...), ": "...), lineEnds.Replace(value)...)
		}
	}
	if c.status != http.StatusNoContent {
		c.out = append(c.out, "\r\nContent-Length: "...)
		c.out = strconv.AppendInt(c.out, int64(c.body.Len()), 10)
	}
	if !c.again {
		c.out = append(c.out, "\r\nConnection: close"...)
	}
	c.out = append(c.out, "\r\n\r\n"...)
	var err error
	if c.body.Len() <= maxAtOnce {
		c.out = append(c.out, c.body.Bytes()...)
		_, err = c.Conn.Write(c.out)
	} else {
		_, err = (&net.Buffers{c.out, c.body.Bytes()}).WriteTo(c.Conn)
		c.body = bytes.Buffer{} // it was large, and may be the last of its kind
	}
	if c.again = c.web.busy(c, false) && c.again && err == nil; !c.again {
		c.Close() // the other goroutine waits for a request
	}
}

// lineEnds keeps what is not ours, such as an error's text, from ending a header.
var lineEnds = strings.NewReplacer("\r", " ", "\n", " ")

// An answerWriter collects the response to a client.
type answerWriter struct{ *client }

// Header implements http.ResponseWriter.
func (a answerWriter) Header() http.Header { return a.head }

// WriteHeader implements http.ResponseWriter.
func (a answerWriter) WriteHeader(status int) { a.status = status }

// Write implements http.ResponseWriter.
func (a answerWriter) Write(p []byte) (int, error) { return a.body.Write(p) }
