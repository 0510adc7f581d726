package runtimeapi

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	headerExtension  = "Lambda-Extension-Name"
	headerIdentifier = "Lambda-Extension-Identifier"
	headerEvent      = "Lambda-Extension-Event-Identifier"
	headerFeature    = "Lambda-Extension-Accept-Feature"
	headerExtError   = "Lambda-Extension-Function-Error-Type"
)

// maxExtensions is how many may register (AWS Lambda developer guide, "Using
// the Lambda Extensions API to create extensions").
const maxExtensions = 10

// An extensionState is the state of an extension, by the name that refusals show.
//
//	registered ─▶ ready ◀─▶ running    next; an event was there
//	registered ─▶ failed               init/error
//	any ─▶ exiting                     exit/error
type extensionState string

const (
	extensionRegistered extensionState = "Registered"
	extensionReady      extensionState = "Ready"
	extensionRunning    extensionState = "Running"
	extensionFailed     extensionState = "InitError"
	extensionExiting    extensionState = "ExitError"
)

// An extension is internal, a part of the function's own process, or external, a
// process of its own that is started from a file of a layer.
type extension struct {
	id       string
	name     string
	external bool
	events   []string // that it registered for, sorted: "INVOKE", "SHUTDOWN"
	state    extensionState
	message  chan []byte // about an event that it has not asked for yet; has room for one
}

// An Extension describes a registered extension.
type Extension struct {
	Name   string
	State  string // "Registered", "Ready", …
	Events []string
}

// Extensions returns the extensions in the order in which they registered.
func (s *Server) Extensions() []Extension {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Extension
	for _, x := range s.extensions {
		all = append(all, Extension{x.name, string(x.state), x.events})
	}
	return all
}

// Registered is closed when all external extensions have registered.
func (s *Server) Registered() <-chan struct{} { return s.registered }

// Shutdown sends the extensions that registered for SHUTDOWN that event, in place of
// one that they have not taken yet, and returns their names.
// reason is "SPINDOWN", "TIMEOUT" or "FAILURE".
func (s *Server) Shutdown(reason string, deadline time.Time) (told []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.extensions {
		if !slices.Contains(x.events, "SHUTDOWN") {
			continue
		}
		select {
		case <-x.message:
		default:
		}
		x.message <- encode(map[string]any{"eventType": "SHUTDOWN", "deadlineMs": deadline.UnixMilli(), "shutdownReason": reason})
		told = append(told, x.name)
	}
	return told
}

// invoke sends an event to an extension that registered for INVOKE; the server's mu is
// held.
func (x *extension) invoke(e *Event) {
	if !slices.Contains(x.events, "INVOKE") {
		return
	}
	x.state = extensionRunning
	x.message <- encode(map[string]any{ // it was ready: there is room
		"eventType": "INVOKE", "deadlineMs": e.Deadline.UnixMilli(), "requestId": e.ID, "invokedFunctionArn": e.ARN,
		"tracing": map[string]string{"type": "X-Amzn-Trace-Id", "value": e.Trace},
	})
}

// readRegistration reads the events for which an extension registers. An empty body is
// malformed, as in AWS's emulator.
func readRegistration(r *http.Request) (events []string, err error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	if err != nil {
		return nil, err
	}
	var wanted struct{ Events, ConfigurationKeys []string }
	if err := json.Unmarshal(body, &wanted); err != nil {
		return nil, err
	}
	if len(wanted.ConfigurationKeys) > 0 {
		return nil, errors.New("configurationKeys are deprecated; use environment variables instead")
	}
	return wanted.Events, nil
}

func (s *Server) register(w http.ResponseWriter, r *http.Request) {
	events, err := readRegistration(r)
	id := NewUUID()
	if no := s.enlist(id, r.Header.Get(headerExtension), events, err); no != nil {
		no.write(w)
		return
	}
	answer := map[string]string{"functionName": s.config.Name, "functionVersion": s.config.Version, "handler": s.config.Handler}
	for feature := range strings.SplitSeq(r.Header.Get(headerFeature), ",") {
		if strings.TrimSpace(feature) == "accountId" {
			answer["accountId"] = s.config.Account
		}
	}
	w.Header().Set(headerIdentifier, id)
	writeJSON(w, http.StatusOK, answer)
}

// enlist adds an extension, or returns why not.
func (s *Server) enlist(id, name string, events []string, malformed error) *refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case name == "":
		return forbidden("Extension.InvalidExtensionName", "Empty extension name")
	case malformed != nil:
		return forbidden("InvalidRequestFormat", malformed.Error())
	}
	external := slices.Contains(s.config.External, name)
	for _, event := range events {
		switch {
		case event == "INVOKE" && s.single():
		case event == "SHUTDOWN" && external:
		case event == "INVOKE":
			return forbidden("Extension.InvalidEventType", event+": event type not supported for several events at a time")
		case event == "SHUTDOWN":
			return forbidden("Extension.InvalidEventType", event+": event type not supported for internal extensions")
		default:
			return forbidden("Extension.InvalidEventType", event+": unknown event type")
		}
	}
	switch {
	case s.state != started:
		return forbidden("Extension.RegistrationClosed", "Extension registration closed already")
	case slices.ContainsFunc(s.extensions, func(x *extension) bool { return x.name == name }):
		return forbidden("Extension.InvalidExtensionState", "Extension with this name already registered")
	case len(s.extensions) == maxExtensions:
		return forbidden("Extension.TooManyExtensions", fmt.Sprintf("Extension limit (%d) reached", maxExtensions))
	}
	events = slices.Sorted(slices.Values(events))
	s.extensions = append(s.extensions, &extension{
		id: id, name: name, external: external, events: slices.Compact(events), state: extensionRegistered, message: make(chan []byte, 1),
	})
	if external {
		if s.missing--; s.missing == 0 {
			close(s.registered)
		}
	}
	return nil
}

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// find returns the extension that sent a request, or why there is none.
func (s *Server) find(r *http.Request) (*extension, *refusal) {
	id := r.Header.Get(headerIdentifier)
	switch {
	case id == "":
		return nil, forbidden("Extension.MissingExtensionIdentifier", "Missing "+headerIdentifier+" header")
	case !uuidForm.MatchString(id):
		return nil, forbidden("Extension.InvalidExtensionIdentifier", "Invalid "+headerIdentifier)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.extensions {
		if strings.EqualFold(x.id, id) {
			return x, nil
		}
	}
	return nil, forbidden("Extension.UnknownExtensionIdentifier", "Unknown extension "+id)
}

// move changes the state of an extension, or returns why not.
func (s *Server) move(x *extension, next extensionState, from ...extensionState) *refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(from, x.state) {
		return forbidden("Extension.InvalidExtensionState",
			fmt.Sprintf("State transition from %s to %s failed for extension %s. Error: State transition is not allowed", x.state, next, x.id))
	}
	if next != extensionReady || len(x.message) == 0 { // otherwise it gets one at once
		x.state = next
	}
	return nil
}

func (s *Server) extensionNext(w http.ResponseWriter, r *http.Request) {
	x, no := s.find(r)
	if no == nil {
		no = s.move(x, extensionReady, extensionRegistered, extensionRunning)
	}
	if no != nil {
		no.write(w)
		return
	}
	s.mu.Lock()
	more := s.settle()
	s.mu.Unlock()
	s.signal(more...)
	select {
	case message := <-x.message:
		w.Header().Set(headerIdentifier, x.id)
		w.Header().Set(headerEvent, NewUUID())
		writeBody(w, http.StatusOK, message)
	case <-r.Context().Done():
	}
}

// extensionError takes an error of an extension, which ends the instance. kind is the
// type that Lambda gives it.
func (s *Server) extensionError(kind string, next extensionState, from ...extensionState) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		x, no := s.find(r)
		if no == nil && r.Header.Get(headerExtError) == "" {
			no = forbidden("Extension.MissingHeader", headerExtError+" not found")
		}
		if no == nil {
			no = s.move(x, next, from...)
		}
		if no != nil {
			no.write(w)
			return
		}
		s.report(r, func(a *Answer) { a.ErrorType = kind })
		accept(w)
	}
}

// NewUUID makes a random UUID (RFC 9562, version 4).
func NewUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
