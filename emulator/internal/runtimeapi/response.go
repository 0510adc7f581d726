package runtimeapi

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// HTTPIntegration is the content type of a stream that begins with a prelude
// (AWS Lambda developer guide, "Response streaming").
const HTTPIntegration = "application/vnd.awslambda.http-integration-response"

// maxDrain bounds what is read of an oversize response, in bytes, so that
// the runtime gets to read the refusal.
const maxDrain = 256 << 20

func (s *Server) response(w *connection, r *http.Request, id string) {
	c := s.claim(w, id)
	if c == nil {
		return
	}
	contentType := r.Header.Get("Content-Type")
	switch mode := r.Header.Get(headerMode); mode {
	case "", "streaming":
		// AWS's library for Go streams without the header, and says it by the
		// type of its content alone.
		if mode == "" && contentType != HTTPIntegration || c.Event.Stream == nil {
			s.collect(w, r, c, contentType)
		} else {
			s.pass(w, r, c, contentType)
		}
	default:
		const kind = "Runtime.InvalidResponseModeHeader"
		s.settleAnswer(c, Answer{Failed: true, ErrorType: kind, Payload: ErrorDocument(kind, "unknown response mode "+mode)}, func() {
			refuse(w, http.StatusBadRequest, "InvalidFunctionResponseMode", "Invalid function response mode")
		})
	}
}

// collect takes a response as a whole.
func (s *Server) collect(w *connection, r *http.Request, c *Call, contentType string) {
	body, err := readBody(r)
	switch {
	case err != nil:
		s.truncated(w, c, false)
	case len(body) > MaxPayload:
		n, _ := io.Copy(io.Discard, io.LimitReader(r.Body, maxDrain))
		const kind = "Function.ResponseSizeTooLarge"
		s.settleAnswer(c, Answer{Failed: true, ErrorType: kind, Payload: ErrorDocument(kind,
			fmt.Sprintf("Response payload size (%d bytes) exceeded maximum allowed payload size (%d bytes).", int64(len(body))+n, MaxPayload))}, func() {
			refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
				fmt.Sprintf("Exceeded maximum allowed payload size (%d bytes).", MaxPayload))
		})
	default:
		a := Answer{Payload: body, ContentType: contentType}
		if failure := trailers(r); failure != nil {
			a = *failure
		}
		s.settleAnswer(c, a, func() { accept(w) })
	}
}

// readBody reads a body of at most one byte more than is allowed.
func readBody(r *http.Request) ([]byte, error) {
	if n := r.ContentLength; n >= 0 && n <= MaxPayload {
		body := make([]byte, n)
		_, err := io.ReadFull(r.Body, body)
		return body, err
	}
	return io.ReadAll(io.LimitReader(r.Body, MaxPayload+1))
}

// pass hands a streamed response on as it comes.
func (s *Server) pass(w *connection, r *http.Request, c *Call, contentType string) {
	c.Event.Stream.Begin(contentType)
	n, err := io.Copy(c.Event.Stream, io.LimitReader(r.Body, MaxStream+1))
	switch {
	case err == nil && n <= MaxStream:
		a := Answer{Streamed: true, ContentType: contentType}
		if failure := trailers(r); failure != nil {
			a, a.Streamed = *failure, true
		}
		s.settleAnswer(c, a, func() { accept(w) })
	case err != nil:
		s.truncated(w, c, true)
	default:
		const kind = "Function.ResponseSizeTooLarge"
		s.settleAnswer(c, Answer{Streamed: true, Failed: true, ErrorType: kind, Payload: ErrorDocument(kind,
			fmt.Sprintf("Streamed response exceeded maximum allowed size (%d bytes).", MaxStream))}, func() {
			refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
				fmt.Sprintf("Exceeded maximum allowed payload size (%d bytes).", MaxStream))
		})
	}
}

// truncated ends an event whose response broke off.
func (s *Server) truncated(w *connection, c *Call, streamed bool) {
	const kind = "Runtime.TruncatedResponse"
	s.settleAnswer(c, Answer{Failed: true, Streamed: streamed, ErrorType: kind, Payload: ErrorDocument(kind, "the response broke off")}, func() {
		refuse(w, http.StatusBadRequest, "TruncatedHTTPRequest", "HTTP request detected as truncated")
	})
}

// trailers returns the failure that a runtime tells at the end of a response.
func trailers(r *http.Request) *Answer {
	kind := r.Trailer.Get(headerErrorType)
	if kind == "" {
		return nil
	}
	a := &Answer{Failed: true, ErrorType: kind, ContentType: "application/json"}
	body, err := base64.StdEncoding.DecodeString(r.Trailer.Get(headerErrorBody))
	if err != nil || len(body) == 0 {
		body = ErrorDocument(kind, "")
	}
	a.Payload = body
	return a
}

// A patient Sink goes on without its caller, who may have left: that is no fault of the function, which is let
// finish.
type patient struct {
	mu   sync.Mutex
	sink Sink
	left bool
}

func (p *patient) Begin(contentType string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.left {
		p.sink.Begin(contentType)
	}
}

func (p *patient) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.left {
		if _, err := p.sink.Write(b); err != nil {
			p.left = true
		}
	}
	return len(b), nil
}
