package runtime

import (
	"context"
	"errors"
	"strconv"
	"syscall"

	"github.com/bootzip/bootzip/runtime/internal/client"
)

// A loop takes event after event, one at a time, over a connection of its own.
type loop struct {
	client *client.Client
	serve  serveFunc
	event  client.Event

	alone     bool // no other loop runs: the environment can carry the trace id
	trace     string
	keepAfter bool // continue after a panic
	log       *fatalLog
}

// errPanic ends a loop after a panic or a fatal error has been reported.
var errPanic = errors.New("handler panicked or failed fatally; the process leaves so that the next event meets a clean one")

// run answers events until something ends the process, and returns it.
func (l *loop) run() error {
	for {
		if err := l.client.Next(&l.event); err != nil {
			return err
		}
		inv := newInvocation(&l.event)
		if l.alone {
			l.setTrace(inv.TraceID)
		}
		err := l.serve(l, inv, l.event.Body)
		inv.end(context.Canceled)
		if err != nil {
			return err
		}
	}
}

// setTrace puts the trace id where AWS's X-Ray SDKs look for it.
func (l *loop) setTrace(id string) {
	const name = "_X_AMZN_TRACE_ID"
	switch {
	case id == l.trace:
		return
	case id == "":
		_ = syscall.Unsetenv(name)
	default:
		_ = syscall.Setenv(name, id)
	}
	l.trace = id
}

// buffered runs a handler and sends its response.
func (l *loop) buffered(inv *invocation, h Handler, event []byte) error {
	out, f := l.call(inv, h, event)
	if f != nil {
		return l.fail(inv, f)
	}
	return l.respond(inv, "application/json", out)
}

// respond sends a complete response.
func (l *loop) respond(inv *invocation, contentType string, out []byte) error {
	if len(out) > MaxResponse {
		return l.fail(inv, tooLarge(len(out)))
	}
	err := l.client.Respond(inv.RequestID, contentType, out)
	if status(err) != 413 {
		return l.judge(inv, err)
	}
	// Lambda may already have failed the invocation itself; then it refuses this error,
	// which adds nothing.
	err = l.client.Fail(inv.RequestID, tooLarge(len(out)).report())
	if code := status(err); code == 400 || code == 403 {
		return nil
	}
	return l.judge(inv, err)
}

func tooLarge(size int) *failure {
	return &failure{header: "Function.ResponseSizeTooLarge", kind: "Function.ResponseSizeTooLarge",
		message: "response of " + strconv.Itoa(size) + " bytes is larger than Lambda takes (" + strconv.Itoa(MaxResponse) + " bytes)"}
}

// runFunction is where the stack of a panic is cut off.
const runFunction = "github.com/bootzip/bootzip/runtime.(*loop).call"

// call runs a handler and turns an error, a panic or a Goexit into a failure.
func (l *loop) call(inv *invocation, h Handler, event []byte) (out []byte, f *failure) {
	returned := false
	defer func() {
		if !returned {
			f = l.caught(inv, recover())
		}
	}()
	out, err := h(inv, event)
	returned = true
	if err != nil {
		return nil, newFailure(err)
	}
	return out, nil
}

// caught describes the end of a handler that did not return. Without a panic, it was
// runtime.Goexit, which also ends this loop's goroutine, so it has to be reported and
// logged here.
func (l *loop) caught(inv *invocation, value any) *failure {
	if value != nil {
		return newPanic(value)
	}
	f := &failure{header: "Function.Goexit", kind: "Function.Goexit",
		message: "handler ended its goroutine with runtime.Goexit"}
	_ = l.client.Fail(inv.RequestID, f.report())
	l.log.exit(errors.New(f.message), inv.RequestID)
	return f
}

// fail reports a failure, and ends the process after a fatal one.
func (l *loop) fail(inv *invocation, f *failure) error {
	if err := l.judge(inv, l.client.Fail(inv.RequestID, f.report())); err != nil {
		return err
	}
	return l.after(f, inv)
}

// after logs a fatal failure that was reported, and ends the process.
func (l *loop) after(f *failure, inv *invocation) error {
	if f == nil || !f.fatal || l.keepAfter {
		return nil
	}
	if f.log != nil {
		f.log(f.report().Body)
	} else {
		l.log.print(f, inv.RequestID)
	}
	return errPanic
}

// judge decides whether the loop can continue after an answer of the API. By the
// specification, a 500 is "non-recoverable: the runtime should exit promptly". After a
// 400, a 403 or a 413 the invocation is lost, but the function continues.
func (l *loop) judge(inv *invocation, err error) error {
	switch code := status(err); {
	case err == nil:
		return nil
	case code == 0 || code >= 500:
		return err
	default:
		l.log.print(err, inv.RequestID)
		return nil
	}
}

// status returns the HTTP status that the API answered with; 0 for any other
// error.
func status(err error) int {
	if err == nil {
		return 0
	}
	if s, ok := err.(*client.StatusError); ok {
		return s.Status
	}
	return 0
}

var _ context.Context = (*invocation)(nil)
