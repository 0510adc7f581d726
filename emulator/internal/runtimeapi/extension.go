package runtimeapi

import (
	"crypto/rand"
	"encoding/hex"
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

// An extensionState is what an extension does, by the name that refusals show.
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

// An extension is a part of the function's own process, or, external, a process of
// its own, which a file of a layer is started as.
type extension struct {
	id       string
	name     string
	external bool
	events   []string // that it registered for, sorted: "INVOKE", "SHUTDOWN"
	state    extensionState
	message  chan []byte // about an event that it has not asked for yet; room for one
}

// An Extension is what an extension says of itself.
type Extension struct {
	Name   string
	State  string // "Registered", "Ready", …
	Events []string
}

// Extensions returns those that have registered, in that order.
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

// Shutdown tells the external extensions that asked for it that the instance ends,
// in place of an event that they have not taken yet, and returns their names.
// reason is "spindown", "timeout" or "failure".
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

// invoke informs an extension about an event, if it registered for them; the server's mu
// is held.
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

// A registration is what an extension sends to register.
type registration struct {
	Events            []string
	ConfigurationKeys []string
}

// readRegistration reads the body of a registration; an empty one is malformed,
// as it is for AWS's emulator.
func readRegistration(r *http.Request) (wanted registration, err error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	if err != nil {
		return wanted, err
	}
	if err := json.Unmarshal(body, &wanted); err != nil {
		return wanted, err
	}
	if len(wanted.ConfigurationKeys) > 0 {
		return wanted, errors.New("configurationKeys are deprecated; use environment variables instead")
	}
	return wanted, nil
}

func (s *Server) register(w http.ResponseWriter, r *http.Request) {
	wanted, err := readRegistration(r)
	id := NewUUID()
	if kind, message := s.enlist(id, r.Header.Get(headerExtension), wanted.Events, err); kind != "" {
		(&refusal{http.StatusForbidden, kind, message}).write(w)
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
func (s *Server) enlist(id, name string, events []string, malformed error) (kind, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case name == "":
		return "Extension.InvalidExtensionName", "Empty extension name"
	case malformed != nil:
		return "InvalidRequestFormat", malformed.Error()
	}
	external := slices.Contains(s.config.External, name)
	for _, event := range events {
		switch {
		case event == "INVOKE" && s.single():
		case event == "SHUTDOWN" && external:
		case event == "INVOKE":
			return "Extension.InvalidEventType", event + ": event type not supported for several events at a time"
		case event == "SHUTDOWN":
			return "Extension.InvalidEventType", event + ": event type not supported for internal extensions"
		default:
			return "Extension.InvalidEventType", event + ": unknown event type"
		}
	}
	switch {
	case s.state != started:
		return "Extension.RegistrationClosed", "Extension registration closed already"
	case slices.ContainsFunc(s.extensions, func(x *extension) bool { return x.name == name }):
		return "Extension.InvalidExtensionState", "Extension with this name already registered"
	case len(s.extensions) == maxExtensions:
		return "Extension.TooManyExtensions", fmt.Sprintf("Extension limit (%d) reached", maxExtensions)
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
	return "", ""
}

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// find returns the extension that sent a request, or the reason why there is none.
func (s *Server) find(r *http.Request) (*extension, *refusal) {
	id := r.Header.Get(headerIdentifier)
	switch {
	case id == "":
		return nil, &refusal{http.StatusForbidden, "Extension.MissingExtensionIdentifier", "Missing " + headerIdentifier + " header"}
	case !uuidForm.MatchString(id):
		return nil, &refusal{http.StatusForbidden, "Extension.InvalidExtensionIdentifier", "Invalid " + headerIdentifier}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.extensions {
		if strings.EqualFold(x.id, id) {
			return x, nil
		}
	}
	return nil, &refusal{http.StatusForbidden, "Extension.UnknownExtensionIdentifier", "Unknown extension " + id}
}

// move changes the state of an extension, or says why not.
func (s *Server) move(x *extension, next extensionState, from ...extensionState) *refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(from, x.state) {
		return &refusal{http.StatusForbidden, "Extension.InvalidExtensionState",
			fmt.Sprintf("State transition from %s to %s failed for extension %s. Error: State transition is not allowed", x.state, next, x.id)}
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

// extensionError takes an error of an extension, which ends the instance: kind
// is its type for Lambda.
func (s *Server) extensionError(kind string, next extensionState, from ...extensionState) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		x, no := s.find(r)
		if no == nil && r.Header.Get(headerExtError) == "" {
			no = &refusal{http.StatusForbidden, "Extension.MissingHeader", headerExtError + " not found"}
		}
		if no == nil {
			no = s.move(x, next, from...)
		}
		if no != nil {
			no.write(w)
			return
		}
		a := readError(r)
		a.ErrorType = kind
		s.report(a)
		accept(w)
	}
}

// NewUUID makes a random one (RFC 9562, version 4).
func NewUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	d := make([]byte, 0, 36)
	for at, end := range [...]int{4, 6, 8, 10, 16} {
		if at > 0 {
			d = append(d, '-')
		}
		d = hex.AppendEncode(d, b[[...]int{0, 4, 6, 8, 10}[at]:end])
	}
	return string(d)
}
