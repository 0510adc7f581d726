package emulator

import (
	"context"
	"slices"
	"time"

	"github.com/bootzip/bootzip/emulator/internal/runtimeapi"
)

// A state is the state of an instance.
//
//	starting ─▶ serving ─▶ stopping              one event at a time
//	starting ─▶ opening ─▶ serving ─▶ stopping   several
//	serving ─▶ resting ─▶ serving                an exit or a time-out, then the next event; one at a time
//
// Any state may change to stopping: after an exit or a time-out if instances do
// not rest, after a failed start, if the instance was idle for too long, or if
// the function is closed.
type state int

const (
	starting state = iota // its bootstrap initialises, perhaps for the second time
	opening               // one loop has asked for an event, others may follow
	serving
	resting  // its bootstrap has ended; the next event starts another one with the same /tmp
	stopping // it takes no more events
)

// An instance is an execution environment. Its goroutine, run, owns all of it except
// the channels: it receives everything that happens, and only it changes the state and
// ends events.
type instance struct {
	function *Function
	jobs     chan *invocation // from the pool, which never sends more than the instance asked for
	givenUp  chan *invocation // whose callers left

	state      state
	*bootstrap               // nil until it starts
	active     []*invocation // in the order in which they began
	asked      int           // how often it has asked for an event
	draining   int           // loops that have replied and not asked again
	last       *failure      // what ended it
	served     bool          // it has had an event, so the next REPORT has no Init Duration
	idle       time.Time     // since when, if nothing is active
	clock      *time.Timer   // calls tick
	due        time.Time     // when it does
}

const (
	// memoryInterval is how often the memory of a busy instance is measured.
	memoryInterval = 100 * time.Millisecond

	// loopsTime is how long the other loops of an instance may take to ask for
	// events after the first.
	loopsTime = time.Second
)

// newInstance starts the life of an instance with its first event.
func (f *Function) newInstance(first *invocation) {
	i := &instance{
		function: f, jobs: make(chan *invocation, f.config.PerInstance), givenUp: make(chan *invocation),
		clock: time.NewTimer(memoryInterval),
	}
	first.instance = i
	f.instances.Add(1)
	go i.run(first)
}

// run is the life of an instance.
func (i *instance) run(first *invocation) {
	f := i.function
	defer f.instances.Done()
	defer i.clock.Stop()
	left, fail := i.start(first)
	if fail != nil {
		i.state = stopping
		f.pool.leave(i, 0, !f.single())
		first.endUnstarted(fail, left)
		return
	}
	i.open()
	i.begin(first, left)
	for i.state != stopping {
		signals, exited, crashed := i.api.Signals(), i.exited, i.crashed
		if i.state == resting {
			signals, exited, crashed = nil, nil, nil
		}
		select {
		case v := <-i.jobs:
			i.take(v)
		case s := <-signals:
			i.hear(s)
		case v := <-i.givenUp:
			i.giveUp(v)
		case <-i.clock.C:
			i.tick()
		case <-exited:
			i.exit()
		case x := <-crashed:
			i.rest(i.crashFailure(x))
		case <-f.life.Done():
			i.stop(&failure{cause: context.Cause(f.life)})
		}
	}
	i.bootstrap.stop(reasonOf(i.last))
}

// start starts the bootstrap, if necessary twice. The second try is part of the
// invocation and takes from its time (AWS Lambda developer guide, "Understanding the Lambda execution
// environment lifecycle").
func (i *instance) start(first *invocation) (left time.Duration, fail *failure) {
	f := i.function
	left = f.config.Timeout
	i.bootstrap, fail = f.launch(first.ctx, "init", f.config.InitLimit)
	if fail == nil || !f.startsAgain(fail) {
		return left, fail
	}
	began := time.Now()
	first.startedAgain = true
	i.bootstrap, fail = f.launch(first.ctx, "invoke", left)
	return left - time.Since(began), fail
}

// startsAgain reports whether an initialisation that failed is tried once more. The boot check
// does so only if it was too slow, and the time-out allows for more.
func (f *Function) startsAgain(fail *failure) bool {
	if fail.cause != nil || f.config.SnapStart {
		return false
	}
	return !f.startsOnce || f.ownNetwork && fail.timeout && f.config.Timeout > f.config.InitLimit
}

// take begins an event. While the instance rests, its bootstrap is started
// again first, as a part of the invocation.
func (i *instance) take(v *invocation) {
	left := i.function.config.Timeout
	if i.state == resting {
		began := time.Now()
		fail := i.restart(v.ctx, left)
		left -= time.Since(began)
		if fail != nil {
			v.endUnstarted(fail, left)
			return
		}
	}
	i.begin(v, left)
}

// restart starts the bootstrap of a resting instance again, or returns why it cannot. The
// instance then waits for the next event.
func (i *instance) restart(ctx context.Context, left time.Duration) (fail *failure) {
	f, lost := i.function, false
	if i.bootstrap, fail, lost = f.relaunch(ctx, i.bootstrap, left); lost {
		// The sandbox is gone: start another one, with an empty /tmp.
		i.bootstrap.stop(failureReason)
		next, failed := f.launch(ctx, "invoke", left)
		if failed != nil {
			f.pool.leave(i, 0, false)
			i.state = stopping
			return failed
		}
		i.bootstrap, fail = next, nil
	}
	if fail != nil {
		f.pool.asked(i, false)
		i.idle = time.Now()
		return fail
	}
	i.open()
	return nil
}

// open ends the initialisation: the runtime has asked for its first event.
func (i *instance) open() {
	i.asked, i.idle = 1, time.Now()
	i.state = opening
	if i.asked >= i.function.config.PerInstance {
		i.serve()
	}
}

// serve ends the state opening: no further loops are expected.
func (i *instance) serve() {
	i.state = serving
	if !i.function.single() {
		i.function.pool.opened()
	}
}

// begin passes an event to the runtime.
func (i *instance) begin(v *invocation, left time.Duration) {
	i.active = append(i.active, v)
	v.begin(left)
	i.api.Offer(&v.call)
	i.arm(v.began.Add(memoryInterval))
	i.arm(v.deadline)
}

// hear handles a signal of the runtime.
func (i *instance) hear(s runtimeapi.Signal) {
	switch {
	case s.Done:
		for _, v := range i.active {
			v.runtimeDone(nil)
		}
		return
	case s.Reply == nil:
		i.next()
		return
	}
	at := slices.IndexFunc(i.active, func(v *invocation) bool { return &v.call == s.Reply })
	if at < 0 {
		return // it has expired
	}
	v := i.active[at]
	v.stage = replied
	i.draining++
	i.function.pool.replied()
	switch {
	case !i.function.single():
		// The loop that asks next may be a different one.
		i.active = slices.Delete(i.active, at, at+1)
		i.finish(nil, v)
	case !v.request.Tail:
		// The caller need not wait until the runtime is ready again.
		v.reply(v.response(), nil)
	}
}

// next handles the runtime's request for an event. With one at a time, it ends the
// event before.
func (i *instance) next() {
	f := i.function
	var before []*invocation
	if f.single() {
		before, i.active = i.active, nil
	}
	for _, v := range before {
		v.report(nil)
	}
	drained := i.draining > 0
	if drained {
		i.draining--
	}
	i.idle = time.Now()
	f.pool.asked(i, drained)
	if i.asked++; i.state == opening && i.asked >= f.config.PerInstance {
		i.serve()
	}
	for _, v := range before {
		v.end(nil)
	}
}

// giveUp ends an event whose caller left. With one event at a time, the bootstrap is
// then unusable.
func (i *instance) giveUp(v *invocation) {
	for len(i.jobs) > 0 { // the event may still be in the channel
		i.take(<-i.jobs)
	}
	i.expire(&failure{cause: context.Cause(v.ctx)}, v)
}

// expire ends events that timed out or whose caller left, unless they have ended.
func (i *instance) expire(fail *failure, late ...*invocation) {
	late = slices.DeleteFunc(late, func(v *invocation) bool { return !slices.Contains(i.active, v) })
	if len(late) == 0 {
		return
	}
	if i.function.single() {
		i.rest(fail)
		return
	}
	for _, v := range late {
		i.api.Expire(&v.call)
		i.active = slices.DeleteFunc(i.active, func(other *invocation) bool { return other == v })
	}
	i.finish(fail, late...)
}

// exit handles the end of the bootstrap, after the signals that the runtime sent
// before.
func (i *instance) exit() {
	for len(i.api.Signals()) > 0 {
		i.hear(<-i.api.Signals())
	}
	i.rest(i.exitFailure())
}

// rest ends the bootstrap, and its event with it. The instance stays for the
// next event (AWS Lambda developer guide, "Understanding the Lambda execution
// environment lifecycle": a reset does not clear /tmp).
func (i *instance) rest(fail *failure) {
	if !i.function.keeps() {
		i.stop(fail)
		return
	}
	i.state, i.idle = resting, time.Now()
	busy := i.active
	i.active = nil
	for _, v := range busy {
		i.api.Expire(&v.call)
	}
	drained := i.draining > 0
	i.draining = 0
	for _, v := range busy {
		v.report(fail)
	}
	if len(busy) > 0 {
		// Before the answer to the caller, who may call again at once.
		i.function.pool.asked(i, drained)
	}
	for _, v := range busy {
		v.end(fail)
	}
	i.bootstrap.rest(reasonOf(fail))
	i.arm(i.idle.Add(i.function.config.Idle))
}

// stop ends an instance with all its events.
func (i *instance) stop(fail *failure) {
	i.function.pool.leave(i, i.draining, i.state == opening)
	i.state, i.last = stopping, fail
	for len(i.jobs) > 0 { // sent concurrently
		v := <-i.jobs
		i.active = append(i.active, v)
		v.begin(i.function.config.Timeout)
	}
	for _, v := range i.active {
		i.api.Expire(&v.call)
	}
	i.finish(fail, i.active...)
	i.active = nil
}

// finish writes the last lines about events, then answers their callers.
func (i *instance) finish(fail *failure, all ...*invocation) {
	for _, v := range all {
		v.report(fail)
	}
	for _, v := range all {
		v.end(fail)
	}
}

// arm sets the clock to a time, unless it rings earlier. So most events do not reset
// it.
func (i *instance) arm(at time.Time) {
	if i.due.IsZero() || at.Before(i.due) {
		i.due = at
		i.clock.Reset(time.Until(at))
	}
}

// tick checks for time-outs, and the memory.
func (i *instance) tick() {
	f, now := i.function, time.Now()
	i.due = time.Time{}
	if i.state == opening {
		if now.Sub(i.opened) >= loopsTime {
			i.serve()
		} else {
			i.arm(i.opened.Add(loopsTime))
		}
	}
	if len(i.active) == 0 {
		if now.Sub(i.idle) < f.config.Idle {
			i.arm(i.idle.Add(f.config.Idle))
		} else if f.pool.retire(i, i.draining, i.state == opening) {
			i.state = stopping
		}
		return
	}
	i.out.flush()
	var late []*invocation
	for _, v := range i.active {
		if now.Before(v.deadline) {
			i.arm(v.deadline)
		} else {
			late = append(late, v)
		}
	}
	i.expire(f.timedOut(), late...)
	if i.state != stopping && len(i.active) > 0 {
		f.watchMemory(i.bootstrap)
		i.arm(now.Add(memoryInterval))
	}
}
