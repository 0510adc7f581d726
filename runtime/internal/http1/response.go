// Package http1 reads the responses of an HTTP/1.1 server (RFC 9112) into one buffer that
// is reused for every response.
//
// It is written for one peer, the Lambda Runtime API. It is stricter than net/http where
// leniency has led to trouble elsewhere: every line must end in CRLF; folded header lines,
// a space before the colon, Content-Length together with Transfer-Encoding, and any
// transfer coding except a single "chunked" are errors. What it accepts, it reads as
// net/http does; a fuzz test checks that.
//
// The head, the number of header fields, the number of 1xx responses and the
// body are limited, so that no peer can make it use memory without bound.
package http1

import (
	"bytes"
	"errors"
	"io"
)

// Limits of one response.
const (
	MaxHead   = 64 << 10 // bytes of the status line and the header fields together
	MaxFields = 128      // header fields
	maxInfo   = 8        // 1xx responses before the final one
)

// A Source is where the bytes come from. Read reads at least one byte or
// returns an error; ReadFull fills p or returns an error.
type Source interface {
	Read(p []byte) (int, error)
	ReadFull(p []byte) (int, error)
}

// A Reader holds the buffer. The zero value with MaxBody set is ready.
type Reader struct {
	// MaxBody is the largest body that is accepted, in bytes.
	MaxBody int

	src    Source
	buf    []byte // the response; buf[:n] was received
	n      int
	pos    int // first byte that has not been parsed yet
	fields []span
	lean   int // responses in a row that used little of a large buffer
}

// A span is the place of a header field in the buffer.
type span struct{ name, nameEnd, value, valueEnd int }

// A Response is one final response. Body, and what Field returns, lie in the
// Reader's buffer: they are valid until its next Read.
type Response struct {
	Status int
	Body   []byte
	Close  bool // the connection cannot carry another exchange
	r      *Reader
}

// Fields returns the number of header fields.
func (p *Response) Fields() int { return len(p.r.fields) }

// Field returns name and value of header field i, in the case in which the
// peer sent the name, and with the white space around the value removed.
func (p *Response) Field(i int) (name, value []byte) {
	f := p.r.fields[i]
	return p.r.buf[f.name:f.nameEnd], p.r.buf[f.value:f.valueEnd]
}

// ErrTooLarge reports that a head or a body exceeds its limit.
var ErrTooLarge = errors.New("http response is too large")

// malformed returns an error that says what was wrong, for the log.
func malformed(what string) error { return errors.New("http response is malformed: " + what) }

// firstSize is the buffer's first size: enough for the head and a small event. The buffer
// grows as necessary.
const firstSize = 8 << 10

// Read reads one response from src, and skips 1xx responses before it. No part of the
// response may have been received before. io.EOF means that the connection ended cleanly
// before the first byte; if it ended later, the error is io.ErrUnexpectedEOF. After an
// error, the connection cannot be used any more.
func (r *Reader) Read(src Source, resp *Response) error {
	r.shrink()
	if r.buf == nil {
		r.buf = make([]byte, firstSize)
	}
	r.src, r.n, r.pos = src, 0, 0
	err := r.read(resp)
	r.src = nil
	if err == io.EOF && r.n > 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (r *Reader) read(resp *Response) error {
	var h head
	for info := 0; ; info++ {
		var err error
		if h, err = r.head(); err != nil {
			if err == io.EOF && info > 0 {
				return io.ErrUnexpectedEOF
			}
			return err
		}
		if h.status >= 200 {
			break
		}
		if h.status == 101 || info == maxInfo {
			return malformed("unexpected 1xx response")
		}
		r.n = copy(r.buf, r.buf[r.pos:r.n])
		r.pos = 0
	}
	resp.Status, resp.Close, resp.r = h.status, h.close, r
	start, end := r.pos, r.pos
	var err error
	switch {
	case h.status == 204 || h.status == 304:
	case h.chunked:
		end, err = r.chunks()
	case h.length >= 0:
		end, err = r.body(h.length)
	default:
		end, err = r.untilEOF()
		resp.Close = true
	}
	if err != nil {
		return err
	}
	resp.Body = r.buf[start:end:end]
	if r.pos != r.n {
		// More than one response came for one request. It is unclear which requests they
		// belong to, so nothing more is read from this connection.
		resp.Close = true
	}
	return nil
}

// body reads the length bytes after r.pos.
func (r *Reader) body(length int) (end int, err error) {
	if length > r.MaxBody {
		return 0, ErrTooLarge
	}
	end = r.pos + length
	if err := r.need(end); err != nil {
		return 0, err
	}
	r.pos = end
	return end, nil
}

// need reads until buf[:end] has been received, and no byte beyond it.
func (r *Reader) need(end int) error {
	if end <= r.n {
		return nil
	}
	r.room(end)
	m, err := r.src.ReadFull(r.buf[r.n:end])
	r.n += m
	return err
}

// untilEOF reads a body that ends with the connection.
func (r *Reader) untilEOF() (end int, err error) {
	start := r.pos
	for {
		if r.n-start > r.MaxBody {
			return 0, ErrTooLarge
		}
		err := r.more(start + r.MaxBody + 1)
		if err == io.EOF {
			r.pos = r.n
			return r.n, nil
		}
		if err != nil {
			return 0, err
		}
	}
}

// line returns the bounds of the next line, without its CRLF, and skips it.
func (r *Reader) line(limit int) (start, end int, err error) {
	scan := r.pos
	for {
		if i := bytes.IndexByte(r.buf[scan:r.n], '\n'); i >= 0 {
			start, end = r.pos, scan+i-1
			if end < start || r.buf[end] != '\r' {
				return 0, 0, malformed("line does not end in CRLF")
			}
			r.pos = scan + i + 1
			return start, end, nil
		}
		scan = r.n
		if r.n >= limit {
			return 0, 0, ErrTooLarge
		}
		if err := r.more(limit); err != nil {
			return 0, 0, err
		}
	}
}

// more receives at least one byte, and no more than fit into limit bytes.
func (r *Reader) more(limit int) error {
	if r.n == len(r.buf) {
		r.room(min(2*len(r.buf), max(limit, r.n+1)))
	}
	m, err := r.src.Read(r.buf[r.n:])
	r.n += m
	return err
}

// room makes the buffer at least size bytes long.
func (r *Reader) room(size int) {
	if size <= len(r.buf) {
		return
	}
	// The size is not doubled: an event of 6 MB comes with its length, and should take
	// 6 MB, not 8.
	grown := make([]byte, (size+4095)&^4095)
	copy(grown, r.buf[:r.n])
	r.buf = grown
}

// large is the size that a buffer may always keep, in bytes. leanMax is the number of small
// responses in a row after which a larger buffer is released.
const (
	large   = 1 << 20
	leanMax = 256
)

// shrink releases a large buffer that has not been needed for long.
func (r *Reader) shrink() {
	if len(r.buf) <= large {
		return
	}
	if r.n > len(r.buf)/4 {
		r.lean = 0
		return
	}
	if r.lean++; r.lean > leanMax {
		r.buf, r.lean = nil, 0
	}
}
