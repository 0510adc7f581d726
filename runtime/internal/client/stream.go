package client

import (
	"encoding/base64"
	"strconv"
)

// A Stream is a response that is sent while the function makes it (AWS Lambda
// developer guide, "Implementing response streaming in a custom runtime").
type Stream struct {
	c   *Client
	err error // of the connection; nothing more is sent after it
}

// Stream begins a streamed response. Once begun, the response cannot be repeated on another
// connection. A kept connection that has died may go unnoticed here; the invocation then
// fails later.
func (c *Client) Stream(id, contentType string) (*Stream, error) {
	b := append(c.reply(id, "/response", contentType), "Lambda-Runtime-Function-Response-Mode: streaming\r\n"+
		"Transfer-Encoding: chunked\r\n"+
		"Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n"...)
	c.out = b
	conn, _, err := c.connect()
	if err != nil {
		return nil, err
	}
	if err := conn.Write(b); err != nil {
		// Nothing of the response is lost yet, so try one new connection.
		c.drop()
		if conn, _, err = c.connect(); err != nil {
			return nil, err
		}
		if err := conn.Write(b); err != nil {
			c.drop()
			return nil, err
		}
	}
	return &Stream{c: c}, nil
}

// Write sends p as one chunk.
func (s *Stream) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if len(p) == 0 {
		return 0, nil // a chunk of size 0 would end the response
	}
	c := s.c
	b := strconv.AppendInt(c.out[:0], int64(len(p)), 16)
	b = append(b, "\r\n"...)
	if len(p) <= copied {
		b = append(b, p...)
		b = append(b, "\r\n"...)
		s.err = c.conn.Write(b)
	} else {
		s.err = c.conn.WriteParts(b, p, crlf)
	}
	c.out = b
	if s.err != nil {
		return 0, s.err
	}
	return len(p), nil
}

var crlf = []byte("\r\n")

// Close ends the response, with the error that occurred midway if f is not nil, and reads
// the answer.
func (s *Stream) Close(f *Failure) error {
	c := s.c
	if s.err == nil {
		b := append(c.out[:0], "0\r\n"...)
		if f != nil {
			b = field(b, headerErrorType, f.Header)
			b = field(b, "Lambda-Runtime-Function-Error-Body", base64.StdEncoding.EncodeToString(f.Body))
		}
		b = append(b, "\r\n"...)
		c.out = b
		s.err = c.conn.Write(b)
	}
	// The API may have refused the response before its end, and closed the connection.
	if err := c.answer.Read(c.conn, &c.resp); err != nil {
		c.drop()
		if s.err != nil {
			return s.err
		}
		return err
	}
	if s.err != nil || c.resp.Close {
		c.drop()
	}
	return c.judge("streamed response", false)
}
