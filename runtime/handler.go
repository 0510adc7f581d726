package runtime

import (
	"context"
	"strconv"
	"sync"
)

// A Handler answers one event. What it gets is the event's bytes, JSON in
// nearly every case, and what it returns is sent back as it is.
//
// The event is valid until the handler returns: its memory is used again for
// the next one. The response may be the event itself or a part of it, and may
// not be changed after the return. Lambda refuses a buffered response over
// 6 MB (MaxResponse); it is reported as an error without being sent.
//
// ctx is cancelled when the invocation's deadline passes and when its answer
// was sent; FromContext tells what Lambda says about the invocation.
type Handler func(ctx context.Context, event []byte) ([]byte, error)

// A StreamHandler answers one event piece by piece: what it writes to w is
// sent at once. The event is valid until the handler returns.
//
// An error before the first Write fails the invocation as with Handler; a
// later one ends the response with the trailers that tell Lambda about it.
// Lambda streams to callers that ask for it (function URLs with the invoke
// mode RESPONSE_STREAM, the API InvokeWithResponseStream), up to 200 MB (AWS
// Lambda developer guide, "Response streaming for Lambda functions").
type StreamHandler func(ctx context.Context, event []byte, w *Writer) error

// Handle registers a handler for the value name of the environment variable
// _HANDLER, the function's "Handler" in Lambda. The empty name is the default:
// it answers where no other name fits.
//
// A nil handler, or a name that is registered twice, is reported by Start.
func Handle(name string, h Handler) {
	std.add(name, h != nil, func(l *loop, inv *invocation, event []byte) error { return l.buffered(inv, h, event) })
}

// HandleStream registers a handler that streams its response, by the rules of
// Handle.
func HandleStream(name string, h StreamHandler) {
	std.add(name, h != nil, func(l *loop, inv *invocation, event []byte) error { return l.streamed(inv, h, event) })
}

// Init registers a function that Start runs before the first event, in the
// order of registration. Its error, or panic, is reported to Lambda as the
// failure of the initialisation and ends the process: Lambda then starts the
// function anew. It should be done within ten seconds (AWS Lambda developer
// guide, "Understanding the Lambda execution environment lifecycle").
func Init(f func(context.Context) error) {
	std.mu.Lock()
	defer std.mu.Unlock()
	std.inits = append(std.inits, f)
}

// ContinueAfterPanic keeps the process after a handler has panicked, or
// returned a fatal *Error. Without
// it the process leaves once the panic was reported, as Lambda's
// documentation wants (AWS Lambda developer guide, "Building a custom runtime
// for AWS Lambda"): what the handler left half done is not met by the next
// event.
func ContinueAfterPanic() {
	std.mu.Lock()
	defer std.mu.Unlock()
	std.keepAfterPanic = true
}

// serveFunc answers one event; an error ends the process.
type serveFunc func(l *loop, inv *invocation, event []byte) error

// A registry is what a program has registered. The package has one; tests
// make their own.
type registry struct {
	mu             sync.Mutex
	names          []string
	serve          []serveFunc
	inits          []func(context.Context) error
	befores        []func(context.Context) error // a snapshot
	afters         []func(context.Context) error // a restore
	shutdowns      []func(context.Context)
	watch          func(config, []func(context.Context)) // waits for the shutdown; nil without shutdowns
	keepAfterPanic bool
	problem        error // of the first wrong registration
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

// Names returns the names that were registered, in order; the default
// handler's is empty.
func Names() []string {
	std.mu.Lock()
	defer std.mu.Unlock()
	return append([]string(nil), std.names...)
}
