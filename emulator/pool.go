package emulator

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// startAfter is how long a call waits for an instance that may become ready soon before
// the pool starts another one, which takes about as long.
const startAfter = 20 * time.Millisecond

// A ThrottledError reports that the maximum number of instances is busy.
type ThrottledError struct{ Limit int }

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("all %d instances of the function are busy", e.Limit)
}

// A pool decides which instance gets a call: an idle one, one that will be ready soon,
// a new one, or none.
//
// A call is throttled only while the maximum number of instances is busy. An instance
// that has replied and not yet asked for the next event is draining. One call waits
// for each draining instance, so a sequential client is never throttled.
//
// Lock order: nothing blocks and no other lock is taken while mu is held.
type pool struct {
	limit  int               // maximum number of instances
	single bool              // an instance takes one event at a time
	launch func(*invocation) // starts an instance with its first event; must not block

	startAfter time.Duration // startAfter, except in tests

	calls sync.WaitGroup // that have not ended

	mu       sync.Mutex
	closed   bool
	running  int         // instances that start or serve
	idle     []*instance // the last used at the end; each once for each event that it can take
	draining int         // loops that have replied and not asked again
	opening  int         // instances whose further loops may ask soon
	waiters  []*waiter   // in the order of their arrival
}

// A waiter is a call that waits for an instance.
type waiter struct {
	call  *invocation
	timer *time.Timer // calls overdue after startAfter
}

// submit finds an instance for a call, or ends it.
func (p *pool) submit(v *invocation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		v.conclude(Response{}, ErrClosed, nil)
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

// covered reports whether there is an instance for the waiter at an index to wait for;
// mu is held.
func (p *pool) covered(at int) bool { return at < p.draining || p.opening > 0 }

// give sends a call to an instance; mu is held. The channel has room for as many calls as
// the instance asked for.
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
	v.conclude(Response{}, err, nil)
	p.calls.Done()
}

// remove removes the waiter at an index; mu is held.
func (p *pool) remove(at int) *invocation {
	w := p.waiters[at]
	w.timer.Stop()
	p.waiters = slices.Delete(p.waiters, at, at+1)
	return w.call
}

// overdue starts an instance for a call that has waited for startAfter. At the maximum
// number of instances, the call keeps waiting as long as there is one to wait for.
func (p *pool) overdue(w *waiter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := slices.Index(p.waiters, w)
	if at >= 0 && (p.running < p.limit || !p.covered(at)) {
		p.start(p.remove(at))
	}
}

// review starts instances for calls that no longer have one to wait for; mu is held.
func (p *pool) review() {
	for len(p.waiters) > 0 && !p.covered(len(p.waiters)-1) {
		p.start(p.remove(len(p.waiters) - 1))
	}
}

// withdraw ends a call that waits for an instance. If the call already has an instance,
// withdraw returns that instead.
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

// asked notes that an instance can take one more event; drained reports that it had
// replied to another one before.
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

// opened notes that no further loops of an instance are expected.
func (p *pool) opened() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opening--
	p.review()
}

// retire removes an instance, and reports true, unless it was just sent a call.
func (p *pool) retire(i *instance, draining int, opening bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(i.jobs) > 0 {
		return false
	}
	p.forget(i, draining, opening)
	return true
}

// leave removes an instance, with the number of its draining loops. It gets no calls
// after that.
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

// close ends waiting calls, and refuses new ones. It returns false if the pool was
// closed before.
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
