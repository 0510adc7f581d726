package runtimeapi

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"strconv"
)

const (
	headerErrorType = "Lambda-Runtime-Function-Error-Type"
	headerErrorBody = "Lambda-Runtime-Function-Error-Body"
	headerMode      = "Lambda-Runtime-Function-Response-Mode"
)

func (s *Server) routes() http.Handler {
	const v = "/2018-06-01/runtime/"
	m := http.NewServeMux()
	m.HandleFunc("GET "+v+"invocation/next", s.next)
	m.HandleFunc("POST "+v+"invocation/{id}/response", s.response)
	m.HandleFunc("POST "+v+"invocation/{id}/error", s.invocationError)
	m.HandleFunc("POST "+v+"init/error", s.initError)
	m.HandleFunc("POST /2020-01-01/extension/register", s.register)
	m.HandleFunc("GET /2020-01-01/extension/event/next", s.extensionNext)
	m.HandleFunc("POST /2020-01-01/extension/init/error", s.extensionError)
	m.HandleFunc("POST /2020-01-01/extension/exit/error", s.extensionError)
	m.HandleFunc("PUT /2022-07-01/telemetry", notSupported("Telemetry API is not supported", "Telemetry.NotSupported"))
	m.HandleFunc("PUT /2020-08-15/logs", notSupported("Logs API is not supported", "Logs.NotSupported"))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" {
			refuse(w, http.StatusForbidden, "ForeignOrigin", "requests of web pages are refused")
			return
		}
		m.ServeHTTP(w, r)
	})
}

func notSupported(message, kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusAccepted, kind, message)
	}
}

// next waits for an event and sends it.
func (s *Server) next(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	switch s.state {
	case started, answered:
		s.state = ready
	case ready: // the connection of an earlier request broke
	default:
		s.refuseTransition(w, ready)
		s.mu.Unlock()
		return
	}
	s.settle()
	s.mu.Unlock()

	select {
	case <-r.Context().Done():
	case <-s.stop:
		panic(http.ErrAbortHandler)
	case c := <-s.offered:
		if r.Context().Err() != nil {
			s.offered <- c // who asked has left; the next one gets it
			return
		}
		s.send(w, c)
	}
}

func (s *Server) send(w http.ResponseWriter, c *Call) {
	s.mu.Lock()
	s.state = running
	s.mu.Unlock()
	e := &c.Event
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(e.Payload)))
	h.Set("Lambda-Runtime-Aws-Request-Id", e.ID)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(e.Deadline.UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", e.ARN)
	h.Set("Lambda-Runtime-Trace-Id", e.Trace)
	for name, value := range map[string]string{
		"Lambda-Runtime-Client-Context":   e.ClientContext,
		"Lambda-Runtime-Cognito-Identity": e.Cognito,
		"Lambda-Runtime-Aws-Tenant-Id":    e.Tenant,
	} {
		if value != "" {
			h.Set(name, value)
		}
	}
	_, err := w.Write(e.Payload)
	if err == nil {
		return
	}
	// Nobody got it: the next request shall. An answer may have come from
	// somebody who guessed the id; then there is nothing to repeat.
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == running && s.call == c {
		s.state = ready
		s.offered <- c
	}
}

// claim takes the right to answer the event with an id, or refuses.
func (s *Server) claim(w http.ResponseWriter, r *http.Request) *Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.gone:
		refuse(w, http.StatusGone, "InvokeTimeout", "Invoke timeout")
	case s.state != running:
		s.refuseTransition(w, answering)
	case r.PathValue("id") != s.call.Event.ID:
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
	default:
		s.state = answering
		return s.call
	}
	return nil
}

// settleAnswer ends an event.
func (s *Server) settleAnswer(c *Call, a Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = answered
	c.Answer = a
	close(c.Answered)
}

func (s *Server) invocationError(w http.ResponseWriter, r *http.Request) {
	c := s.claim(w, r)
	if c == nil {
		return
	}
	s.settleAnswer(c, readError(r))
	accept(w)
}

func (s *Server) initError(w http.ResponseWriter, r *http.Request) {
	a := readError(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != started {
		s.refuseTransition(w, failed)
		return
	}
	s.state = failed
	accept(w)
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

func accept(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"status":"OK"}`+"\n")
}

func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct {
		Message string `json:"errorMessage"`
		Type    string `json:"errorType"`
	}{message, kind})
}

// refuseTransition refuses what the state does not allow; s.mu is held.
func (s *Server) refuseTransition(w http.ResponseWriter, to state) {
	refuse(w, http.StatusForbidden, "InvalidStateTransition",
		fmt.Sprintf("State transition from %s to %s failed for runtime. Error: State transition is not allowed", s.state, to))
}

func silent() *log.Logger { return log.New(io.Discard, "", 0) }
