package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/bootzip/bootzip/emulator/event"
	"github.com/bootzip/bootzip/emulator/internal/runtimeapi"
)

// maxPrelude returns the limit of the JSON at the beginning of a stream, in bytes. For a REST
// API, it is documented (Amazon API Gateway developer guide, "Set up a Lambda proxy
// integration with payload response streaming"). For a function URL it is only there so that
// there is a limit.
func maxPrelude(kind event.Trigger) int {
	if kind == event.RESTAPI {
		return 16 << 10
	}
	return 1 << 20
}

var endOfPrelude = make([]byte, 8)

var errNoPrelude = errors.New("prelude of the response has no end, or is too long")

// An httpStream passes a streamed response to an HTTP client. It implements Sink.
type httpStream struct {
	kind event.Trigger
	w    http.ResponseWriter

	mu        sync.Mutex
	sent      bool // status and header fields
	late      bool // the client got another response
	collected bool // the response is kept in body: a REST API streams only with a prelude
	body      []byte
	prelude   []byte // as far as it has arrived
	refused   error  // why the response is not valid
}

// Begin implements Sink.
func (s *httpStream) Begin(contentType string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.late || contentType == runtimeapi.HTTPIntegration:
	case s.kind == event.RESTAPI:
		s.collected = true
	default:
		kind := scalar(contentType)
		(&httpAnswer{status: http.StatusOK, Headers: map[string]*scalar{"Content-Type": &kind}}).begin(s.w)
		s.sent = true
	}
}

// Write implements Sink.
func (s *httpStream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(p)
	switch {
	case s.late:
		return 0, http.ErrHandlerTimeout
	case s.collected:
		if len(s.body)+n > maxPayload {
			s.refused = &TooLargeError{Size: len(s.body) + n, Limit: maxPayload}
			return 0, s.refused
		}
		s.body = append(s.body, p...)
		return n, nil
	case !s.sent:
		s.prelude = append(s.prelude, p...)
		head, rest, found := bytes.Cut(s.prelude, endOfPrelude)
		limit := maxPrelude(s.kind)
		if !found {
			limit += len(endOfPrelude) - 1 // its end has perhaps begun
		}
		if len(head) > limit {
			s.refused = errNoPrelude
		}
		if !found || s.refused != nil {
			return n, s.refused
		}
		a, err := readPrelude(head)
		if err != nil {
			s.refused = fmt.Errorf("prelude of the response: %w", err)
			return 0, s.refused
		}
		a.remap(s.kind)
		a.begin(s.w)
		s.sent, p, s.prelude = true, rest, nil
	}
	if _, err := s.w.Write(p); err != nil {
		return 0, err
	}
	return n, http.NewResponseController(s.w).Flush()
}

// readPrelude reads the JSON at the beginning of a stream. Each key is optional.
func readPrelude(text []byte) (*httpAnswer, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(text, &keys); err != nil {
		return nil, err
	}
	return decodeAnswer(keys, true)
}

// expire stops a stream and returns true, unless the client has seen its beginning.
func (s *httpStream) expire() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = !s.sent
	return s.late
}

// answer returns the answer of a stream of which the client has seen nothing.
func (s *httpStream) answer() ([]byte, error) {
	switch {
	case s.refused != nil:
		return nil, s.refused
	case s.collected:
		return s.body, nil
	}
	return nil, errNoPrelude
}
