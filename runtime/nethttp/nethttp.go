// Package nethttp serves any http.Handler on AWS Lambda, behind API Gateway, a
// function URL or an Application Load Balancer, and as a plain HTTP server
// outside Lambda.
//
//	func main() {
//		nethttp.Handle("", mux)
//		nethttp.Start()
//	}
//
// On Lambda, a response of up to 6 MB is sent in one piece when the handler returns. Once
// a handler has flushed (http.Flusher, http.ResponseController), its response is
// streamed. Lambda does not tell a function how it was called, so flush only behind a
// function URL with the invoke mode RESPONSE_STREAM, or an API of API Gateway with the
// response transfer mode STREAM. Any other sender shows its client the raw bytes of the
// stream.
//
// Outside Lambda, if AWS_LAMBDA_RUNTIME_API is not set but PORT is, Start listens on that
// port until SIGTERM or SIGINT, and then waits for running requests. So the same bootstrap
// runs in a container on Knative or Cloud Run, and behind OpenFaaS's watchdog in HTTP
// mode.
//
// Differences from net/http's server: a panic fails the invocation and, unless
// runtime.ContinueAfterPanic was called, ends the process; a panic with
// http.ErrAbortHandler only fails the invocation. There are no trailers, no hijacking, no
// HTTP/2 push and no 1xx responses.
//
// net/http adds about 1.9 MB to the zip. runtime/httpevent does without it.
package nethttp

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/bootzip/bootzip/runtime"
	"github.com/bootzip/bootzip/runtime/httpevent"
)

// handlers are the registered handlers, for use outside Lambda.
var (
	mu       sync.Mutex
	handlers = map[string]http.Handler{}
)

// Handle registers a handler under a name; the rules of runtime.Handle apply.
func Handle(name string, h http.Handler) {
	mu.Lock()
	handlers[name] = h
	mu.Unlock()
	runtime.HandleStream(name, StreamHandler(h))
}

// StreamHandler makes a runtime.StreamHandler from an http.Handler; nil stays nil.
func StreamHandler(h http.Handler) runtime.StreamHandler {
	if h == nil {
		return nil
	}
	return func(ctx context.Context, event []byte, out *runtime.Writer) error {
		r, err := httpevent.Parse(event)
		if err != nil {
			return err
		}
		req, err := Request(ctx, r)
		if err != nil {
			return err
		}
		w := &writer{out: out, header: http.Header{}}
		if err := serve(h, w, req); err != nil {
			return err
		}
		return w.end(r)
	}
}

// errAborted replaces a handler's panic with http.ErrAbortHandler.
var errAborted = &runtime.Error{Type: "Function.Aborted", Message: "handler aborted the response"}

func serve(h http.Handler, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case error:
			if !errors.Is(v, http.ErrAbortHandler) {
				panic(v)
			}
			err = errAborted
		default:
			panic(v)
		}
	}()
	h.ServeHTTP(w, r)
	return nil
}

// Event returns the event that a request came in, which has its path parameters, its stage's
// variables and its requestContext.
func Event(ctx context.Context) (*httpevent.Request, bool) {
	r, ok := ctx.Value(eventKey{}).(*httpevent.Request)
	return r, ok
}

type eventKey struct{}
