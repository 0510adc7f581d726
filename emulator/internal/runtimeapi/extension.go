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
	id      string
	name    string
	invokes bool        // it wants to hear of each event
	idle    bool        // it asked for the next one, and there was none
	waiting *connection // on which it did
	message []byte      // of an event that it has not asked for again; nil: none
}

// invoke tells it of an event, if it wants to know: it returns what to write to whom, who may be
// nobody at the moment.
func (x *extension) invoke(e *Event) (message []byte, to *connection) {
	if !x.invokes {
		return nil, nil
	}
	message, err := json.Marshal(map[string]any{
		"eventType": "INVOKE", "deadlineMs": e.Deadline.UnixMilli(), "requestId": e.ID, "invokedFunctionArn": e.ARN,
		"tracing": map[string]string{"type": "X-Amzn-Trace-Id", "value": e.Trace},
	})
	if err != nil {
		return nil, nil
	}
	x.idle = false
	to, x.waiting = x.waiting, nil
	if to == nil {
		x.message = message // its connection broke
	}
	return message, to
}

func (s *Server) register(c *connection, r *http.Request) {
	name := r.Header.Get(headerExtension)
	var wanted struct{ Events []string }
	err := json.NewDecoder(io.LimitReader(r.Body, 64<<10)).Decode(&wanted)
	if err == io.EOF {
		err = nil
	}
	id := fmt.Sprintf("%x-%x", random(4), random(12))
	kind, message := s.enlist(id, name, wanted.Events, err)
	if kind != "" {
		refuse(c, http.StatusForbidden, kind, message)
		return
	}
	body, err := json.Marshal(map[string]string{
		"functionName": s.config.Name, "functionVersion": s.config.Version,
		"handler": s.config.Handler, "accountId": s.config.Account,
	})
	if err != nil {
		body = []byte("{}") // cannot be: any string can be written
	}
	c.respond(http.StatusOK, append(body, '\n'), headerIdentifier, id)
}

// enlist adds an extension, or says why not.
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
	case len(s.order) == maxExtensions:
		return "Extension.TooManyExtensions", fmt.Sprintf("Extension limit (%d) reached", maxExtensions)
	case slices.ContainsFunc(s.order, func(x *extension) bool { return x.name == name }):
		return "Extension.AlreadyRegistered", "Extension with this name already registered"
	}
	for _, event := range events {
		if event != "INVOKE" {
			return "Extension.InvalidEventType", event + ": event type not supported for internal extensions"
		}
	}
	x := &extension{id: id, name: name, invokes: len(events) > 0}
	s.extensions[id] = x
	s.order = append(s.order, x)
	return "", ""
}

// find returns the extension that a request is from, or refuses.
func (s *Server) find(c *connection, r *http.Request) *extension {
	id := r.Header.Get(headerIdentifier)
	s.mu.Lock()
	x := s.extensions[id]
	s.mu.Unlock()
	switch {
	case id == "":
		refuse(c, http.StatusForbidden, "Extension.MissingHeader", "Missing "+headerIdentifier+" header")
	case x == nil:
		refuse(c, http.StatusForbidden, "Extension.UnknownExtensionIdentifier", "Unknown extension "+id)
	}
	return x
}

func (s *Server) extensionNext(c *connection, r *http.Request) {
	x := s.find(c, r)
	if x == nil {
		return
	}
	s.mu.Lock()
	message := x.message
	x.message = nil
	if message == nil {
		x.idle, x.waiting = true, c
	}
	more := s.settle()
	s.mu.Unlock()
	if message != nil {
		c.respond(http.StatusOK, message, headerIdentifier, x.id)
	}
	s.tell(more)
}

func (s *Server) extensionError(c *connection, r *http.Request) {
	a := readError(r)
	a.ErrorType = r.Header.Get(headerExtError)
	if s.find(c, r) == nil {
		return
	}
	if a.ErrorType == "" {
		refuse(c, http.StatusForbidden, "Extension.MissingHeader", "Missing "+headerExtError+" header")
		return
	}
	accept(c)
	s.report(a)
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}
