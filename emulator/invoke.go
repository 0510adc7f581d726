package emulator

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/bootzip/bootzip/emulator/event"
	"github.com/bootzip/bootzip/emulator/internal/runtimeapi"
)

// A Request is one event for a function.
type Request struct {
	Payload       []byte // JSON
	Qualifier     string // version or alias, for the ARN; may be empty
	ClientContext string // JSON; may be empty
	Cognito       string // JSON; may be empty
	Tenant        string // may be empty
	Trace         string // X-Ray tracing header; default: a new one
	RequestID     string // default: a new one
	Tail          bool   // return the end of the log

	// Observer is notified of what happens to the event; may be nil.
	Observer Observer

	// Stream receives the response of a streaming function as it arrives. If nil,
	// the response is collected.
	Stream Sink

	// StreamAll makes Stream take any response, as Lambda's
	// InvokeWithResponseStream does: the caller decides, not the runtime.
	StreamAll bool
}

// A Sink receives a streamed response. It is used by one goroutine at a time, and not
// after Invoke has returned.
type Sink = runtimeapi.Sink

// A Response is the result of an event.
type Response struct {
	RequestID   string
	Payload     []byte // of a function error: the error document
	ContentType string // as the runtime sent it

	// FunctionError is "Unhandled" if the function failed: it reported an error,
	// crashed or timed out. Lambda's Invoke shows it in the header
	// X-Amz-Function-Error.
	FunctionError string
	ErrorType     string // e.g. "Function.Panic"; may be empty
	Streamed      bool   // the response went to Request.Stream
	Log           []byte // the last 4 KB of the log, if Request.Tail is set
}

// TooLargeError reports that an event exceeds Lambda's limit.
type TooLargeError struct {
	Size, Limit int  // in bytes
	Async       bool // nobody waits for the answer
}

func (e *TooLargeError) Error() string {
	kind := "RequestResponse"
	if e.Async {
		kind = "Event"
	}
	return fmt.Sprintf("%d byte payload is too large for the %s invocation type (limit %d bytes)", e.Size, kind, e.Limit)
}

// Invoke sends the function an event. The error is not the function's: a payload that
// is too large, a *ThrottledError, ErrClosed, or ctx's own, after which the instance
// is stopped unless it has other events.
func (f *Function) Invoke(ctx context.Context, r Request) (Response, error) {
	v, err := f.invoke(ctx, r)
	if err != nil {
		return Response{}, err
	}
	return v.result, v.err
}

// invoke is Invoke with more details. The error means that the request is invalid.
func (f *Function) invoke(ctx context.Context, r Request) (*invocation, error) {
	if len(r.Payload) > maxPayload {
		return nil, &TooLargeError{Size: len(r.Payload), Limit: maxPayload}
	}
	if r.RequestID == "" {
		r.RequestID = runtimeapi.NewUUID()
	}
	if r.Trace == "" {
		r.Trace = newTrace(time.Now())
	}
	v := f.newInvocation(ctx, r)
	defer v.call.Detach()
	f.pool.submit(v)
	select {
	case <-v.done:
	case <-ctx.Done():
		if i := f.pool.withdraw(v, context.Cause(ctx)); i != nil {
			select {
			case i.givenUp <- v:
			case <-v.done:
			}
		}
		<-v.done
	}
	return v, nil
}

// arn returns the function's ARN.
func (f *Function) arn(qualifier string) string {
	partition, _ := event.Partition(f.config.Region)
	arn := "arn:" + partition + ":lambda:" + f.config.Region + ":" + f.config.Account + ":function:" + f.config.Name
	if qualifier != "" {
		arn += ":" + qualifier
	}
	return arn
}

// newTrace makes a tracing header (AWS X-Ray developer guide, "Tracing header").
func newTrace(now time.Time) string {
	var b [20]byte
	_, _ = rand.Read(b[:])
	return fmt.Sprintf("Root=1-%08x-%x;Parent=%x;Sampled=0", now.Unix(), b[:12], b[12:])
}
