package emulator

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// startAfter is how long a call waits for an instance that may become ready in
// a moment before another one is started, which takes about as long.
const startAfter = 20 * time.Millisecond

// A ThrottledError says that all instances that there may be are busy.
type ThrottledError struct{ Limit int }

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("all %d instances of the function are busy", e.Limit)
}

// A pool decides which instance gets a call: one that is idle, one that will
// be ready in a moment, a new one, or none.
//
// A call is throttled only while all instances that there may be are at work.
// An instance that has replied and not asked for the next event yet is draining, and
// for each of these one call waits: a client that calls one after the other is
// never throttled.
//
// Lock order: nothing blocks and no other lock is taken while mu is held.
type pool struct {
	limit  int               // instances at most
	single bool              // an instance has one event at a time
	launch func(*invocation) // starts an instance with its first event; must not block

	startAfter time.Duration // see there

	calls sync.WaitGroup // that have not ended

	mu       sync.Mutex
	closed   bool
	running  int         // instances that start or take events
	idle     []*instance // the last used at the end; once for each event that one can take
	draining int         // events that were replied to, and whose loops have not asked again
	opening  int         // instances that may ask for several events in a moment
	waiters  []*waiter   // in the order of their arrival
}

// A waiter is a call that waits for an instance.
type waiter struct {
	call  *invocation
	timer *time.Timer // looks after it when it has waited for startAfter
}

// submit finds an instance for a call, or ends it.
func (p *pool) submit(v *invocation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		v.reply(Response{}, ErrClosed)
		return
	}
	p.calls.Add(1)
	switch n := len(p.idle); {
	case n > 0:
		i := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.give(i, v)
	case p.covered(len(p.waiters)) || !p.single && p.running > 0:
		w := &waiter{call: v}
		w.timer = time.AfterFunc(p.startAfter, func() { p.overdue(w) })
		p.waiters = append(p.waiters, w)
	default:
		p.start(v)
	}
}

// covered reports whether the waiter at an index has an instance to wait for;
// mu is held.
func (p *pool) covered(at int) bool { return at < p.draining || p.opening > 0 }

// give gives an instance a call; mu is held. An instance has room for as many
// as it asked for.
func (p *pool) give(i *instance, v *invocation) {
	v.instance = i
	i.jobs <- v
}

// start starts an instance for a call, or throttles it; mu is held.
func (p *pool) start(v *invocation) {
	if p.running >= p.limit {
		p.reject(v, &ThrottledError{p.limit})
		return
	}
	p.running++
	if !p.single {
		p.opening++
	}
	p.launch(v)
}

func (p *pool) reject(v *invocation, err error) {
	v.reply(Response{}, err)
	p.calls.Done()
}

// remove takes a waiter out; mu is held.
func (p *pool) remove(at int) *invocation {
	w := p.waiters[at]
	w.timer.Stop()
	p.waiters = slices.Delete(p.waiters, at, at+1)
	return w.call
}

// overdue starts an instance for a call that has waited for startAfter. Where
// there may be no more instances, it goes on to wait as long as there is one
// to wait for.
func (p *pool) overdue(w *waiter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := slices.Index(p.waiters, w)
	if at >= 0 && (p.running < p.limit || !p.covered(at)) {
		p.start(p.remove(at))
	}
}

// review starts instances for calls that have none to wait for any more; mu is
// held.
func (p *pool) review() {
	for len(p.waiters) > 0 && !p.covered(len(p.waiters)-1) {
		p.start(p.remove(len(p.waiters) - 1))
	}
}

// withdraw takes a call back that waits for an instance, and ends it. It
// returns the instance of a call that has one.
func (p *pool) withdraw(v *invocation, cause error) *instance {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := slices.IndexFunc(p.waiters, func(w *waiter) bool { return w.call == v })
	if at < 0 {
		return v.instance
	}
	p.reject(p.remove(at), cause)
	return nil
}

// replied notes that a loop of an instance will ask for its next event.
func (p *pool) replied() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.draining++
}

// asked notes that an instance can take one more event; drained says that it
// had replied to another one.
func (p *pool) asked(i *instance, drained bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if drained {
		p.draining--
	}
	if len(p.waiters) > 0 {
		p.give(i, p.remove(0))
		return
	}
	p.idle = append(p.idle, i)
}

// opened notes that no further loops of an instance are waited for.
func (p *pool) opened() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opening--
	p.review()
}

// retire takes out an instance that was not given a call at this very moment;
// it returns whether it did.
func (p *pool) retire(i *instance, draining int, opening bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(i.jobs) > 0 {
		return false
	}
	p.forget(i, draining, opening)
	return true
}

// leave takes out an instance, of whose loops so many had replied. After that
// nobody gives it a call.
func (p *pool) leave(i *instance, draining int, opening bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forget(i, draining, opening)
}

func (p *pool) forget(i *instance, draining int, opening bool) {
	p.running--
	p.draining -= draining
	if opening {
		p.opening--
	}
	p.idle = slices.DeleteFunc(p.idle, func(other *instance) bool { return other == i })
	p.review()
}

// close ends the calls that wait, and lets nobody in any more. It returns
// false if that was done before.
func (p *pool) close() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.closed = true
	for len(p.waiters) > 0 {
		p.reject(p.remove(0), ErrClosed)
	}
	return true
}

// count returns how many instances there are, and how many events they could
// take at once.
func (p *pool) count() (running, idle int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running, len(p.idle)
}
