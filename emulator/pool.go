package emulator

import (
	"fmt"
	"slices"
	"time"
)

// finishTime is how long a call waits for an instance that has answered and is
// not ready for the next event yet, rather than to start another one, which takes as
// long.
const finishTime = 20 * time.Millisecond

// A ThrottledError says that all instances that there may be are busy.
type ThrottledError struct{ Limit int }

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("all %d instances of the function are busy", e.Limit)
}

// alone tells that an instance has one event at a time.
func (f *Function) alone() bool { return f.config.PerInstance == 1 }

// A waiter is a call that waits for an instance.
type waiter struct {
	since time.Time
	take  func(*instance, error)
}

// acquire begins a call. It calls take once, at once or soon and then by another goroutine: with an instance that
// is ready, with nil for the right to start one, or with an error. What has an instance must not block.
func (f *Function) acquire(take func(i *instance, err error)) {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		take(nil, ErrClosed)
		return
	}
	f.calls.Add(1)
	if n := len(f.idle); n > 0 {
		i := f.idle[n-1]
		f.idle = f.idle[:n-1]
		f.mu.Unlock()
		take(i, nil)
		return
	}
	if f.soon() {
		f.waiters = append(f.waiters, waiter{time.Now(), take})
		f.watch()
		f.mu.Unlock()
		return
	}
	err := f.grant()
	f.mu.Unlock()
	take(nil, err)
}

// soon tells that an instance may become ready in a moment; f.mu is held. Where an instance
// has several events at a time, one that starts is waited for, since it can take this event as well.
func (f *Function) soon() bool {
	if f.alone() {
		return f.finishing > len(f.waiters)
	}
	return f.running > 0
}

// grant gives a call the right to start an instance, or ends it; f.mu is held.
func (f *Function) grant() error {
	switch {
	case !f.closed && f.running < f.config.Concurrency:
		f.running++
		f.starting++
		return nil
	case f.closed:
		f.calls.Done()
		return ErrClosed
	}
	f.calls.Done()
	return &ThrottledError{f.config.Concurrency}
}

// watch sees to it that nobody waits for long; f.mu is held. The timer is not set for
// each of them, since most wait for less.
func (f *Function) watch() {
	if f.patience == nil {
		f.patience = time.AfterFunc(finishTime, f.hurry)
	} else if !f.watching {
		f.patience.Reset(finishTime)
	}
	f.watching = true
}

// hurry ends the waiting of those who have waited long enough.
func (f *Function) hurry() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watching = false
	late := time.Now().Add(-finishTime)
	for len(f.waiters) > 0 && !f.waiters[0].since.After(late) && (f.alone() || f.starting == 0 || f.closed) {
		f.disappoint(0)
	}
	if len(f.waiters) > 0 {
		f.watch()
	}
}

// disappoint ends the waiting of one; f.mu is held.
func (f *Function) disappoint(at int) {
	w := f.waiters[at]
	f.waiters = slices.Delete(f.waiters, at, at+1)
	err := f.grant()
	go w.take(nil, err)
}

// loopsTime is how long the other loops of an instance may take to ask for events after the first.
const loopsTime = time.Second

// started notes that an instance has started; nil: that it will not.
func (f *Function) started(i *instance) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i == nil || i.asked >= f.config.PerInstance {
		f.starting--
		return
	}
	i.starting = true
	time.AfterFunc(loopsTime, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.complete(i)
	})
}

// complete notes that no further loops of an instance are waited for; f.mu is held.
func (f *Function) complete(i *instance) {
	if i.starting {
		i.starting = false
		f.starting--
	}
}

// keep puts an instance that was started into the pool.
func (f *Function) keep(i *instance) {
	f.mu.Lock()
	f.kept[i] = true
	f.mu.Unlock()
	select {
	case <-i.exited: // it has left already, and nobody has noticed
		f.drop(i)
	default:
	}
}

// refuse keeps an instance out of the pool that was started in vain.
func (f *Function) refuse(i *instance) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i.gone = true
	f.leave(i)
}

// abandon ends a call for which no instance could be started.
func (f *Function) abandon() {
	f.mu.Lock()
	f.running--
	f.mu.Unlock()
	f.calls.Done()
}

// finish notes that a call was answered, whose instance is not ready yet.
func (f *Function) finish(i *instance) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !i.gone {
		f.finishing++
		i.finishing++
	}
}

// release notes that an instance can take one more event. Where one has several at a time, it is idle as often as it
// can.
func (f *Function) release(i *instance) {
	f.mu.Lock()
	if i.gone || f.closed {
		f.mu.Unlock()
		return
	}
	if i.finishing > 0 {
		i.finishing--
		f.finishing--
	}
	if i.asked++; i.asked >= f.config.PerInstance {
		f.complete(i)
	}
	if len(f.waiters) > 0 {
		w := f.waiters[0]
		f.waiters = slices.Delete(f.waiters, 0, 1)
		f.mu.Unlock()
		w.take(i, nil)
		return
	}
	defer f.mu.Unlock()
	f.idle = append(f.idle, i)
	i.last = time.Now()
	if i.idle == nil {
		i.idle = time.AfterFunc(f.config.Idle, func() { f.retire(i) })
	}
}

// drop stops an instance that is good no more. It may be called more than once.
func (f *Function) drop(i *instance) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kept[i] {
		f.forget(i)
		for f.alone() && len(f.waiters) > f.finishing {
			f.disappoint(len(f.waiters) - 1) // what it waits for will not come
		}
	}
}

// forget takes an instance out of the pool and stops it; f.mu is held.
func (f *Function) forget(i *instance) {
	delete(f.kept, i)
	i.gone = true
	f.running--
	f.leave(i)
	go f.stop(i)
}

// leave takes an instance from those that are idle or will be; f.mu is held.
func (f *Function) leave(i *instance) {
	f.finishing -= i.finishing
	f.idle = slices.DeleteFunc(f.idle, func(other *instance) bool { return other == i })
	if i.idle != nil {
		i.idle.Stop()
	}
}

// retire stops an instance that nobody needed for long, or looks again later.
func (f *Function) retire(i *instance) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i.gone {
		return
	}
	idle := 0
	for _, other := range f.idle {
		if other == i {
			idle++
		}
	}
	left := f.config.Idle
	if idle > 0 {
		left -= time.Since(i.last)
	}
	i.mu.Lock()
	busy := len(i.active) > 0
	i.mu.Unlock()
	switch {
	case idle > 0 && !busy && left <= 0:
		f.forget(i)
	case left <= 0:
		left = f.config.Idle
		fallthrough
	default:
		i.idle.Reset(left)
	}
}
