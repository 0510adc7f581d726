package runtimeapi

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

const (
	headerErrorType = "Lambda-Runtime-Function-Error-Type"
	headerErrorBody = "Lambda-Runtime-Function-Error-Body"
	headerMode      = "Lambda-Runtime-Function-Response-Mode"
)

// Where the paths of the three APIs begin.
const (
	runtimePath   = "/2018-06-01/runtime/"
	extensionPath = "/2020-01-01/extension/"
)

// routes are the paths and what each is for, but for those of invocations.
var routes = map[string]struct {
	method string
	serve  func(*Server, *connection, *http.Request)
}{
	runtimePath + "invocation/next": {http.MethodGet, (*Server).next},
	runtimePath + "init/error":      {http.MethodPost, (*Server).initError},
	extensionPath + "register":      {http.MethodPost, (*Server).register},
	extensionPath + "event/next":    {http.MethodGet, (*Server).extensionNext},
	extensionPath + "init/error":    {http.MethodPost, (*Server).extensionError},
	extensionPath + "exit/error":    {http.MethodPost, (*Server).extensionError},
	"/2022-07-01/telemetry":         {http.MethodPut, notSupported("Telemetry API is not supported", "Telemetry.NotSupported")},
	"/2020-08-15/logs":              {http.MethodPut, notSupported("Logs API is not supported", "Logs.NotSupported")},
}

// route has a request answered.
func (s *Server) route(c *connection, r *http.Request) {
	if r.Header.Get("Origin") != "" {
		refuse(c, http.StatusForbidden, "ForeignOrigin", "requests of web pages are refused")
		return
	}
	method, serve := http.MethodPost, (func(*Server, *connection, *http.Request))(nil)
	if known, ok := routes[r.URL.Path]; ok {
		method, serve = known.method, known.serve
	} else if rest, ok := strings.CutPrefix(r.URL.Path, runtimePath+"invocation/"); ok {
		switch id, what, _ := strings.Cut(rest, "/"); what {
		case "response":
			serve = func(s *Server, c *connection, r *http.Request) { s.response(c, r, id) }
		case "error":
			serve = func(s *Server, c *connection, r *http.Request) { s.invocationError(c, r, id) }
		}
	}
	switch {
	case serve == nil:
		c.plain(http.StatusNotFound)
	case r.Method != method:
		c.plain(http.StatusMethodNotAllowed, "Allow", method)
	default:
		serve(s, c, r)
	}
}

func notSupported(message, kind string) func(*Server, *connection, *http.Request) {
	return func(_ *Server, c *connection, _ *http.Request) { refuse(c, http.StatusAccepted, kind, message) }
}

// next gives out an event, or has the connection wait for one.
func (s *Server) next(c *connection, _ *http.Request) {
	s.mu.Lock()
	switch {
	case s.state == started || s.state == answered:
		s.state = ready
	case s.state == ready && (s.alone() || len(s.waiting) < s.config.Concurrency):
		// A further loop, or the connection of an earlier request broke.
	case s.state == ready:
		s.mu.Unlock()
		refuse(c, http.StatusInternalServerError, "InternalServerError", "Internal Server Error")
		return
	default:
		from := s.state
		s.mu.Unlock()
		refuseTransition(c, from, ready)
		return
	}
	var call *Call
	if len(s.offered) > 0 {
		call, s.offered = s.offered[0], s.offered[1:]
		if s.alone() {
			s.state = running
		}
	} else {
		s.waiting = append(s.waiting, c)
	}
	more := s.settle()
	s.mu.Unlock()
	if call != nil {
		s.send(c, call)
	}
	s.tell(more)
}

// forget takes a connection away from those that wait; it returns whether it was one.
func (s *Server) forget(c *connection) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.order {
		if x.waiting == c {
			x.waiting = nil
			return true
		}
	}
	at := slices.Index(s.waiting, c)
	if at >= 0 {
		s.waiting = slices.Delete(s.waiting, at, at+1)
	}
	return at >= 0
}

// parked tells whether a connection waits for an event.
func (s *Server) parked(c *connection) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.waiting, c) || slices.ContainsFunc(s.order, func(x *extension) bool { return x.waiting == c })
}

// leave forgets a connection.
func (s *Server) leave(c *connection) {
	s.forget(c)
	s.mu.Lock()
	delete(s.connections, c)
	s.mu.Unlock()
}

// claim takes the right to answer the event with an id, or refuses.
func (s *Server) claim(c *connection, id string) *Call {
	s.mu.Lock()
	call := s.open[id]
	from := s.state
	switch {
	case call != nil && call.expired, s.alone() && s.current != nil && s.current.expired:
		delete(s.open, id)
		s.mu.Unlock()
		refuse(c, http.StatusGone, "InvokeTimeout", "Invoke timeout")
		return nil
	case s.alone() && from != running:
		s.mu.Unlock()
		refuseTransition(c, from, answering)
		return nil
	case call == nil || call.taken:
		s.mu.Unlock()
		refuse(c, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return nil
	}
	call.taken = true
	if s.alone() {
		s.state = answering
	}
	s.mu.Unlock()
	return call
}

// settleAnswer ends an event: it replies to the runtime, which has the longer way to its next request, and then
// hands on the answer. Nobody offers another event before that.
func (s *Server) settleAnswer(c *Call, a Answer, reply func()) {
	s.mu.Lock()
	if s.alone() {
		s.state = answered
	}
	s.mu.Unlock()
	reply()
	c.Answer = a
	c.Answered()
	s.mu.Lock()
	delete(s.open, c.Event.ID)
	more := s.settle()
	s.mu.Unlock()
	s.tell(more)
}

func (s *Server) invocationError(c *connection, r *http.Request, id string) {
	call := s.claim(c, id)
	if call == nil {
		return
	}
	s.settleAnswer(call, readError(r), func() { accept(c) })
}

func (s *Server) initError(c *connection, r *http.Request) {
	a := readError(r)
	s.mu.Lock()
	from := s.state
	if from == started {
		s.state = failed
	}
	s.mu.Unlock()
	if from != started {
		refuseTransition(c, from, failed)
		return
	}
	accept(c)
	s.report(a)
}

// readError takes an error document; where there is none, the header makes
// one.
func readError(r *http.Request) Answer {
	a := Answer{Failed: true, ContentType: r.Header.Get("Content-Type"), ErrorType: r.Header.Get(headerErrorType)}
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxPayload))
	if err == nil && json.Valid(body) {
		a.Payload = body
	} else {
		a.Payload = ErrorDocument(a.ErrorType, string(body))
	}
	return a
}

// ErrorDocument is an error in the form that Lambda shows to callers.
func ErrorDocument(kind, message string) []byte {
	b, err := json.Marshal(struct {
		Type    string `json:"errorType,omitempty"`
		Message string `json:"errorMessage"`
	}{kind, message})
	if err != nil {
		return []byte("{}") // cannot be: any string can be written
	}
	return b
}

func accept(c *connection) { c.respond(http.StatusAccepted, []byte(`{"status":"OK"}`+"\n")) }

func refuse(c *connection, status int, kind, message string) {
	body, err := json.Marshal(struct {
		Message string `json:"errorMessage"`
		Type    string `json:"errorType"`
	}{message, kind})
	if err != nil {
		body = []byte("{}") // cannot be: any string can be written
	}
	c.respond(status, append(body, '\n'))
}

// refuseTransition refuses what the state does not allow.
func refuseTransition(c *connection, from, to state) {
	refuse(c, http.StatusForbidden, "InvalidStateTransition",
		fmt.Sprintf("State transition from %s to %s failed for runtime. Error: State transition is not allowed", from, to))
}
