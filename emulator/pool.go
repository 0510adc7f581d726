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

// acquire begins a call. It returns an instance that is ready, or nil and the
// right to start one.
func (f *Function) acquire() (*instance, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, ErrClosed
	}
	f.calls.Add(1)
	i := f.takeIdle()
	for i == nil && !f.closed && f.soon() {
		w := make(chan *instance, 1)
		f.waiters = append(f.waiters, w)
		f.mu.Unlock()
		i = f.wait(w)
		f.mu.Lock()
		if f.alone() || f.starting == 0 {
			break
		}
	}
	var err error
	switch {
	case i != nil:
		return i, nil
	case f.closed:
		err = ErrClosed
	case f.running >= f.config.Concurrency:
		err = &ThrottledError{f.config.Concurrency}
	default:
		f.running++
		f.starting++
		return nil, nil
	}
	f.calls.Done()
	return nil, err
}

// soon tells that an instance may become ready in a moment; f.mu is held. Where an instance
// has several events at a time, one that starts is waited for, since it can take this event as well.
func (f *Function) soon() bool {
	if f.alone() {
		return f.finishing > len(f.waiters)
	}
	return f.running > 0
}

// takeIdle takes the idle instance that was used last; f.mu is held.
func (f *Function) takeIdle() *instance {
	n := len(f.idle)
	if n == 0 {
		return nil
	}
	i := f.idle[n-1]
	f.idle = f.idle[:n-1]
	return i
}

// wait waits for an instance to become ready; nil if none does in time.
func (f *Function) wait(w chan *instance) *instance {
	timer := time.NewTimer(finishTime)
	defer timer.Stop()
	select {
	case i := <-w:
		return i
	case <-timer.C:
	}
	f.mu.Lock()
	at := slices.Index(f.waiters, w)
	if at >= 0 {
		f.waiters = slices.Delete(f.waiters, at, at+1)
	}
	f.mu.Unlock()
	if at >= 0 {
		return nil
	}
	return <-w // it was handed over this very moment
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
	defer f.mu.Unlock()
	if i.gone {
		return
	}
	if i.finishing > 0 {
		i.finishing--
		f.finishing--
	}
	switch {
	case f.closed:
	case len(f.waiters) > 0:
		f.waiters[0] <- i
		f.waiters = f.waiters[1:]
	default:
		f.idle = append(f.idle, i)
		i.last = time.Now()
		if i.idle == nil {
			i.idle = time.AfterFunc(f.config.Idle, func() { f.retire(i) })
		}
	}
	f.disappoint()
}

// disappoint tells those who wait for what will not come; f.mu is held.
func (f *Function) disappoint() {
	for f.alone() && len(f.waiters) > f.finishing {
		last := len(f.waiters) - 1
		f.waiters[last] <- nil
		f.waiters = f.waiters[:last]
	}
}

// drop stops an instance that is good no more. It may be called more than once.
func (f *Function) drop(i *instance) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kept[i] {
		f.forget(i)
		f.disappoint()
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
