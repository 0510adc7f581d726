package runtimeapi

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"sync/atomic"
	"time"
)

// maxTrailers bounds trailers, in bytes: one of them is an error document with
// its stack, in base64.
const maxTrailers = 1 << 20

// longTrailers is a request's body, and the writer of its response, for trailers that
// net/http cannot read. net/http reads at most 4 KB of trailers; if they are longer, it
// fails while the connection is still at their first byte. Then longTrailers takes the
// connection over, reads the trailers from it, and closes it after the response.
type longTrailers struct {
	io.ReadCloser
	request *http.Request
	writer  http.ResponseWriter
	header  http.Header
	status  int
	conn    atomic.Pointer[net.Conn] // nil: not taken over
}

// trailerTime is how long a runtime may take to send trailers and to read the
// response.
const trailerTime = 10 * time.Second

func (l *longTrailers) Read(p []byte) (int, error) {
	n, err := l.ReadCloser.Read(p)
	if err == nil || err == io.EOF || l.conn.Load() != nil {
		return n, err
	}
	conn, rw, hijackErr := http.NewResponseController(l.writer).Hijack()
	if hijackErr != nil {
		return n, err
	}
	l.header = http.Header{}
	l.conn.Store(&conn)
	_ = conn.SetDeadline(time.Now().Add(trailerTime))
	read, trailerErr := textproto.NewReader(bufio.NewReader(io.LimitReader(rw, maxTrailers))).ReadMIMEHeader()
	if trailerErr != nil {
		return n, err // cut off, or malformed
	}
	l.request.Trailer = http.Header(read)
	return n, io.EOF
}

func (l *longTrailers) close() {
	if conn := l.conn.Load(); conn != nil {
		(*conn).Close()
	}
}

// Header implements http.ResponseWriter.
func (l *longTrailers) Header() http.Header {
	if l.conn.Load() == nil {
		return l.writer.Header()
	}
	return l.header
}

// WriteHeader implements http.ResponseWriter.
func (l *longTrailers) WriteHeader(status int) {
	if l.conn.Load() == nil {
		l.writer.WriteHeader(status)
	}
	l.status = status
}

// Write implements http.ResponseWriter for a body that is written at once.
func (l *longTrailers) Write(p []byte) (int, error) {
	conn := l.conn.Load()
	if conn == nil {
		return l.writer.Write(p)
	}
	resp := http.Response{
		StatusCode: l.status, ProtoMajor: 1, ProtoMinor: 1, Header: l.header, Close: true,
		Body: io.NopCloser(bytes.NewReader(p)), ContentLength: int64(len(p)),
	}
	return len(p), resp.Write(*conn)
}
