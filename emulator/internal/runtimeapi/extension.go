package runtimeapi

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
)

const (
	headerExtension  = "Lambda-Extension-Name"
	headerIdentifier = "Lambda-Extension-Identifier"
	headerExtError   = "Lambda-Extension-Function-Error-Type"
)

// maxExtensions is how many may register (AWS Lambda developer guide, "Using
// the Lambda Extensions API to create extensions").
const maxExtensions = 10

// An extension runs in the function's own process: others would come in layers,
// which there are none of here.
type extension struct {
	name    string
	invokes bool // it wants to hear of each event
	idle    bool // it asked for the next one, and there was none
	events  chan []byte
}

// invoke tells it of an event, if it wants to know.
func (x *extension) invoke(e Event) {
	if !x.invokes {
		return
	}
	text, err := json.Marshal(map[string]any{
		"eventType": "INVOKE", "deadlineMs": e.Deadline.UnixMilli(), "requestId": e.ID, "invokedFunctionArn": e.ARN,
		"tracing": map[string]string{"type": "X-Amzn-Trace-Id", "value": e.Trace},
	})
	if err == nil {
		x.idle = false
		x.events <- text // there is room: it was idle
	}
}

func (s *Server) register(w http.ResponseWriter, r *http.Request) {
	name := r.Header.Get(headerExtension)
	var wanted struct{ Events []string }
	err := json.NewDecoder(io.LimitReader(r.Body, 64<<10)).Decode(&wanted)
	s.mu.Lock()
	defer s.mu.Unlock()
	forbid := func(kind, message string) { refuse(w, http.StatusForbidden, kind, message) }
	switch {
	case name == "":
		forbid("Extension.InvalidExtensionName", "Empty extension name")
		return
	case err != nil && err != io.EOF:
		forbid("InvalidRequestFormat", err.Error())
		return
	case s.state != started:
		forbid("Extension.RegistrationClosed", "Extension registration closed already")
		return
	case len(s.order) == maxExtensions:
		forbid("Extension.TooManyExtensions", fmt.Sprintf("Extension limit (%d) reached", maxExtensions))
		return
	case slices.ContainsFunc(s.order, func(x *extension) bool { return x.name == name }):
		forbid("Extension.AlreadyRegistered", "Extension with this name already registered")
		return
	}
	for _, event := range wanted.Events {
		if event != "INVOKE" {
			forbid("Extension.InvalidEventType", event+": event type not supported for internal extensions")
			return
		}
	}
	x := &extension{name: name, invokes: len(wanted.Events) > 0, events: make(chan []byte, 1)}
	id := fmt.Sprintf("%x-%x", random(4), random(12))
	s.extensions[id] = x
	s.order = append(s.order, x)
	w.Header().Set(headerIdentifier, id)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{
		"functionName": s.function.Name, "functionVersion": s.function.Version,
		"handler": s.function.Handler, "accountId": s.function.Account,
	})
}

// find returns the extension that a request is from, or refuses; s.mu is
// held.
func (s *Server) find(w http.ResponseWriter, r *http.Request) *extension {
	id := r.Header.Get(headerIdentifier)
	x := s.extensions[id]
	switch {
	case id == "":
		refuse(w, http.StatusForbidden, "Extension.MissingHeader", "Missing "+headerIdentifier+" header")
	case x == nil:
		refuse(w, http.StatusForbidden, "Extension.UnknownExtensionIdentifier", "Unknown extension "+id)
	}
	return x
}

func (s *Server) extensionNext(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	x := s.find(w, r)
	if x == nil {
		s.mu.Unlock()
		return
	}
	x.idle = len(x.events) == 0
	s.settle()
	s.mu.Unlock()
	select {
	case <-r.Context().Done():
	case <-s.stop:
		panic(http.ErrAbortHandler)
	case event := <-x.events:
		w.Header().Set(headerIdentifier, r.Header.Get(headerIdentifier))
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(event)
	}
}

func (s *Server) extensionError(w http.ResponseWriter, r *http.Request) {
	a := readError(r)
	a.ErrorType = r.Header.Get(headerExtError)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.find(w, r) == nil {
		return
	}
	if a.ErrorType == "" {
		refuse(w, http.StatusForbidden, "Extension.MissingHeader", "Missing "+headerExtError+" header")
		return
	}
	accept(w)
	s.report(a)
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}
