package emulator

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
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
	Tail          bool   // the answer shall carry the end of the log

	// Stream takes the response of a function that streams, as it comes. Where it is nil, the
	// response is collected.
	Stream Sink
}

// A Sink takes a streamed response. It is used by one goroutine at a time,
// and no more once Invoke has returned.
type Sink = runtimeapi.Sink

// A Response is what came of an event.
type Response struct {
	RequestID   string
	Payload     []byte // of a function error: its document
	ContentType string // as the runtime said it

	// FunctionError is "Unhandled" where the function failed: it reported an
	// error, crashed or timed out. Lambda's Invoke shows it in the header
	// X-Amz-Function-Error.
	FunctionError string
	ErrorType     string // e.g. "Function.Panic"; may be empty
	Streamed      bool   // the response went to Request.Stream
	Log           []byte // the last 4 KB of the log, if Request.Tail is set
}

// TooLargeError says that an event is larger than Lambda takes.
type TooLargeError struct{ Size, Limit int }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%d byte payload is too large for the Invoke operation (limit %d bytes)", e.Size, e.Limit)
}

// Invoke has the function answer an event. The error is for what is no
// matter of the function: a payload that is too large, a *ThrottledError,
// ErrClosed, or ctx's own, after which the instance is stopped unless it has other events as well.
func (f *Function) Invoke(ctx context.Context, r Request) (Response, error) {
	if err := r.complete(); err != nil {
		return Response{}, err
	}
	type turn struct {
		i   *instance
		err error
	}
	turns := make(chan turn, 1)
	f.acquire(func(i *instance, err error) { turns <- turn{i, err} })
	t := <-turns
	if t.err != nil {
		return Response{}, t.err
	}
	if t.i != nil {
		return f.await(ctx, t.i, r, f.config.Timeout)
	}
	i, left, fail := f.fresh(ctx)
	if fail != nil {
		return f.notStarted(r, left, fail)
	}
	return f.await(ctx, i, r, left)
}

// invokeThen is Invoke for a caller who does something else meanwhile: done is called once, maybe before it
// returns, by any goroutine, which has other things to do than to wait for a client.
func (f *Function) invokeThen(ctx context.Context, r Request, done func(Response, error)) {
	if err := r.complete(); err != nil {
		done(Response{}, err)
		return
	}
	f.acquire(func(i *instance, err error) {
		left := f.config.Timeout
		switch {
		case err != nil:
			done(Response{}, err)
			return
		case i == nil:
			var fail *failure
			if i, left, fail = f.fresh(ctx); fail != nil {
				done(f.notStarted(r, left, fail))
				return
			}
		}
		f.begin(i, r, left, done)
	})
}

// complete fills in what is missing.
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

// fresh starts an instance for an invocation. What is left of the invocation's time is less where it
// took a second try, which is part of the invocation (AWS Lambda developer guide,
// "Understanding the Lambda execution environment lifecycle").
func (f *Function) fresh(ctx context.Context) (i *instance, left time.Duration, fail *failure) {
	defer func() { f.started(i) }()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(f.life, func() { cancel(errGivenUp) })()
	left = f.config.Timeout
	i, fail = f.launch(ctx, "init", f.config.InitLimit)
	if fail != nil && fail.cause == nil {
		began := time.Now()
		i, fail = f.launch(ctx, "invoke", left)
		left -= time.Since(began)
	}
	if fail != nil && fail.cause != nil {
		fail.cause = context.Cause(ctx)
	}
	return i, left, fail
}

// notStarted makes the response of a function that does not start, left being what is left of the
// invocation's time.
func (f *Function) notStarted(r Request, left time.Duration, fail *failure) (Response, error) {
	f.abandon()
	if fail.cause != nil {
		return Response{}, fail.cause
	}
	log := fail.log
	if fail.timeout {
		fail = f.timedOut()
	}
	lines := "START RequestId: " + r.RequestID + " Version: " + latest + "\n" + f.closing(r.RequestID, fail, f.config.Timeout-left, "")
	if f.log != nil {
		_, _ = io.WriteString(f.log, lines)
	}
	resp := fail.response(r.RequestID)
	if r.Tail {
		log = append(slices.Clone(log), lines...)
		resp.Log = log[max(0, len(log)-tailSize):]
	}
	return resp, nil
}

func (f *Function) timedOut() *failure {
	return &failure{kind: "Sandbox.Timedout", timeout: true, message: fmt.Sprintf("Task timed out after %.2f seconds", f.config.Timeout.Seconds())}
}

// response is what a caller sees of a failure.
func (f *failure) response(id string) Response {
	body := f.body
	if body == nil {
		body = runtimeapi.ErrorDocument(f.kind, fmt.Sprintf("RequestId: %s Error: %s", id, f.message))
	}
	return Response{RequestID: id, Payload: body, ContentType: "application/json", FunctionError: "Unhandled", ErrorType: f.kind}
}

// arn is the function's name in full.
func (f *Function) arn(qualifier string) string {
	arn := "arn:aws:lambda:" + f.config.Region + ":" + f.config.Account + ":function:" + f.config.Name
	if qualifier != "" {
		arn += ":" + qualifier
	}
	return arn
}

// newUUID makes a random one (RFC 9562, version 4).
func newUUID() string {
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
