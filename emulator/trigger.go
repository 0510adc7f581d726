package emulator

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/bootzip/bootzip/emulator/event"
	"github.com/bootzip/bootzip/emulator/internal/runtimeapi"
)

// A trigger is a way in which an HTTP request reaches a function.
type trigger struct {
	kind      event.Trigger
	prefix    string
	about     string
	stage     string        // default stage, if the path goes on with a stage
	maxBody   int           // of a request, in bytes
	patience  time.Duration // for the function's answer; 0: as long as its time-out
	throttled int           // status of a throttled call

	route      string            // of a request that came by a route; empty: $default
	parameters map[string]string // of its path
}

// triggers are the triggers by kind. The limits are those of the Amazon API Gateway
// developer guide, "Quotas", and of the Elastic Load Balancing user guide, "Lambda
// functions as targets"; "Troubleshoot your Application Load Balancers" has the status of a
// throttled call. The only sources for that at API Gateway are public threads.
var triggers = []trigger{
	event.FunctionURL: {kind: event.FunctionURL, prefix: "url", about: "function URL", maxBody: maxPayload, throttled: http.StatusTooManyRequests},
	event.HTTPAPI:     {kind: event.HTTPAPI, prefix: "v2", about: "API Gateway HTTP API", stage: "$default", maxBody: maxPayload, patience: 30 * time.Second, throttled: http.StatusServiceUnavailable},
	event.RESTAPI:     {kind: event.RESTAPI, prefix: "v1", about: "API Gateway REST API", stage: "prod", maxBody: maxPayload, patience: 29 * time.Second, throttled: http.StatusInternalServerError},
	event.ALB:         {kind: event.ALB, prefix: "alb", about: "load balancer", maxBody: maxBalanced, throttled: http.StatusBadGateway},
	event.ALBMulti:    {kind: event.ALBMulti, prefix: "alb-multi", about: "load balancer with multi-value headers", maxBody: maxBalanced, throttled: http.StatusBadGateway},
}

// triggerOf returns the trigger of a request, and splits its path, as it was sent,
// into the function's name and the rest. It does not use http.ServeMux, which
// redirects paths with "//" in them.
func (s *Server) triggerOf(r *http.Request) (t trigger, name, rest string, ok bool) {
	parts := strings.SplitN(sentPath(r), "/", 4)
	if len(parts) < 3 {
		return trigger{}, "", "", false
	}
	for _, t := range s.triggers {
		if t.prefix == parts[1] {
			name, err := url.PathUnescape(parts[2])
			return t, name, strings.Join(parts[3:], ""), err == nil
		}
	}
	return trigger{}, "", "", false
}

// trigger answers an HTTP request with a function.
func (s *Server) trigger(t trigger, name, rest string, w http.ResponseWriter, r *http.Request) {
	function, name, _, failure := s.find(name, "")
	if failure != nil {
		failure.write(w)
		return
	}
	if t.balanced() && r.Header.Get("Upgrade") != "" { // "WebSockets are not supported" ("Lambda functions as targets")
		page(w, http.StatusBadRequest)
		return
	}
	request := Request{RequestID: runtimeapi.NewUUID()}
	payload, err := s.event(t, name, rest, w.Header(), r, &request)
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
	request.Payload = payload
	var stream *httpStream
	if !s.config.Buffered && (t.kind == event.FunctionURL || t.kind == event.RESTAPI) {
		stream = &httpStream{kind: t.kind, w: w}
		request.Stream = stream
	}
	type outcome struct {
		Response
		err error
	}
	answered := make(chan outcome, 1)
	go func() {
		// A client that leaves does not stop the function.
		resp, err := s.run(context.WithoutCancel(r.Context()), function, Arrival{name, t.about, r.UserAgent(), &request})
		answered <- outcome{resp, err}
	}()
	var late <-chan time.Time
	if t.patience > 0 {
		late = time.After(t.patience)
	}
	var resp outcome
	select {
	case resp = <-answered:
	case <-late:
		if stream == nil || stream.expire() {
			t.timedOut(w)
			return
		}
		resp = <-answered
	}
	switch {
	case stream != nil && stream.sent:
		if resp.err != nil || resp.FunctionError != "" {
			// Abort, so that the client sees that the response is incomplete.
			panic(http.ErrAbortHandler)
		}
		return
	case resp.err != nil:
		t.refused(w, apiErrorOf(resp.err))
		return
	case resp.FunctionError != "":
		t.broken(w)
		return
	}
	body := resp.Payload
	if resp.Streamed {
		body, err = stream.answer()
	}
	var answer *httpAnswer
	if err == nil {
		answer, err = readAnswer(t.kind, body)
	}
	if err == nil && answer.IsBase64Encoded && t.kind == event.RESTAPI {
		accept, _, _ := strings.Cut(r.Header.Get("Accept"), ",")
		if accept = cmp.Or(accept, "application/json"); !event.BinaryType(s.config.BinaryTypes, accept) {
			answer.body = []byte(answer.Body)
			s.refuse(name, resp.RequestID, fmt.Errorf("it goes out in base64: the client accepts %q first, which is not a binary media type of the API", accept))
		}
	}
	if err != nil {
		s.refuse(name, resp.RequestID, err)
		t.broken(w)
		return
	}
	answer.write(w)
}

// refuse reports an answer that is not a valid HTTP response.
func (s *Server) refuse(function, requestID string, reason error) {
	if s.config.Refused != nil {
		s.config.Refused(function, requestID, reason.Error())
	}
}

// balanced reports whether the trigger is a load balancer.
func (t trigger) balanced() bool { return t.kind == event.ALB || t.kind == event.ALBMulti }

// event makes the event of a request, and sets the trace of its invocation, and the ids in
// the header fields of the answer.
func (s *Server) event(t trigger, name, rest string, answer http.Header, r *http.Request, invocation *Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, int64(t.maxBody)+1))
	if err != nil {
		return nil, err
	}
	if len(body) > t.maxBody {
		n, _ := io.Copy(io.Discard, io.LimitReader(r.Body, maxDrain)) // or the client could not read the refusal
		return nil, &TooLargeError{Size: len(body) + int(n), Limit: t.maxBody}
	}
	stage := ""
	if t.stage != "" {
		stage, rest, _ = strings.Cut(rest, "/")
		if stage, err = url.PathUnescape(stage); err != nil {
			return nil, err
		}
	}
	ip, port, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		ip = r.RemoteAddr
	}
	now := time.Now()
	header := r.Header.Clone()
	if invocation.Trace = header.Get("X-Amzn-Trace-Id"); invocation.Trace == "" {
		invocation.Trace = newTrace(now)
		root, _, _ := strings.Cut(invocation.Trace, ";")
		header.Set("X-Amzn-Trace-Id", root)
	} else if t.balanced() && strings.Contains(invocation.Trace, "Root=") {
		self, _, _ := strings.Cut(newTrace(now), ";") // ("Request tracing for your Application Load Balancer")
		header.Set("X-Amzn-Trace-Id", strings.Replace(self, "Root", "Self", 1)+";"+invocation.Trace)
	}
	id, extended := invocation.RequestID, ""
	switch t.kind {
	case event.RESTAPI:
		id, extended = event.RequestID(t.kind), event.RequestID(event.HTTPAPI)
		answer.Set("X-Amz-Apigw-Id", extended)
	case event.HTTPAPI:
		id = event.RequestID(t.kind)
		answer.Set("Apigw-Requestid", id)
	}
	if !t.balanced() && t.kind != event.HTTPAPI {
		answer.Set("X-Amzn-Requestid", id)
		answer.Set("X-Amzn-Trace-Id", header.Get("X-Amzn-Trace-Id"))
	}
	// API Gateway and load balancers add to the field that the client, or a proxy before
	// them, has sent ("HTTP headers and Application Load Balancers"). What function URLs do
	// is not known.
	if before := header.Values("X-Forwarded-For"); t.kind == event.FunctionURL || len(before) == 0 {
		header.Set("X-Forwarded-For", ip)
	} else {
		all := strings.Join(before, ", ") + ", " + ip
		header["X-Forwarded-For"] = []string{all}
	}
	header.Set("X-Forwarded-Proto", "http")
	if _, own, err := net.SplitHostPort(r.Host); err == nil {
		port = own
	}
	header.Set("X-Forwarded-Port", port)
	return event.Request{
		Method: r.Method, Path: "/" + rest, Query: r.URL.RawQuery, Protocol: r.Proto, Host: r.Host, Header: header, SourceIP: ip, Body: body,
		Spelling: spelling(r), ID: t.id(name), RequestID: id, Extended: extended,
		Stage: stage, Route: t.route, Parameters: t.parameters, BinaryTypes: append([]string{}, s.config.BinaryTypes...), Account: s.config.Account, Region: s.config.Region, Time: now,
	}.Encode(t.kind)
}

// id returns the id of a function's URL or API, in AWS's form; it is always the same.
func (t trigger) id(name string) string {
	digits := 10
	if t.kind == event.FunctionURL {
		digits = 32
	}
	sum := sha256.Sum256([]byte(t.prefix + " " + name))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:digits]
}

// refused answers a call that did not reach the function.
func (t trigger) refused(w http.ResponseWriter, e *apiError) {
	if e.status == http.StatusTooManyRequests {
		e.status = t.throttled
	}
	switch {
	case t.kind == event.FunctionURL || e.status == http.StatusTooManyRequests || e.status == http.StatusRequestEntityTooLarge:
		message(w, e.status, e.message)
	case t.kind == event.RESTAPI:
		message(w, e.status, "Internal server error")
	case t.kind == event.HTTPAPI:
		message(w, e.status, "Service Unavailable")
	default:
		page(w, e.status)
	}
}

// timedOut answers a call when the trigger does not wait any longer.
func (t trigger) timedOut(w http.ResponseWriter) {
	if t.kind == event.RESTAPI {
		message(w, http.StatusGatewayTimeout, "Endpoint request timed out")
		return
	}
	message(w, http.StatusServiceUnavailable, "Service Unavailable")
}

// broken answers for a function that failed, or whose answer is invalid.
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
		page(w, http.StatusBadGateway)
	}
}

// page writes an error in a load balancer's form.
func page(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	title := strconv.Itoa(status) + " " + http.StatusText(status)
	_, _ = io.WriteString(w, "<html>\r\n<head><title>"+title+"</title></head>\r\n<body>\r\n<center><h1>"+title+"</h1></center>\r\n</body>\r\n</html>\r\n")
}
