package emulator

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bootzip/bootzip/emulator/event"
)

// A trigger is a way in which an HTTP request reaches a function.
type trigger struct {
	kind   event.Trigger
	prefix string
	staged bool // the path goes on with a stage
}

var triggers = []trigger{
	{event.FunctionURL, "url", false},
	{event.HTTPAPI, "v2", true},
	{event.RESTAPI, "v1", true},
	{event.ALB, "alb", false},
	{event.ALBMulti, "alb-multi", false},
}

// triggerOf returns the trigger that a request is for, and cuts its path, as it
// was sent, into the function's name and what follows. http.ServeMux would not
// do: it redirects paths with "//" in them.
func triggerOf(r *http.Request) (t trigger, name, rest string, ok bool) {
	parts := strings.SplitN(r.URL.EscapedPath(), "/", 4)
	if len(parts) < 3 {
		return trigger{}, "", "", false
	}
	for _, t := range triggers {
		if t.prefix == parts[1] {
			name, err := url.PathUnescape(parts[2])
			return t, name, strings.Join(parts[3:], ""), err == nil
		}
	}
	return trigger{}, "", "", false
}

// trigger has a function answer an HTTP request.
func (s *Server) trigger(t trigger, name, rest string, w http.ResponseWriter, r *http.Request) {
	function, name, _, failure := s.find(name, "")
	if failure != nil {
		failure.write(w)
		return
	}
	payload, err := s.event(t, rest, r)
	if err != nil {
		status := http.StatusBadRequest
		var large *TooLargeError
		if errors.As(err, &large) {
			status = http.StatusRequestEntityTooLarge
		}
		message(w, status, err.Error())
		return
	}
	if s.config.Event != nil {
		s.config.Event(name, payload)
	}
	request := Request{Payload: payload, Trace: r.Header.Get("X-Amzn-Trace-Id")}
	var stream *httpStream
	if t.kind == event.FunctionURL {
		stream = &httpStream{w: w}
		request.Stream = stream
	}
	resp, err := s.run(context.WithoutCancel(r.Context()), name, function, request)
	switch {
	case stream != nil && stream.sent:
		if err != nil || resp.FunctionError != "" {
			// The client has to see that this is not all.
			panic(http.ErrAbortHandler)
		}
	case err != nil:
		e := apiErrorOf(err)
		if e.status == http.StatusTooManyRequests && t.kind != event.FunctionURL {
			e.status = http.StatusServiceUnavailable
		}
		message(w, e.status, e.message)
	case resp.FunctionError != "":
		t.broken(w)
	case resp.Streamed: // not as far as the status
		if stream.refused == nil {
			stream.refused = errors.New("prelude of the response has no end")
		}
		s.refuse(name, resp.RequestID, stream.refused)
		t.broken(w)
	default:
		w.Header().Set("X-Amzn-Requestid", resp.RequestID)
		answer, err := readAnswer(t.kind, resp.Payload)
		if err != nil {
			s.refuse(name, resp.RequestID, err)
			t.broken(w)
			return
		}
		answer.write(w)
	}
}

// refuse tells of an answer that is no HTTP response.
func (s *Server) refuse(function, requestID string, reason error) {
	if s.config.Refused != nil {
		s.config.Refused(function, requestID, reason.Error())
	}
}

// event makes the event of a request.
func (s *Server) event(t trigger, rest string, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxPayload+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxPayload {
		return nil, &TooLargeError{len(body), maxPayload}
	}
	stage := ""
	if t.staged {
		stage, rest, _ = strings.Cut(rest, "/")
		if stage, err = url.PathUnescape(stage); err != nil {
			return nil, err
		}
	}
	ip, port, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		ip = r.RemoteAddr
	}
	header := r.Header.Clone()
	header.Set("X-Forwarded-For", ip)
	header.Set("X-Forwarded-Proto", "http")
	if _, own, err := net.SplitHostPort(r.Host); err == nil {
		port = own
	}
	header.Set("X-Forwarded-Port", port)
	return event.Request{
		Method: r.Method, Path: "/" + rest, Query: r.URL.RawQuery, Protocol: r.Proto, Host: r.Host, Header: header, SourceIP: ip, Body: body,
		Stage: stage, Account: s.config.Account, Region: s.config.Region, Time: time.Now(),
	}.Encode(t.kind)
}

// broken is what clients see of a function that failed, or whose answer makes no sense.
func (t trigger) broken(w http.ResponseWriter) {
	switch t.kind {
	case event.HTTPAPI:
		message(w, http.StatusInternalServerError, "Internal Server Error")
	case event.RESTAPI:
		message(w, http.StatusBadGateway, "Internal server error")
	case event.FunctionURL:
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "Internal Server Error")
	default:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n")
	}
}
