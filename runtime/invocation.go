package runtime

import (
	"context"
	"sync"
	"time"

	"github.com/bootzip/bootzip/runtime/internal/client"
)

// An Invocation is what Lambda says about one invocation (AWS Lambda developer
// guide, "Using the Lambda runtime API for custom runtimes", Next invocation).
// A text that Lambda did not send is empty.
type Invocation struct {
	RequestID       string
	InvocationID    string // of this attempt: a retry has the same RequestID and another InvocationID
	FunctionARN     string // the ARN, version or alias that was invoked
	TraceID         string // AWS X-Ray tracing header
	ClientContext   string // JSON, where a mobile SDK sent it
	CognitoIdentity string // JSON, where a mobile SDK sent it
	TenantID        string // only for functions with tenant isolation
	DeadlineMS      int64  // in milliseconds since 1970, as Lambda reports it; 0: no deadline
}

// FromContext returns the invocation that a context belongs to.
func FromContext(ctx context.Context) (*Invocation, bool) {
	inv, ok := ctx.Value(invocationKey{}).(*Invocation)
	return inv, ok
}

// NewContext returns a context that belongs to an invocation, for tests of
// handlers: FromContext finds it there.
func NewContext(ctx context.Context, inv *Invocation) context.Context {
	return context.WithValue(ctx, invocationKey{}, inv)
}

type invocationKey struct{}

// traceKey is the key under which AWS's X-Ray SDK for Go looks for the trace id.
const traceKey = "x-amzn-trace-id"

// earliest is when Lambda was introduced, in milliseconds since 1970. Some emulators send a
// deadline in 1970; one before this time counts as none.
const earliest = 1_415_836_800_000 // 2014-11-13

// An invocation is the context of one invocation. The timer and the channel of a context
// with a deadline cost as much as the rest of the runtime, and most handlers never use
// them, so they are made only when they are asked for.
//
// It does not use context.WithDeadline, whose type links the formatting of times and the
// time zones: 17 kB of the zip.
type invocation struct {
	Invocation

	mu    sync.Mutex
	done  chan struct{} // nil until it is asked for
	timer *time.Timer
	err   error // why it is over; nil before
	after map[*func()]func()
}

func newInvocation(e *client.Event) *invocation {
	inv := &invocation{Invocation: Invocation{
		RequestID:       e.RequestID,
		InvocationID:    e.InvocationID,
		FunctionARN:     e.FunctionARN,
		TraceID:         e.TraceID,
		ClientContext:   e.ClientContext,
		CognitoIdentity: e.CognitoIdentity,
		TenantID:        e.TenantID,
	}}
	if e.DeadlineMS >= earliest {
		inv.DeadlineMS = e.DeadlineMS
	}
	return inv
}

// Deadline implements context.Context.
func (v *invocation) Deadline() (time.Time, bool) {
	if v.DeadlineMS == 0 {
		return time.Time{}, false
	}
	return time.UnixMilli(v.DeadlineMS), true
}

// Done implements context.Context.
func (v *invocation) Done() <-chan struct{} {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.watch()
	return v.done
}

// watch makes the channel and sets the timer; v.mu is held.
func (v *invocation) watch() {
	if v.done != nil {
		return
	}
	v.done = make(chan struct{})
	if v.late() {
		v.err = context.DeadlineExceeded
	}
	switch {
	case v.err != nil:
		close(v.done)
	case v.DeadlineMS != 0:
		v.timer = time.AfterFunc(time.Until(time.UnixMilli(v.DeadlineMS)), func() { v.end(context.DeadlineExceeded) })
	}
}

// late reports whether the deadline has passed without having been recorded; v.mu is held.
func (v *invocation) late() bool {
	return v.err == nil && v.DeadlineMS != 0 && time.Now().UnixMilli() >= v.DeadlineMS
}

// Err implements context.Context.
func (v *invocation) Err() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.done == nil && v.late() {
		v.err = context.DeadlineExceeded
	}
	return v.err
}

// Value implements context.Context.
func (v *invocation) Value(key any) any {
	switch k := key.(type) {
	case invocationKey:
		return &v.Invocation
	case string:
		if k == traceKey && v.TraceID != "" {
			return v.TraceID
		}
	}
	return nil
}

// AfterFunc calls f once the context has ended, unless stop is called before. Package
// context looks for this method; without it, each derived context would have its own
// goroutine.
func (v *invocation) AfterFunc(f func()) (stop func() bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.watch()
	if v.err != nil {
		go f()
		return func() bool { return false }
	}
	if v.after == nil {
		v.after = map[*func()]func(){}
	}
	key := &f
	v.after[key] = f
	return func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		_, waits := v.after[key]
		delete(v.after, key)
		return waits
	}
}

// end ends the context for a reason, unless it has already ended.
func (v *invocation) end(why error) {
	v.mu.Lock()
	if v.err != nil {
		v.mu.Unlock()
		return
	}
	v.err = why
	if v.done != nil {
		close(v.done)
	}
	if v.timer != nil {
		v.timer.Stop()
	}
	after := v.after
	v.after = nil
	v.mu.Unlock()
	for _, f := range after {
		f()
	}
}
