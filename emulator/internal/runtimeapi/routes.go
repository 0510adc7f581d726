package runtimeapi

import (
	"crypto/subtle"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

const (
	headerErrorType = "Lambda-Runtime-Function-Error-Type"
	headerErrorBody = "Lambda-Runtime-Function-Error-Body"
	headerMode      = "Lambda-Runtime-Function-Response-Mode"
	headerAttempt   = "Lambda-Runtime-Invocation-Id"
)

// Where the paths of the APIs begin.
const (
	runtimePath   = "/2018-06-01/runtime/"
	extensionPath = "/2020-01-01/extension/"
)

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/ping", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "pong") })
	mux.HandleFunc("GET "+runtimePath+"invocation/next", s.next)
	mux.HandleFunc("POST "+runtimePath+"invocation/{id}/response", s.response)
	mux.HandleFunc("POST "+runtimePath+"invocation/{id}/error", s.invocationError)
	mux.HandleFunc("POST "+runtimePath+"init/error", s.failure(started, failed))
	mux.HandleFunc("POST "+extensionPath+"register", s.register)
	mux.HandleFunc("GET "+extensionPath+"event/next", s.extensionNext)
	mux.HandleFunc("POST "+extensionPath+"init/error",
		s.extensionError("Extension.InitError", extensionFailed, extensionRegistered, extensionFailed))
	mux.HandleFunc("POST "+extensionPath+"exit/error",
		s.extensionError("Extension.ExitError", extensionExiting, extensionRegistered, extensionReady, extensionRunning, extensionExiting))
	mux.HandleFunc("PUT /2022-07-01/telemetry", s.subscribe("Telemetry", "ValidationError"))
	mux.HandleFunc("PUT /2020-08-15/logs", s.subscribe("Logs", "Logs.ValidationError"))
	mux.HandleFunc("GET /2026-01-15/metadata/execution-environment", s.metadata)
	if s.config.SnapStart { // otherwise 404
		mux.HandleFunc("GET "+runtimePath+"restore/next", s.restoreNext)
		mux.HandleFunc("POST "+runtimePath+"restore/error", s.failure(restoring, restoreFailed))
		mux.HandleFunc("GET "+CredentialsPath, s.credentials)
	}
	return mux
}

// zone is the availability zone of every instance: that of AWS's emulator.
const zone = "use1-az1"

// metadata answers with the availability zone of the instance (AWS Lambda developer guide,
// "Using the Lambda metadata endpoint").
func (s *Server) metadata(w http.ResponseWriter, r *http.Request) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || subtle.ConstantTimeCompare([]byte(token), []byte(s.config.Token)) == 0 {
		(&refusal{http.StatusUnauthorized, "Unauthorized", "the request does not bear AWS_LAMBDA_METADATA_TOKEN"}).write(w)
		return
	}
	w.Header().Set("Cache-Control", "private, max-age=43200, immutable")
	writeJSON(w, http.StatusOK, map[string]string{"AvailabilityZoneID": zone})
}

// maxSubscription bounds a subscription, in bytes.
const maxSubscription = 64 << 10

// subscribe takes a subscription to the API called api. invalid is the error type for
// a refused one.
func (s *Server) subscribe(api, invalid string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.config.Subscribe == nil {
			(&refusal{http.StatusAccepted, api + ".NotSupported", api + " API is not supported"}).write(w)
			return
		}
		x, no := s.find(r)
		if no == nil {
			s.mu.Lock()
			open := !s.initialised
			s.mu.Unlock()
			if !open {
				no = forbidden(api+".SubscriptionClosed", api+" API subscription is closed already")
			}
		}
		if no != nil {
			no.write(w)
			return
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, maxSubscription))
		if err == nil {
			err = s.config.Subscribe(x.name, api == "Logs", body)
		}
		if err != nil {
			(&refusal{http.StatusBadRequest, invalid, err.Error()}).write(w)
			return
		}
		writeBody(w, http.StatusOK, []byte(`"OK"`))
	}
}

// next waits for an event and writes it.
func (s *Server) next(w http.ResponseWriter, r *http.Request) {
	wait, no := s.wait()
	if no != nil {
		no.write(w)
		return
	}
	select {
	case c := <-wait.calls:
		if r.Context().Err() != nil || writeEvent(w, &c.Event) != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.giveBack(wait, c)
		}
	case <-r.Context().Done():
		s.leave(wait)
	}
}

// writeEvent writes an event. On an error, the client did not get it.
func writeEvent(w http.ResponseWriter, e *Event) error {
	h := w.Header()
	h["Content-Type"] = contentJSON
	h["Content-Length"] = []string{strconv.Itoa(len(e.Payload))}
	h["Lambda-Runtime-Aws-Request-Id"] = []string{e.ID}
	h["Lambda-Runtime-Deadline-Ms"] = []string{strconv.FormatInt(e.Deadline.UnixMilli(), 10)}
	h["Lambda-Runtime-Invoked-Function-Arn"] = []string{e.ARN}
	h["Lambda-Runtime-Trace-Id"] = []string{e.Trace}
	for name, value := range map[string]string{
		headerAttempt:                     e.Attempt,
		"Lambda-Runtime-Client-Context":   e.ClientContext,
		"Lambda-Runtime-Cognito-Identity": e.Cognito,
		"Lambda-Runtime-Aws-Tenant-Id":    e.Tenant,
	} {
		if value != "" {
			h[name] = []string{value}
		}
	}
	if _, err := w.Write(e.Payload); err != nil {
		return err
	}
	// Send it now: only sending reveals a broken connection.
	return http.NewResponseController(w).Flush()
}

func (s *Server) invocationError(w http.ResponseWriter, r *http.Request) {
	c, no := s.claim(r.PathValue("id"), r.Header.Get(headerAttempt))
	if no != nil {
		no.write(w)
		return
	}
	s.answer(c, readError(r))
	accept(w)
}

// failure takes the report of a runtime that cannot take events. It changes the state
// from from to to.
func (s *Server) failure(from, to state) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if no := s.advance(from, to); no != nil {
			no.write(w)
			return
		}
		s.report(r, func(a *Answer) {
			if r.Header.Get(headerErrorType) != "" {
				a.ErrorType = initType(a.ErrorType)
			}
		})
		accept(w)
	}
}

// report delivers an error as the fault, after edit. Only the first counts; others are not
// even read.
func (s *Server) report(r *http.Request, edit func(*Answer)) {
	if s.faulted.CompareAndSwap(false, true) {
		a := readError(r)
		edit(&a)
		s.fault <- a // it has room for one
	}
}

// initType returns the type that Lambda reports for a failed initialisation: what does
// not have the form Runtime.Reason or Function.Reason becomes unknown (AWS Lambda
// developer guide, "Using the Lambda runtime API for custom runtimes").
func initType(kind string) string {
	switch {
	case validType.MatchString(kind):
		return kind
	case strings.HasPrefix(kind, "Function."):
		return "Function.Unknown"
	}
	return "Runtime.Unknown"
}

var validType = regexp.MustCompile(`^(Runtime|Function)\.[A-Z][a-zA-Z]+`)

// readError reads an error document, or makes one from the header. The type is that of the
// header, or else that of the document: many runtimes, including AWS's own for Go, put it
// only there. Long types, and long texts that are not JSON, are cut.
func readError(r *http.Request) Answer {
	a := Answer{Failed: true, ContentType: r.Header.Get("Content-Type"), ErrorType: Cut(r.Header.Get(headerErrorType), maxErrorType)}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxPayload))
	if err == nil && json.Valid(body) {
		a.Payload = body
	} else {
		a.Payload = ErrorDocument(a.ErrorType, Cut(string(body), maxErrorText))
	}
	if a.ErrorType == "" {
		var document struct{ ErrorType string }
		_ = json.Unmarshal(body, &document) // other forms have no type
		a.ErrorType = Cut(document.ErrorType, maxErrorType)
	}
	return a
}
