package emulator

import (
	"context"
	"slices"
	"time"

	"github.com/bootzip/bootzip/emulator/internal/runtimeapi"
)

// A stage is how far an invocation has come.
type stage int

const (
	waiting  stage = iota // for an instance, or for its turn there
	running               // the runtime has the event
	replied               // the runtime has answered
	answered              // its caller has the answer
)

// An invocation is one event and its answer. The pool owns it until it has an
// instance, then the instance's goroutine does.
type invocation struct {
	ctx      context.Context // of the caller
	function *Function
	instance *instance // set by the pool
	request  Request
	call     runtimeapi.Call
	began    time.Time
	deadline time.Time
	stage    stage

	runtimeEnded time.Time // when extensions were notified that the runtime is done with it

	done       chan struct{} // closed when the fields below are set
	result     Response
	err        error
	notStarted *failure // why no instance could be started for it

	startedAgain bool // its instance was started twice
}

func (f *Function) newInvocation(ctx context.Context, r Request) *invocation {
	return &invocation{ctx: ctx, function: f, request: r, done: make(chan struct{})}
}

// begin sets the deadline of an invocation, and writes its first line.
func (v *invocation) begin(left time.Duration) {
	r := &v.request
	v.stage = running
	now := time.Now()
	v.began, v.deadline = now.Add(left-v.function.config.Timeout), now.Add(left) // an initialisation during the event is part of it
	v.call.Event = runtimeapi.Event{
		ID: r.RequestID, Attempt: runtimeapi.NewUUID(), ARN: v.function.arn(r.Qualifier), Trace: r.Trace, ClientContext: r.ClientContext, Cognito: r.Cognito, Tenant: r.Tenant,
		Deadline: v.deadline, Payload: r.Payload, Stream: r.Stream, StreamAll: r.StreamAll,
	}
	i := v.instance
	v.observed(!i.served && len(i.active) == 1)
	if len(i.active) == 1 {
		i.out.begin()
	}
	if v.reports() {
		i.out.hold(v.function.startLine(r.RequestID))
	}
	if i.hub.Wanted() {
		i.hub.Event("start", record{RequestID: r.RequestID, Version: latest, Tracing: tracing(r.Trace)})
	}
}

// reply answers the caller, once.
func (v *invocation) reply(r Response, err error) {
	if v.stage == answered {
		return
	}
	v.stage, v.result, v.err = answered, r, err
	close(v.done)
}

// end ends an invocation, with a failure or without. It answers the caller, unless
// reply has.
func (v *invocation) end(fail *failure) {
	defer v.function.pool.calls.Done()
	var r Response
	var err error
	switch {
	case fail != nil && fail.cause != nil:
		err = fail.cause
	case v.stage == replied:
		r = v.response()
	case v.stage == running:
		r = fail.response(v.request.RequestID)
	}
	if err == nil && v.request.Tail {
		r.Log = v.instance.out.last()
	}
	v.conclude(r, err, fail)
}

// response returns the runtime's answer.
func (v *invocation) response() Response {
	a := &v.call.Answer
	resp := Response{RequestID: v.request.RequestID, Payload: a.Payload, ContentType: a.ContentType, ErrorType: a.ErrorType, Streamed: a.Streamed}
	if a.Failed {
		resp.FunctionError = "Unhandled"
	}
	return resp
}

// endUnstarted ends an invocation for which no instance could be started. left is
// what is left of its time.
func (v *invocation) endUnstarted(fail *failure, left time.Duration) {
	f := v.function
	defer f.pool.calls.Done()
	v.notStarted = fail
	if fail.cause != nil {
		v.conclude(Response{}, fail.cause, fail)
		return
	}
	log, peak := fail.log, fail.peak
	if fail.timeout {
		fail = f.timedOut()
	}
	id := v.request.RequestID
	start := []byte(f.startLine(id))
	own, platform := f.endLines(id, fail, metrics{took: f.config.Timeout - max(left, 0), peak: peak})
	if f.log != nil {
		f.log.write(start, own, platform)
	}
	resp, all := fail.response(id), slices.Concat(log, start, own, platform)
	if v.request.Tail {
		resp.Log = all[max(0, len(all)-tailSize):]
	}
	if x := v.request.Observer; x != nil {
		x.Logged(all)
	}
	v.conclude(resp, nil, fail)
}
