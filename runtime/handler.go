package runtime

import (
	"context"
	"strconv"
	"sync"
)

// A Handler answers one event. It gets the event's bytes, which are nearly always JSON,
// and what it returns is sent back unchanged.
//
// The event is valid until the handler returns, since its memory is reused for the next
// one. The response may be the event itself or a part of it, and must not be changed
// after the handler has returned. Lambda refuses a buffered response over 6 MB
// (MaxResponse), so a larger one is not sent, but reported as an error.
//
// ctx is cancelled when the invocation's deadline passes or its answer has been sent;
// FromContext returns what Lambda says about the invocation.
type Handler func(ctx context.Context, event []byte) ([]byte, error)

// A StreamHandler answers one event piece by piece: what it writes to w is sent at
// once. The event is valid until the handler returns.
//
// An error before the first Write fails the invocation as with Handler. A later error
// ends the response with trailers that report it to Lambda. Lambda streams to callers
// that ask for it (function URLs with the invoke mode RESPONSE_STREAM, the API
// InvokeWithResponseStream), up to 200 MB (AWS Lambda developer guide, "Response
// streaming for Lambda functions").
type StreamHandler func(ctx context.Context, event []byte, w *Writer) error

// Handle registers a handler for the value name of the environment variable _HANDLER,
// the function's "Handler" in Lambda. A handler with the empty name is the default, for
// values that match no other name.
//
// A nil handler, or a name that is registered twice, is reported by Start.
func Handle(name string, h Handler) {
	std.add(name, h != nil, func(l *loop, inv *invocation, event []byte) error { return l.buffered(inv, h, event) })
}

// HandleStream registers a handler that streams its response; the rules of Handle apply.
func HandleStream(name string, h StreamHandler) {
	std.add(name, h != nil, func(l *loop, inv *invocation, event []byte) error { return l.streamed(inv, h, event) })
}

// Init registers a function that Start runs before the first event, in the order of
// registration. Its error, or panic, is reported to Lambda as a failure of the
// initialisation and ends the process; Lambda then starts the function again. It
// should finish within ten seconds (AWS Lambda developer guide, "Understanding the
// Lambda execution environment lifecycle").
func Init(f func(context.Context) error) {
	std.mu.Lock()
	defer std.mu.Unlock()
	std.inits = append(std.inits, f)
}

// ContinueAfterPanic keeps the process running after a handler has panicked, or has
// returned a fatal *Error. Otherwise the process ends after the report, as Lambda's
// documentation asks (AWS Lambda developer guide, "Building a custom runtime for AWS
// Lambda"), so that the next event does not meet what the handler left half done.
func ContinueAfterPanic() {
	std.mu.Lock()
	defer std.mu.Unlock()
	std.keepAfterPanic = true
}

// A serveFunc answers one event; an error ends the process.
type serveFunc func(l *loop, inv *invocation, event []byte) error

// A registry is what a program has registered. The package has one; tests
// make their own.
type registry struct {
	mu             sync.Mutex
	names          []string
	serve          []serveFunc
	inits          []func(context.Context) error
	befores        []func(context.Context) error // run before a snapshot
	afters         []func(context.Context) error // run after a restore
	shutdowns      []func(context.Context)
	watch          func(config, []func(context.Context)) // waits for the shutdown; nil without shutdowns
	keepAfterPanic bool
	problem        error // of the first invalid registration
}

var std registry

func (r *registry) add(name string, ok bool, serve serveFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fault := ""
	if !ok {
		fault = " is nil"
	}
	for _, n := range r.names {
		if n == name {
			fault = " is registered twice"
		}
	}
	if fault != "" && r.problem == nil {
		r.problem = &Error{Type: "Runtime.BadHandler", Message: "handler " + strconv.Quote(name) + fault}
	}
	r.names = append(r.names, name)
	r.serve = append(r.serve, serve)
}

// find returns the handler for a value of _HANDLER.
func (r *registry) find(name string) (serveFunc, error) {
	if r.problem != nil {
		return nil, r.problem
	}
	other := -1
	known := ""
	for i, n := range r.names {
		if n == name {
			return r.serve[i], nil
		}
		if n == "" {
			other = i
			continue
		}
		if known != "" {
			known += ", "
		}
		known += strconv.Quote(n)
	}
	if other >= 0 {
		return r.serve[other], nil
	}
	message := "handler " + strconv.Quote(name) + " is not registered; this bootstrap has "
	if known == "" {
		message += "none"
	} else {
		message += known
	}
	return nil, &Error{Type: "Runtime.NoSuchHandler", Message: message}
}

// Names returns the registered names, in order; that of the default handler is empty.
func Names() []string {
	std.mu.Lock()
	defer std.mu.Unlock()
	return append([]string(nil), std.names...)
}
