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

// An extension runs in the function's own process: external ones come in layers, which
// are not supported here.
type extension struct {
	id      string
	name    string
	invokes bool        // it registered for events
	idle    bool        // it waits for the next event
	message chan []byte // about an event that it has not asked for yet; room for one
}

// invoke informs an extension about an event, if it registered for them; the server's mu
// is held.
func (x *extension) invoke(e *Event) {
	if !x.invokes {
		return
	}
	x.idle = false
	x.message <- encode(map[string]any{ // idle: there is room
		"eventType": "INVOKE", "deadlineMs": e.Deadline.UnixMilli(), "requestId": e.ID, "invokedFunctionArn": e.ARN,
		"tracing": map[string]string{"type": "X-Amzn-Trace-Id", "value": e.Trace},
	})
}

func (s *Server) register(w http.ResponseWriter, r *http.Request) {
	name := r.Header.Get(headerExtension)
	var wanted struct{ Events []string }
	err := json.NewDecoder(io.LimitReader(r.Body, 64<<10)).Decode(&wanted)
	if err == io.EOF {
		err = nil
	}
	id := fmt.Sprintf("%x-%x", random(4), random(12))
	if kind, message := s.enlist(id, name, wanted.Events, err); kind != "" {
		(&refusal{http.StatusForbidden, kind, message}).write(w)
		return
	}
	w.Header().Set(headerIdentifier, id)
	writeJSON(w, http.StatusOK, map[string]string{
		"functionName": s.config.Name, "functionVersion": s.config.Version,
		"handler": s.config.Handler, "accountId": s.config.Account,
	})
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
	case s.state != started:
		return "Extension.RegistrationClosed", "Extension registration closed already"
	case len(s.extensions) == maxExtensions:
		return "Extension.TooManyExtensions", fmt.Sprintf("Extension limit (%d) reached", maxExtensions)
	case slices.ContainsFunc(s.extensions, func(x *extension) bool { return x.name == name }):
		return "Extension.AlreadyRegistered", "Extension with this name already registered"
	}
	for _, event := range events {
		if event != "INVOKE" {
			return "Extension.InvalidEventType", event + ": event type not supported for internal extensions"
		}
	}
	s.extensions = append(s.extensions, &extension{id: id, name: name, invokes: len(events) > 0, message: make(chan []byte, 1)})
	return "", ""
}

// find returns the extension that sent a request, or the reason why there is none.
func (s *Server) find(r *http.Request) (*extension, *refusal) {
	id := r.Header.Get(headerIdentifier)
	if id == "" {
		return nil, &refusal{http.StatusForbidden, "Extension.MissingHeader", "Missing " + headerIdentifier + " header"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.extensions {
		if x.id == id {
			return x, nil
		}
	}
	return nil, &refusal{http.StatusForbidden, "Extension.UnknownExtensionIdentifier", "Unknown extension " + id}
}

func (s *Server) extensionNext(w http.ResponseWriter, r *http.Request) {
	x, no := s.find(r)
	if no != nil {
		no.write(w)
		return
	}
	s.mu.Lock()
	x.idle = len(x.message) == 0
	more := s.settle()
	s.mu.Unlock()
	s.signal(more...)
	select {
	case message := <-x.message:
		w.Header().Set(headerIdentifier, x.id)
		writeBody(w, http.StatusOK, message)
	case <-r.Context().Done():
	}
}

func (s *Server) extensionError(w http.ResponseWriter, r *http.Request) {
	a := readError(r)
	a.ErrorType = r.Header.Get(headerExtError)
	if _, no := s.find(r); no != nil {
		no.write(w)
		return
	}
	if a.ErrorType == "" {
		(&refusal{http.StatusForbidden, "Extension.MissingHeader", "Missing " + headerExtError + " header"}).write(w)
		return
	}
	s.report(a)
	accept(w)
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}
