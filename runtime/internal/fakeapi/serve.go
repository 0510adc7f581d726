package fakeapi

import (
	"bufio"
	"io"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// request is one request of the function.
type request struct {
	method, path string
	header       map[string]string // names in lower case
	body         []byte
	trailer      map[string]string
	chunks       int
	cut          bool
}

// serve answers one connection's requests.
func (s *Server) serve(c net.Conn) {
	r := bufio.NewReaderSize(c, 64<<10)
	var out, kept []byte
	for {
		q := request{body: kept[:0]}
		if s.Sink == nil {
			q.body = nil // the receiver of the answer keeps it
		}
		if !q.readHead(r) {
			return
		}
		kind, id := route(q.method, q.path)
		var f Fault
		if s.Fault != nil {
			f = s.Fault(kind)
		}
		if f.Delay > 0 {
			time.Sleep(f.Delay)
		}
		if f.Refuse {
			reset(c)
			return
		}
		if f.EarlyStop {
			out = response(out[:0], f.Status, nil, []byte(f.Body), Fault{Close: true})
			send(c, out, []byte(f.Body), Fault{})
			// Wait until the function has seen the answer. It must not depend on the rest
			// of the request being read.
			time.Sleep(20 * time.Millisecond)
			return
		}
		if !q.readBody(r) && !q.cut {
			return
		}
		if len(f.Raw) > 0 {
			_, _ = c.Write(f.Raw)
			return
		}
		status, body := 202, []byte(nil)
		var event *Event
		switch {
		case f.Status != 0:
			status, body = f.Status, []byte(f.Body)
			if f.Status >= 400 && (kind == "response" || kind == "error") && f.Body == "settle" {
				s.settle(q.answer(kind, id))
			}
		case kind == "next":
			if e, ok := s.take(); ok {
				event, status, body = &e, 200, e.Body
			} else {
				status, body = 500, []byte(`{"errorMessage":"the API has ended"}`)
			}
		case kind == "register":
			status = 200
			event = &Event{ID: "", Header: [][2]string{{"Lambda-Extension-Identifier", "ext-1"}}, Deadline: "-"}
			if s.Sink == nil {
				s.answers <- q.answer("register", "")
			}
		case kind == "event":
			<-s.stop
			return
		case kind == "restore":
			s.answers <- q.answer("restore", "")
			select {
			case status = <-s.restored:
			case <-s.stop:
				return
			}
		case kind == "":
			status = 404
		default:
			status = s.settle(q.answer(kind, id))
			body = []byte(`{"status":"OK"}`)
		}
		kept = q.body
		out = response(out[:0], status, event, body, f)
		if !f.wellBehaved() {
			body = nil // it is in out
		}
		// Give the event back before the function notices the fault, or it would ask for
		// the event and not get it.
		doomed := f.Reset || f.Cut > 0
		if doomed && kind == "next" && event != nil {
			s.giveBack(*event)
		}
		whole := send(c, out, body, f)
		if !whole && !doomed && kind == "next" && event != nil {
			s.giveBack(*event)
		}
		if !whole || f.Close || f.NoLength || q.cut {
			return
		}
	}
}

func (q *request) answer(kind, id string) Answer {
	return Answer{ID: id, Kind: kind, Header: q.header, Trailer: q.trailer, Body: q.body, Chunks: q.chunks, Cut: q.cut}
}

// route returns what a request asks for.
func route(method, path string) (kind, id string) {
	const base = "/2018-06-01/runtime/"
	switch {
	case method == "GET" && path == base+"invocation/next":
		return "next", ""
	case method == "POST" && path == base+"init/error":
		return "init", ""
	case method == "GET" && path == base+"restore/next":
		return "restore", ""
	case method == "POST" && path == base+"restore/error":
		return "restore error", ""
	case method == "POST" && path == "/2020-01-01/extension/register":
		return "register", ""
	case method == "GET" && path == "/2020-01-01/extension/event/next":
		return "event", ""
	}
	if rest, ok := strings.CutPrefix(path, base+"invocation/"); ok && method == "POST" {
		id, kind, _ = strings.Cut(rest, "/")
		if plain, err := url.PathUnescape(id); err == nil && (kind == "response" || kind == "error") {
			return kind, plain
		}
	}
	return "", ""
}

// readHead reads the request line and the header fields.
func (q *request) readHead(r *bufio.Reader) bool {
	line, err := r.ReadString('\n')
	if err != nil {
		return false
	}
	parts := strings.Fields(line)
	if len(parts) != 3 {
		return false
	}
	q.method, q.path = parts[0], parts[1]
	q.header, err = fields(r)
	return err == nil
}

// fields reads header fields, or trailers, up to the empty line.
func fields(r *bufio.Reader) (map[string]string, error) {
	m := map[string]string{}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return m, err
		}
		line = strings.TrimSuffix(line, "\r\n")
		if line == "" {
			return m, nil
		}
		k, v, _ := strings.Cut(line, ":")
		m[strings.ToLower(k)] = strings.TrimSpace(v)
	}
}

// readBody reads the body; it returns false if the connection ended before.
func (q *request) readBody(r *bufio.Reader) bool {
	if n, err := strconv.Atoi(q.header["content-length"]); err == nil {
		q.body = slices.Grow(q.body, n)[:n]
		_, err := io.ReadFull(r, q.body)
		return err == nil
	}
	if q.header["transfer-encoding"] != "chunked" {
		return true
	}
	for {
		line, err := r.ReadString('\n')
		size, bad := strconv.ParseInt(strings.TrimSpace(line), 16, 32)
		if err != nil || bad != nil {
			q.cut = true
			return false
		}
		if size == 0 {
			q.trailer, err = fields(r)
			q.cut = err != nil
			return err == nil
		}
		chunk := make([]byte, size+2)
		n, err := io.ReadFull(r, chunk)
		q.body = append(q.body, chunk[:min(n, int(size))]...)
		q.chunks++
		if err != nil {
			q.cut = true
			return false
		}
	}
}

// wellBehaved reports whether a response is sent properly and in one go.
func (f Fault) wellBehaved() bool {
	return !f.Reset && f.Cut == 0 && !f.Trickle && !f.Chunked && !f.NoLength
}

// response writes a response into b. The body of a well-behaved response is left out, so
// that it is not copied.
func response(b []byte, status int, e *Event, body []byte, f Fault) []byte {
	for range f.Info {
		b = append(b, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"...)
	}
	name := f.Fold
	if name == nil {
		name = func(s string) string { return s }
	}
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, " Status\r\n"...)
	b = append(b, name("Content-Type")+": application/json\r\n"...)
	if e != nil {
		b = e.head(b, name)
	}
	if f.Close || f.NoLength {
		b = append(b, name("Connection")+": close\r\n"...)
	}
	switch {
	case f.Chunked:
		b = append(b, name("Transfer-Encoding")+": chunked\r\n\r\n"...)
		for len(body) > 0 {
			n := min(len(body), 1+len(body)/3)
			b = strconv.AppendInt(b, int64(n), 16)
			b = append(b, ";x=y\r\n"...)
			b = append(b, body[:n]...)
			b = append(b, "\r\n"...)
			body = body[n:]
		}
		return append(b, "0\r\nX-Trailer: t\r\n\r\n"...)
	case f.NoLength:
		b = append(b, "\r\n"...)
	default:
		b = append(b, name("Content-Length")+": "...)
		b = strconv.AppendInt(b, int64(len(body)), 10)
		b = append(b, "\r\n\r\n"...)
	}
	if f.wellBehaved() {
		return b
	}
	return append(b, body...)
}

// send sends a response as the fault says, followed by the body if that is not in it. It
// returns false if not everything was sent.
func send(c net.Conn, out, body []byte, f Fault) bool {
	switch {
	case f.Reset:
		reset(c)
		return false
	case f.Cut > 0:
		_, _ = c.Write(out[:min(f.Cut, len(out)-1)])
		time.Sleep(time.Millisecond) // an immediate reset would discard the bytes
		reset(c)
		return false
	case f.Trickle:
		for i := range out {
			if _, err := c.Write(out[i : i+1]); err != nil {
				return false
			}
		}
		return true
	}
	parts := net.Buffers{out, body} // in one system call
	_, err := parts.WriteTo(c)
	return err == nil
}

// reset closes a connection so that the function gets ECONNRESET.
func reset(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	c.Close()
}
