package emulator

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/bootzip/bootzip/emulator/internal/runtimeapi"
)

// memoryInterval is how often the memory of a busy instance is looked at.
const memoryInterval = 100 * time.Millisecond

// An invocation is an event that an instance has been given. It ends once: by the
// runtime's asking for the next event, by the instance's end, by its time-out, or because it is given
// up. Whoever notices that takes it out of the instance's list, and so has the right to end it. No
// goroutine waits for all these, since waking one costs more than the rest.
type invocation struct {
	instance *instance
	request  Request
	call     runtimeapi.Call
	began    time.Time
	deadline time.Time
	answered bool // guarded by the instance's mu
	done     func(Response, error)
	told     bool // done was called, or will be in a moment; guarded by the instance's mu
}

// begin has an instance that is ready answer an event. It calls done when the answer is there, once, maybe
// before it returns.
func (f *Function) begin(i *instance, r Request, left time.Duration, done func(Response, error)) *invocation {
	v := &invocation{instance: i, request: r, began: time.Now(), done: done}
	v.deadline = v.began.Add(left)
	v.call = runtimeapi.Call{Answered: v.answer, Event: runtimeapi.Event{
		ID: r.RequestID, ARN: f.arn(r.Qualifier), Trace: r.Trace, ClientContext: r.ClientContext, Cognito: r.Cognito, Tenant: r.Tenant,
		Deadline: v.deadline, Payload: r.Payload, Stream: r.Stream,
	}}
	i.mu.Lock()
	if len(i.active) == 0 {
		i.out.begin()
	}
	over := i.over
	if !over {
		i.active = append(i.active, v)
		i.arm(v.began, v.deadline)
	}
	i.mu.Unlock()
	if f.reports(r) {
		i.out.hold("START RequestId: %s Version: %s", r.RequestID, latest)
	}
	if over {
		i.end(i.exitFailure(), true, v)
		return v
	}
	i.api.Offer(&v.call)
	if f.life.Err() != nil {
		v.giveUp(errGivenUp) // the function was closed at this very moment
	}
	return v
}

// reports tells whether anybody reads the lines about an event.
func (f *Function) reports(r Request) bool { return f.log != nil || r.Tail }

// A result is what the caller of an invocation gets.
type result struct {
	response Response
	err      error
}

// await is begin for a caller who waits. Where ctx is done before, it gives the invocation up.
func (f *Function) await(ctx context.Context, i *instance, r Request, left time.Duration) (Response, error) {
	results := make(chan result, 1)
	v := f.begin(i, r, left, func(resp Response, err error) { results <- result{resp, err} })
	defer v.call.Detach()
	select {
	case r := <-results:
		return r.response, r.err
	case <-ctx.Done():
	}
	if len(results) == 0 {
		v.giveUp(context.Cause(ctx))
	}
	last := <-results
	return last.response, last.err
}

// giveUp ends an invocation, unless it ends by itself at this very moment.
func (v *invocation) giveUp(cause error) {
	i := v.instance
	if i.take(v) {
		i.api.Expire(&v.call)
		v.call.Detach()
		i.end(&failure{cause: cause}, i.function.alone(), v)
	}
}

// take takes an invocation out of the list; it returns whether it was there.
func (i *instance) take(v *invocation) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	at := slices.Index(i.active, v)
	if at >= 0 {
		i.active = slices.Delete(i.active, at, at+1)
	}
	return at >= 0
}

// answer is called when the runtime has answered.
func (v *invocation) answer() {
	i, f := v.instance, v.instance.function
	alone := f.alone()
	i.mu.Lock()
	at := slices.Index(i.active, v)
	if at >= 0 {
		v.answered = true
		v.told = alone && !v.request.Tail // by this goroutine, at once
	}
	if at >= 0 && !alone {
		// The loop that asks next may be another one.
		i.active = slices.Delete(i.active, at, at+1)
	}
	i.mu.Unlock()
	switch {
	case at < 0: // it ended this very moment
	case !alone:
		f.finish(i)
		i.end(nil, false, v)
	case v.told:
		// The caller need not wait until the runtime is ready again.
		f.finish(i)
		v.done(v.response(), nil)
	}
}

// ready is called when the runtime can take one more event.
func (i *instance) ready() {
	f := i.function
	<-i.whole
	i.mu.Lock()
	if !i.begun {
		i.begun, i.init = true, time.Since(i.began)
		i.mu.Unlock()
		close(i.first)
		return
	}
	var v *invocation
	if f.alone() && len(i.active) > 0 {
		v, i.active = i.active[0], i.active[:0]
	}
	i.mu.Unlock()
	if v == nil {
		f.release(i)
		return
	}
	// The one whose caller waits for the log has it before the next begins.
	v.report(nil)
	f.release(i)
	v.settle(nil)
}

// wait waits for the end of an instance's process.
func (i *instance) wait() {
	i.status = i.process.Wait()
	i.mu.Lock()
	i.over = true
	active := i.active
	i.active = nil
	i.mu.Unlock()
	close(i.exited)
	i.end(i.exitFailure(), true, active...)
}

// exitFailure says why an instance has ended. What it said before it left counts more than
// that it left.
func (i *instance) exitFailure() *failure {
	select {
	case a := <-i.api.Fault():
		return reported(a)
	default:
		<-i.exited
		return exitFailure(i.status)
	}
}

// arm sees to it that the clock rings in time for a deadline, and for a look at the
// memory; i.mu is held. It is set again only where it would be late, so that an event costs none.
func (i *instance) arm(now, deadline time.Time) {
	due := now.Add(memoryInterval)
	if deadline.Before(due) {
		due = deadline
	}
	switch {
	case i.clock == nil:
		i.clock = time.AfterFunc(due.Sub(now), i.tick)
	case i.due.IsZero() || due.Before(i.due):
		i.clock.Reset(due.Sub(now))
	default:
		return
	}
	i.due = due
}

// tick ends what has timed out, and looks at the memory.
func (i *instance) tick() {
	f, now := i.function, time.Now()
	var late []*invocation
	i.mu.Lock()
	i.due = time.Time{}
	i.active = slices.DeleteFunc(i.active, func(v *invocation) bool {
		if now.Before(v.deadline) {
			return false
		}
		late = append(late, v)
		return true
	})
	for _, v := range i.active {
		i.arm(now, v.deadline)
	}
	busy := len(i.active) > 0
	i.mu.Unlock()
	i.out.flush()
	for _, v := range late {
		i.api.Expire(&v.call)
		v.call.Detach()
	}
	if len(late) > 0 {
		i.end(f.timedOut(), f.alone(), late...)
	}
	if busy && f.tooMuch(i) {
		i.process.Kill()
	}
}

// end ends invocations that were taken out of the list, and stops the instance if it is good no more. Its callers
// find that done.
func (i *instance) end(fail *failure, stop bool, all ...*invocation) {
	for _, v := range all {
		v.report(fail)
	}
	if stop {
		i.function.drop(i)
	}
	for _, v := range all {
		v.settle(fail)
	}
}

// settle gives the caller what it has not got yet.
func (v *invocation) settle(fail *failure) {
	f := v.instance.function
	defer f.calls.Done()
	if v.told {
		return
	}
	var r Response
	switch {
	case v.answered:
		r = v.response()
	case fail.cause == nil:
		r = fail.response(v.request.RequestID)
	}
	if v.request.Tail {
		r.Log = v.instance.out.last()
	}
	var err error
	if fail != nil && fail.cause != nil {
		r, err = Response{}, fail.cause
	}
	v.done(r, err)
}

// response is that of a call that the runtime answered.
func (v *invocation) response() Response {
	a := &v.call.Answer
	resp := Response{RequestID: v.request.RequestID, Payload: a.Payload, ContentType: a.ContentType, ErrorType: a.ErrorType, Streamed: a.Streamed}
	if a.Failed {
		resp.FunctionError = "Unhandled"
	}
	return resp
}

// report writes what Lambda writes at the end of an invocation.
func (v *invocation) report(fail *failure) {
	i, r, f := v.instance, &v.request, v.instance.function
	i.mu.Lock()
	first := !i.used
	i.used = true
	i.mu.Unlock()
	if !f.reports(*r) {
		return
	}
	took := time.Since(v.began)
	_, peak := i.memory(memoryInterval)
	i.out.sync()
	more := ""
	if peak > 0 {
		more += fmt.Sprintf("Max Memory Used: %d MB\t", (peak+1<<20-1)>>20)
	}
	if first {
		more += fmt.Sprintf("Init Duration: %s\t", milliseconds(i.init))
	}
	_, _ = io.WriteString(i.out, f.closing(r.RequestID, fail, took, more))
}

// closing are the last lines about an invocation: why it failed, END, and REPORT with more in its middle.
func (f *Function) closing(id string, fail *failure, took time.Duration, more string) string {
	lines, status := "", ""
	switch {
	case fail == nil || fail.cause != nil:
	case fail.timeout:
		lines = fmt.Sprintf("%s %s %s\n", time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), id, fail.message)
		status = "Status: timeout"
	default:
		lines = fmt.Sprintf("RequestId: %s Error: %s\n%s\n", id, fail.message, fail.kind)
		status = "Status: error\tError Type: " + fail.kind
	}
	return lines + fmt.Sprintf("END RequestId: %s\nREPORT RequestId: %s\tDuration: %s\tBilled Duration: %.0f ms\tMemory Size: %d MB\t%s%s\n",
		id, id, milliseconds(took), math.Ceil(float64(took)/1e6), f.config.Memory, more, status)
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/1e6) }
