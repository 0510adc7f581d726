package emulator

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/bootzip/bootzip/emulator/internal/runtimeapi"
)

// memoryInterval is how often the memory of a busy instance is looked at.
const memoryInterval = 100 * time.Millisecond

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
// ErrClosed, or ctx's own, after which the instance is stopped.
func (f *Function) Invoke(ctx context.Context, r Request) (Response, error) {
	if len(r.Payload) > maxPayload {
		return Response{}, &TooLargeError{len(r.Payload), maxPayload}
	}
	set(&r.RequestID, newUUID())
	set(&r.Trace, newTrace(time.Now()))
	i, err := f.acquire()
	if err != nil {
		return Response{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(f.life, func() { cancel(errGivenUp) })
	defer stop()

	left := f.config.Timeout
	if i == nil {
		var fail *failure
		if i, fail = f.launch(ctx, f.config.InitLimit); fail != nil && fail.cause == nil {
			// The second try is part of the invocation (AWS Lambda developer guide,
			// "Understanding the Lambda execution environment lifecycle").
			began := time.Now()
			i, fail = f.launch(ctx, left)
			left -= time.Since(began)
		}
		if fail != nil {
			return f.notStarted(ctx, r, fail)
		}
	}
	return f.answer(ctx, r, i, left)
}

// notStarted makes the response of a function that does not start.
func (f *Function) notStarted(ctx context.Context, r Request, fail *failure) (Response, error) {
	f.release(nil, false, false)
	if fail.cause != nil {
		return Response{}, cause(ctx, fail.cause)
	}
	if fail.timeout {
		fail = f.timedOut()
	}
	resp := fail.response(r.RequestID)
	if r.Tail {
		resp.Log = fail.log
	}
	return resp, nil
}

func cause(ctx context.Context, err error) error {
	if c := context.Cause(ctx); c != nil {
		return c
	}
	return err
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

// answer has an instance answer, and lets go of it.
func (f *Function) answer(ctx context.Context, r Request, i *instance, left time.Duration) (Response, error) {
	i.out.begin()
	i.out.line("START RequestId: %s Version: %s", r.RequestID, latest)
	began := time.Now()
	call := i.api.Offer(runtimeapi.Event{
		ID: r.RequestID, ARN: f.arn(r.Qualifier), Trace: r.Trace, ClientContext: r.ClientContext, Cognito: r.Cognito, Tenant: r.Tenant,
		Deadline: began.Add(left), Payload: r.Payload, Stream: r.Stream,
	})
	watch := newClock(began.Add(left))
	fail := f.await(ctx, i, call.Answered, watch)
	call.Detach()
	if fail == nil && !r.Tail {
		// The caller need not wait until the runtime is ready again.
		f.finish()
		go func() {
			fail := f.await(f.life, i, call.Finished, watch)
			watch.timer.Stop()
			f.report(i, r, fail, time.Since(began))
			f.release(i, fail == nil, true)
		}()
		return answered(r, call), nil
	}
	if fail == nil {
		fail = f.await(ctx, i, call.Finished, watch)
	}
	watch.timer.Stop()
	f.report(i, r, fail, time.Since(began))
	var resp Response
	select {
	case <-call.Answered:
		resp = answered(r, call)
	default:
		if fail.cause == nil {
			resp = fail.response(r.RequestID)
		}
	}
	if r.Tail {
		resp.Log = i.out.last()
	}
	f.release(i, fail == nil, false)
	if fail != nil && fail.cause != nil {
		return Response{}, cause(ctx, fail.cause)
	}
	return resp, nil
}

// answered is the response of a call that the runtime answered.
func answered(r Request, call *runtimeapi.Call) Response {
	a := call.Answer
	resp := Response{RequestID: r.RequestID, Payload: a.Payload, ContentType: a.ContentType, ErrorType: a.ErrorType, Streamed: a.Streamed}
	if a.Failed {
		resp.FunctionError = "Unhandled"
	}
	return resp
}

// A clock tells when to look at an instance's memory, and when its time is over. It is one timer,
// since each new one may wake a thread.
type clock struct {
	timer *time.Timer
	end   time.Time
}

func newClock(end time.Time) clock {
	return clock{time.NewTimer(min(memoryInterval, time.Until(end))), end}
}

// await waits for a point in the life of an invocation: that it was answered, or that the
// runtime is ready for the next one. It returns why that will never be.
func (f *Function) await(ctx context.Context, i *instance, point <-chan struct{}, watch clock) *failure {
	for {
		select {
		case <-point:
			return nil
		case <-i.exited:
			select {
			case a := <-i.api.Fault():
				return reported(a)
			default:
				return exitFailure(i.status)
			}
		case <-watch.timer.C:
			left := time.Until(watch.end)
			if left <= 0 {
				i.api.Expire()
				return f.timedOut()
			}
			if f.tooMuch(i) {
				i.process.Kill()
			}
			watch.timer.Reset(min(memoryInterval, left))
		case <-ctx.Done():
			return &failure{cause: ctx.Err()}
		}
	}
}

// report writes what Lambda writes at the end of an invocation.
func (f *Function) report(i *instance, r Request, fail *failure, took time.Duration) {
	if f.log == nil && !r.Tail {
		return
	}
	_, peak := i.process.Memory()
	i.out.sync()
	switch {
	case fail == nil || fail.cause != nil:
	case fail.timeout:
		i.out.line("%s %s %s", time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), r.RequestID, fail.message)
	default:
		i.out.line("RequestId: %s Error: %s\n%s", r.RequestID, fail.message, fail.kind)
	}
	i.out.line("END RequestId: %s", r.RequestID)
	line := fmt.Sprintf("REPORT RequestId: %s\tDuration: %s\tBilled Duration: %.0f ms\tMemory Size: %d MB\t", r.RequestID,
		milliseconds(took), math.Ceil(float64(took)/1e6), f.config.Memory)
	if peak > 0 {
		line += fmt.Sprintf("Max Memory Used: %d MB\t", (peak+1<<20-1)>>20)
	}
	if !i.used {
		line += fmt.Sprintf("Init Duration: %s\t", milliseconds(i.init))
	}
	if fail != nil && fail.timeout {
		line += "Status: timeout"
	} else if fail != nil && fail.cause == nil {
		line += "Status: error\tError Type: " + fail.kind
	}
	i.out.line("%s", line)
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/1e6) }

// arn is the function's name in full.
func (f *Function) arn(qualifier string) string {
	arn := "arn:aws:lambda:" + f.config.Region + ":" + f.config.Account + ":function:" + f.config.Name
	if qualifier != "" {
		arn += ":" + qualifier
	}
	return arn
}

func newUUID() string {
	d := []byte(newID(32))
	d[12], d[16] = '4', "89ab"[d[16]%4]
	return fmt.Sprintf("%s-%s-%s-%s-%s", d[:8], d[8:12], d[12:16], d[16:20], d[20:])
}

func newTrace(now time.Time) string {
	return fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0", now.Unix(), newID(24), newID(16))
}
