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
	if i == nil && f.finishing > len(f.waiters) {
		w := make(chan *instance, 1)
		f.waiters = append(f.waiters, w)
		f.mu.Unlock()
		i = f.wait(w)
		f.mu.Lock()
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
		return nil, nil
	}
	f.calls.Done()
	return nil, err
}

// takeIdle takes the idle instance that was used last; f.mu is held.
func (f *Function) takeIdle() *instance {
	for len(f.idle) > 0 {
		i := f.idle[len(f.idle)-1]
		f.idle = f.idle[:len(f.idle)-1]
		i.idle.Stop()
		select {
		case <-i.exited: // it died while nobody looked
			f.running--
			go f.stop(i)
		default:
			return i
		}
	}
	return nil
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

// finish notes that a call was answered, whose instance is not ready yet.
func (f *Function) finish() {
	f.mu.Lock()
	f.finishing++
	f.mu.Unlock()
}

// release ends a call, that was finishing or not: its instance, if it is still good, is for the next
// one.
func (f *Function) release(i *instance, good, finishing bool) {
	defer f.calls.Done()
	f.mu.Lock()
	defer f.mu.Unlock()
	if finishing {
		f.finishing--
	}
	switch {
	case !good || f.closed:
		f.running--
		if i != nil {
			go f.stop(i)
		}
	case len(f.waiters) > 0:
		i.used = true
		f.waiters[0] <- i
		f.waiters = f.waiters[1:]
	default:
		i.used = true
		i.idle = time.AfterFunc(f.config.Idle, func() { f.retire(i) })
		f.idle = append(f.idle, i)
	}
	// Nobody waits for what will not come.
	for len(f.waiters) > f.finishing {
		last := len(f.waiters) - 1
		f.waiters[last] <- nil
		f.waiters = f.waiters[:last]
	}
}

// retire stops an instance that nobody needed for long.
func (f *Function) retire(i *instance) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if at := slices.Index(f.idle, i); at >= 0 {
		f.idle = slices.Delete(f.idle, at, at+1)
		f.running--
		go f.stop(i)
	}
}
