package emulator

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bootzip/bootzip/emulator/event"
	"github.com/bootzip/bootzip/emulator/internal/runtimeapi"
)

// maxAsync is the limit of an asynchronous event, in bytes (AWS Lambda developer
// guide, "Lambda quotas").
const maxAsync = 1 << 20

// maxDrain bounds how much of a request that is too large is read, in bytes.
const maxDrain = 64 << 20

// maxClientContext is the limit of a client context, in bytes of base64 (AWS Lambda
// API reference, Invoke).
const maxClientContext = 3583

// functionsPath is where the operations on functions are.
const functionsPath = "/2015-03-31/functions"

func (s *Server) apiRoutes() {
	s.mux.HandleFunc("GET "+functionsPath, s.listFunctions)
	s.mux.HandleFunc("GET "+functionsPath+"/{$}", s.listFunctions)
	s.mux.HandleFunc("GET "+functionsPath+"/{name}", s.getFunction)
	s.mux.HandleFunc("GET "+functionsPath+"/{name}/configuration", s.getFunction)
	s.mux.HandleFunc("POST "+functionsPath+"/{name}/invocations", s.invoke)
	s.mux.HandleFunc("POST /2021-11-15/functions/{name}/response-streaming-invocations", s.invokeStream)
	s.mux.HandleFunc("GET /{$}", s.index)
	s.mux.HandleFunc("/", unknownOperation)
}

// operation matches the paths of Lambda's API.
var operation = regexp.MustCompile(`^/\d{4}-\d{2}-\d{2}/`)

// unknownOperation refuses an unknown path: for an operation of Lambda's API, with an
// error that AWS's clients understand.
func unknownOperation(w http.ResponseWriter, r *http.Request) {
	if !operation.MatchString(r.URL.Path) {
		message(w, http.StatusNotFound, "Not Found: GET / lists the addresses that there are")
		return
	}
	(&apiError{status: http.StatusNotFound, kind: "UnknownOperationException", message: "operation is not emulated: " + r.Method + " " + r.URL.Path}).write(w)
}

// An apiError is one that AWS's clients understand (AWS Lambda API reference, Invoke,
// Errors).
type apiError struct {
	status  int
	kind    string
	message string
	reason  string // of throttling
}

// capitalMessage are the errors whose text is in the member Message, not message (the API's
// service model, as in botocore).
var capitalMessage = []string{"ResourceNotFoundException", "ServiceException", "SnapStartException", "SnapStartTimeoutException"}

func (e *apiError) write(w http.ResponseWriter) {
	member := "message"
	if slices.Contains(capitalMessage, e.kind) {
		member = "Message"
	}
	document := map[string]string{"Type": "User", member: e.message}
	if e.status >= 500 {
		document["Type"] = "Service"
	}
	if e.reason != "" {
		document["Reason"] = e.reason
		w.Header().Set("Retry-After", "1")
	}
	w.Header().Set("X-Amzn-Errortype", e.kind)
	writeJSON(w, e.status, document)
}

// apiErrorOf returns an error of Invoke in AWS's words.
func apiErrorOf(err error) *apiError {
	e := &apiError{status: http.StatusInternalServerError, kind: "ServiceException", message: err.Error()}
	var large *TooLargeError
	var throttled *ThrottledError
	var snap *SnapStartError
	switch {
	case errors.As(err, &snap):
		e.status, e.kind = http.StatusBadRequest, snap.Kind
		if snap.Kind == "SnapStartTimeoutException" {
			e.status = http.StatusRequestTimeout
		}
	case errors.As(err, &large):
		e.status, e.kind = http.StatusRequestEntityTooLarge, "RequestTooLargeException"
	case errors.As(err, &throttled):
		e.status, e.kind = http.StatusTooManyRequests, "TooManyRequestsException"
		e.message, e.reason = "Rate Exceeded.", "ReservedFunctionConcurrentInvocationLimitExceeded"
	case errors.Is(err, ErrClosed):
		e.status, e.kind = http.StatusBadGateway, "ResourceNotReadyException"
	}
	return e
}

func badRequest(kind, message string) *apiError {
	return &apiError{status: http.StatusBadRequest, kind: kind, message: message}
}

func invalidContent(message string) *apiError {
	return badRequest("InvalidRequestContentException", message)
}

// find returns the function with a name or a partial or full ARN, its name, and the version
// or alias: wanted if it is set, otherwise the one in the name.
func (s *Server) find(id, wanted string) (f *Function, name, qualifier string, failure *apiError) {
	name = id
	if _, after, ok := strings.Cut(name, ":function:"); ok {
		name = after
	}
	name, qualifier, _ = strings.Cut(name, ":")
	if wanted != "" {
		qualifier = wanted
	}
	if f = s.function(name); f == nil {
		partition, _ := event.Partition(s.config.Region)
		return nil, name, qualifier, &apiError{status: http.StatusNotFound, kind: "ResourceNotFoundException",
			message: fmt.Sprintf("Function not found: arn:%s:lambda:%s:%s:function:%s", partition, s.config.Region, s.config.Account, name)}
	}
	return f, name, qualifier, nil
}

// An apiCall is a request of a client of AWS.
type apiCall struct {
	function *Function
	name     string
	request  Request
}

// read decodes a request.
func (s *Server) read(w http.ResponseWriter, r *http.Request, limit int) (apiCall, *apiError) {
	f, name, qualifier, failure := s.find(r.PathValue("name"), r.URL.Query().Get("Qualifier"))
	if failure != nil {
		return apiCall{}, failure
	}
	payload, err := io.ReadAll(io.LimitReader(r.Body, int64(limit)+1))
	if err != nil {
		return apiCall{}, invalidContent("Could not read the request body")
	}
	if len(payload) > limit {
		n, _ := io.Copy(io.Discard, io.LimitReader(r.Body, maxDrain))
		return apiCall{}, apiErrorOf(&TooLargeError{len(payload) + int(n), limit, limit == maxAsync})
	}
	if len(payload) == 0 {
		payload = []byte("{}")
	}
	if !json.Valid(payload) {
		return apiCall{}, invalidContent("Could not parse request body into json")
	}
	c := apiCall{f, name, Request{
		Payload: payload, Qualifier: qualifier, RequestID: runtimeapi.NewUUID(), Trace: r.Header.Get("X-Amzn-Trace-Id"),
		Tenant: r.Header.Get("X-Amz-Tenant-Id"), Tail: r.Header.Get("X-Amz-Log-Type") == "Tail",
	}}
	// An asynchronous event has no client context.
	if encoded := r.Header.Get("X-Amz-Client-Context"); encoded != "" && r.Header.Get("X-Amz-Invocation-Type") != "Event" {
		if len(encoded) > maxClientContext {
			return apiCall{}, invalidContent(fmt.Sprintf("Client context must not be larger than %d bytes in base64", maxClientContext))
		}
		text, err := base64.StdEncoding.DecodeString(encoded)
		var object map[string]json.RawMessage
		if err != nil || json.Unmarshal(text, &object) != nil || object == nil {
			return apiCall{}, invalidContent("Client context must be a valid Base64-encoded JSON object.")
		}
		c.request.ClientContext = string(text)
	}
	w.Header().Set("X-Amzn-Requestid", c.request.RequestID)
	return c, nil
}

// admit decodes the request of a client that waits for the answer. It answers a request
// itself, and returns false, if it refuses the request or if that is a dry run.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) (c apiCall, ok bool) {
	kind := r.Header.Get("X-Amz-Invocation-Type")
	failure := badRequest("InvalidParameterValueException", "Unknown invocation type "+kind)
	if slices.Contains([]string{"", "RequestResponse", "DryRun"}, kind) {
		c, failure = s.read(w, r, maxPayload)
	}
	switch {
	case failure != nil:
		failure.write(w)
	case kind == "DryRun":
		w.Header().Set("X-Amz-Executed-Version", latest)
		w.WriteHeader(http.StatusNoContent)
	default:
		return c, true
	}
	return c, false
}

// invoke is Lambda's Invoke.
func (s *Server) invoke(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Amz-Invocation-Type") != "Event" {
		if c, ok := s.admit(w, r); ok {
			s.invokeNow(w, r, c)
		}
		return
	}
	c, failure := s.read(w, r, maxAsync)
	if failure == nil {
		failure = s.enqueue(c, r.UserAgent())
	}
	if failure != nil {
		failure.write(w)
		return
	}
	w.Header().Set("X-Amz-Executed-Version", latest)
	w.WriteHeader(http.StatusAccepted)
}

// invokeNow invokes a function while the client waits.
func (s *Server) invokeNow(w http.ResponseWriter, r *http.Request, c apiCall) {
	// A client that leaves does not stop the function.
	resp, err := s.run(context.WithoutCancel(r.Context()), c.function, Arrival{c.name, "Invoke", r.UserAgent(), &c.request})
	if err != nil {
		apiErrorOf(err).write(w)
		return
	}
	h := w.Header()
	h.Set("X-Amz-Executed-Version", latest)
	if resp.FunctionError != "" {
		h.Set("X-Amz-Function-Error", resp.FunctionError)
	}
	if resp.Log != nil {
		h.Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString(resp.Log))
	}
	h.Set("Content-Type", "application/json")
	send(w, http.StatusOK, resp.Payload)
}

// enqueue takes an asynchronous event.
func (s *Server) enqueue(c apiCall, client string) *apiError {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return apiErrorOf(ErrClosed)
	}
	select {
	case s.queue <- struct{}{}:
	default:
		return apiErrorOf(&ThrottledError{maxQueue})
	}
	s.events.Add(1)
	go func() {
		defer s.events.Done()
		defer func() { <-s.queue }()
		s.deliver(c, client)
	}()
	return nil
}

// throttlePause is how long a throttled asynchronous event waits before it is tried
// again. Such tries do not count.
const throttlePause = 50 * time.Millisecond

// deliver invokes a function with an asynchronous event, and tries again if it fails.
func (s *Server) deliver(c apiCall, client string) {
	reason := ""
	for retries := s.config.Retries; ; {
		// It may have been replaced meanwhile.
		f := s.function(c.name)
		if f == nil {
			reason = "the function is gone"
			break
		}
		resp, err := s.run(s.life, f, Arrival{c.name, "Invoke, asynchronous", client, &c.request})
		if err == nil && resp.FunctionError == "" {
			return
		}
		pause := throttlePause
		var throttled *ThrottledError
		if !errors.As(err, &throttled) {
			if reason = resp.ErrorType; err != nil {
				reason = err.Error()
			}
			if len(retries) == 0 {
				break
			}
			pause, retries = retries[0], retries[1:]
		}
		select {
		case <-time.After(pause):
			continue
		case <-s.life.Done():
			reason = "the server was stopped"
		}
		break
	}
	if s.config.Dropped != nil {
		s.config.Dropped(c.name, c.request.RequestID, reason)
	}
}
