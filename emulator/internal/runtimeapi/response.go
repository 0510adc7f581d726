package runtimeapi

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxPayload is the limit of a response, in bytes: 6 MB and some room, as in
// AWS's emulator.
const maxPayload = 6<<20 + 100

// maxStream is the limit of a streamed response, in bytes (AWS Lambda
// developer guide, "Lambda quotas").
const maxStream = 200 << 20

// HTTPIntegration is the content type of a stream that begins with a prelude
// (AWS Lambda developer guide, "Response streaming").
const HTTPIntegration = "application/vnd.awslambda.http-integration-response"

// maxDrain bounds how much of an oversize response is read, in bytes. If it were not read,
// the runtime could not read the refusal.
const maxDrain = 256 << 20

func (s *Server) response(w http.ResponseWriter, r *http.Request) {
	c, no := s.claim(r.PathValue("id"), r.Header.Get(headerAttempt))
	if no != nil {
		no.write(w)
		return
	}
	if len(r.Trailer) > 0 {
		long := &longTrailers{ReadCloser: r.Body, request: r, writer: w}
		defer long.close()
		defer context.AfterFunc(s.life, long.close)()
		r.Body, w = long, long
	}
	began := time.Now()
	a, no := receive(r, c.Event.Stream, c.Event.StreamAll)
	a.Began, a.Ended = began, time.Now()
	s.answer(c, a)
	if no != nil {
		no.write(w)
		return
	}
	accept(w)
}

// receive takes the response to an event. The refusal is for the runtime.
func receive(r *http.Request, stream Sink, all bool) (Answer, *refusal) {
	contentType := r.Header.Get("Content-Type")
	switch mode := r.Header.Get(headerMode); {
	case mode != "" && mode != "streaming":
		return failure("Runtime.InvalidResponseModeHeader", "unknown response mode "+Cut(mode, maxErrorType)),
			&refusal{http.StatusBadRequest, "InvalidFunctionResponseMode", "Invalid function response mode"}
	// AWS's library for Go streams without the header; only the content type
	// shows it.
	case stream != nil && (all || mode == "streaming" || contentType == HTTPIntegration):
		return pass(r, stream, contentType)
	}
	return collect(r, contentType)
}

// collect takes a complete response.
func collect(r *http.Request, contentType string) (Answer, *refusal) {
	body, err := readBody(r)
	switch {
	case err != nil:
		return truncated()
	case len(body) > maxPayload:
		n, _ := io.Copy(io.Discard, io.LimitReader(r.Body, maxDrain))
		return tooLarge(fmt.Sprintf("Response payload size (%d bytes) exceeded maximum allowed payload size (%d bytes).", int64(len(body))+n, maxPayload))
	}
	if told := trailers(r); told != nil {
		return *told, nil
	}
	return Answer{Payload: body, ContentType: contentType}, nil
}

// readBody reads a body, at most one byte more than is allowed.
func readBody(r *http.Request) ([]byte, error) {
	if n := r.ContentLength; n >= 0 && n <= maxPayload {
		body := make([]byte, n)
		_, err := io.ReadFull(r.Body, body)
		return body, err
	}
	return io.ReadAll(io.LimitReader(r.Body, maxPayload+1))
}

// pass hands a streamed response on as it arrives.
func pass(r *http.Request, stream Sink, contentType string) (a Answer, no *refusal) {
	stream.Begin(contentType)
	n, err := io.Copy(stream, io.LimitReader(r.Body, maxStream+1))
	switch {
	case err != nil:
		a, no = truncated()
	case n > maxStream:
		a, no = tooLarge(fmt.Sprintf("Streamed response exceeded maximum allowed size (%d bytes).", maxStream))
	default:
		a = Answer{ContentType: contentType}
		if told := trailers(r); told != nil {
			a = *told
		}
	}
	a.Streamed = true
	return a, no
}

func failure(kind, message string) Answer {
	return Answer{Failed: true, ErrorType: kind, Payload: ErrorDocument(kind, message)}
}

func tooLarge(message string) (Answer, *refusal) {
	return failure("Function.ResponseSizeTooLarge", message),
		&refusal{http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", fmt.Sprintf("Exceeded maximum allowed payload size (%d bytes).", maxPayload)}
}

func truncated() (Answer, *refusal) {
	return failure("Runtime.TruncatedResponse", "the response broke off"),
		&refusal{http.StatusBadRequest, "TruncatedHTTPRequest", "HTTP request detected as truncated"}
}

// trailers returns the failure that a runtime reports at the end of a
// response; nil if there is none.
func trailers(r *http.Request) *Answer {
	kind := Cut(r.Trailer.Get(headerErrorType), maxErrorType)
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
