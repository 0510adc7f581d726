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
	"strings"
	"time"
)

// maxAsync is what an asynchronous event may have, in bytes (AWS Lambda
// developer guide, "Lambda quotas").
const maxAsync = 1 << 20

// maxDrain is how much of a request that is too large is read, in bytes.
const maxDrain = 64 << 20

// maxClientContext is what a client context may have, in bytes of base64 (AWS
// Lambda API reference, Invoke).
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

// operation is how the paths of Lambda's API begin.
var operation = regexp.MustCompile(`^/\d{4}-\d{2}-\d{2}/`)

// unknownOperation refuses what is not there; an operation of Lambda's API as
// AWS's clients understand it.
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

func (e *apiError) write(w http.ResponseWriter) {
	document := map[string]string{"Type": "User", "Message": e.message}
	if e.status >= 500 {
		document["Type"] = "Service"
	}
	if e.reason != "" {
		document["Reason"] = e.reason
		w.Header().Set("Retry-After", "1")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", e.kind)
	w.WriteHeader(e.status)
	_ = json.NewEncoder(w).Encode(document)
}

// apiErrorOf says an error of Invoke in AWS's words.
func apiErrorOf(err error) *apiError {
	var large *TooLargeError
	var throttled *ThrottledError
	var snap *SnapStartError
	switch {
	case errors.As(err, &snap) && snap.Kind == "SnapStartTimeoutException":
		return &apiError{status: http.StatusRequestTimeout, kind: snap.Kind, message: err.Error()}
	case errors.As(err, &snap):
		return &apiError{status: http.StatusBadRequest, kind: snap.Kind, message: err.Error()}
	case errors.As(err, &large):
		return &apiError{status: http.StatusRequestEntityTooLarge, kind: "RequestTooLargeException", message: err.Error()}
	case errors.As(err, &throttled):
		return &apiError{status: http.StatusTooManyRequests, kind: "TooManyRequestsException", message: "Rate Exceeded.", reason: "ReservedFunctionConcurrentInvocationLimitExceeded"}
	case errors.Is(err, ErrClosed):
		return &apiError{status: http.StatusBadGateway, kind: "ResourceNotReadyException", message: err.Error()}
	}
	return &apiError{status: http.StatusInternalServerError, kind: "ServiceException", message: err.Error()}
}

func unknownType(kind string) *apiError {
	return &apiError{status: http.StatusBadRequest, kind: "InvalidParameterValueException", message: "Unknown invocation type " + kind}
}

// dryRun answers a request that shall have no effect.
func dryRun(w http.ResponseWriter) {
	w.Header().Set("X-Amz-Executed-Version", latest)
	w.WriteHeader(http.StatusNoContent)
}

// find returns the function of a name, or of a partial or whole ARN, and the version or alias that is meant.
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
		return nil, name, qualifier, &apiError{status: http.StatusNotFound, kind: "ResourceNotFoundException",
			message: fmt.Sprintf("Function not found: arn:aws:lambda:%s:%s:function:%s", s.config.Region, s.config.Account, name)}
	}
	return f, name, qualifier, nil
}

// A call is a request of a client of AWS.
type apiCall struct {
	function *Function
	name     string
	request  Request
}

// read takes a request apart.
func (s *Server) read(w http.ResponseWriter, r *http.Request, limit int) (apiCall, *apiError) {
	f, name, qualifier, failure := s.find(r.PathValue("name"), r.URL.Query().Get("Qualifier"))
	if failure != nil {
		return apiCall{}, failure
	}
	payload, err := io.ReadAll(io.LimitReader(r.Body, int64(limit)+1))
	if err != nil {
		return apiCall{}, &apiError{status: http.StatusBadRequest, kind: "InvalidRequestContentException", message: "Could not read the request body"}
	}
	if len(payload) > limit {
		n, _ := io.Copy(io.Discard, io.LimitReader(r.Body, maxDrain))
		return apiCall{}, apiErrorOf(&TooLargeError{len(payload) + int(n), limit})
	}
	if len(payload) == 0 {
		payload = []byte("{}")
	}
	if !json.Valid(payload) {
		return apiCall{}, &apiError{status: http.StatusBadRequest, kind: "InvalidRequestContentException", message: "Could not parse request body into json"}
	}
	c := apiCall{f, name, Request{
		Payload: payload, Qualifier: qualifier, RequestID: newUUID(), Trace: r.Header.Get("X-Amzn-Trace-Id"),
		Tenant: r.Header.Get("X-Amz-Tenant-Id"), Tail: r.Header.Get("X-Amz-Log-Type") == "Tail",
	}}
	// An asynchronous event has none.
	if encoded := r.Header.Get("X-Amz-Client-Context"); encoded != "" && r.Header.Get("X-Amz-Invocation-Type") != "Event" {
		if len(encoded) > maxClientContext {
			return apiCall{}, &apiError{status: http.StatusBadRequest, kind: "InvalidRequestContentException",
				message: fmt.Sprintf("Client context must not be larger than %d bytes in base64", maxClientContext)}
		}
		text, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || !json.Valid(text) {
			return apiCall{}, &apiError{status: http.StatusBadRequest, kind: "InvalidRequestContentException", message: "Client context must be a valid Base64-encoded JSON object."}
		}
		c.request.ClientContext = string(text)
	}
	w.Header().Set("X-Amzn-Requestid", c.request.RequestID)
	return c, nil
}

// invoke is Lambda's Invoke.
func (s *Server) invoke(w http.ResponseWriter, r *http.Request) {
	switch kind := r.Header.Get("X-Amz-Invocation-Type"); kind {
	case "", "RequestResponse":
		s.invokeNow(w, r)
	case "DryRun":
		if _, failure := s.read(w, r, maxPayload); failure != nil {
			failure.write(w)
			return
		}
		dryRun(w)
	case "Event":
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
	default:
		unknownType(kind).write(w)
	}
}

// invokeNow has a function answer while the client waits.
func (s *Server) invokeNow(w http.ResponseWriter, r *http.Request) {
	c, failure := s.read(w, r, maxPayload)
	if failure != nil {
		failure.write(w)
		return
	}
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

// throttlePause is how long an asynchronous event waits for an instance before it is
// tried again; that is no try that counts.
const throttlePause = 50 * time.Millisecond

// deliver has a function answer an asynchronous event, and tries again where
// it fails.
func (s *Server) deliver(c apiCall, client string) {
	reason := ""
	for try := 0; try <= len(s.config.Retries); {
		// It may have been replaced meanwhile.
		f := s.function(c.name)
		if f == nil {
			reason = "the function is gone"
			break
		}
		resp, err := s.run(s.life, f, Arrival{c.name, "Invoke, asynchronous", client, &c.request})
		var throttled *ThrottledError
		pause := throttlePause
		switch {
		case err == nil && resp.FunctionError == "":
			return
		case errors.As(err, &throttled):
		default:
			if reason = resp.ErrorType; err != nil {
				reason = err.Error()
			}
			if try < len(s.config.Retries) {
				pause = s.config.Retries[try]
			}
			try++
		}
		if try > len(s.config.Retries) {
			break
		}
		select {
		case <-time.After(pause):
		case <-s.life.Done():
			reason = "the server was stopped"
			try = len(s.config.Retries) + 1
		}
	}
	if s.config.Dropped != nil {
		s.config.Dropped(c.name, c.request.RequestID, reason)
	}
}
