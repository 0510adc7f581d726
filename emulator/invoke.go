package emulator

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

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

	// Observer is told what happens to the event; may be nil.
	Observer Observer

	// Stream receives the response of a streaming function as it arrives. If nil,
	// the response is collected.
	Stream Sink

	// StreamAll has Stream take any response, as Lambda's
	// InvokeWithResponseStream does: the call decides, not the runtime.
	StreamAll bool
}

// A Sink receives a streamed response. It is used by one goroutine at a time, and not
// after Invoke has returned.
type Sink = runtimeapi.Sink

// A Response is the result of an event.
type Response struct {
	RequestID   string
	Payload     []byte // of a function error: its document
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
type TooLargeError struct{ Size, Limit int }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%d byte payload is too large for the Invoke operation (limit %d bytes)", e.Size, e.Limit)
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
	if err := r.complete(); err != nil {
		return nil, err
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

// complete sets defaults.
func (r *Request) complete() error {
	if len(r.Payload) > maxPayload {
		return &TooLargeError{len(r.Payload), maxPayload}
	}
	if r.RequestID == "" {
		r.RequestID = newUUID()
	}
	if r.Trace == "" {
		r.Trace = newTrace(time.Now())
	}
	return nil
}

// arn is the function's ARN.
func (f *Function) arn(qualifier string) string {
	arn := "arn:aws:lambda:" + f.config.Region + ":" + f.config.Account + ":function:" + f.config.Name
	if qualifier != "" {
		arn += ":" + qualifier
	}
	return arn
}

// newUUID makes a random one.
func newUUID() string { return runtimeapi.NewUUID() }

// newTrace makes a tracing header (AWS X-Ray developer guide, "Tracing header").
func newTrace(now time.Time) string {
	var b [24]byte
	_, _ = rand.Read(b[:20])
	binary.BigEndian.PutUint32(b[20:], uint32(now.Unix()))
	d := append(make([]byte, 0, 80), "Root=1-"...)
	d = append(hex.AppendEncode(d, b[20:]), '-')
	d = append(hex.AppendEncode(d, b[:12]), ";Parent="...)
	d = append(hex.AppendEncode(d, b[12:20]), ";Sampled=0"...)
	return string(d)
}
