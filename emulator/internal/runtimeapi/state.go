package runtimeapi

import (
	"net/http"
	"slices"
)

// A state is the state of the runtime, by the name that refusals show.
//
//	started ─▶ failed                          init/error
//	started ─▶ restoreReady ─▶ restoring ─▶ ready   with SnapStart: restore/next, Restore, next
//	restoring ─▶ restoreFailed                 restore/error
//	started ─▶ ready ─▶ running                next, and an event was there
//	           ready ◀─ running                the event did not arrive
//	running ─▶ running                      next: it gets the event once more
//	running ─▶ answering ─▶ answered ─▶ ready  response or error, then next
//
// With several events at a time, a runtime is started, failed or ready.
type state string

const (
	started state = "Started"
	failed  state = "InitError"
	// The names of AWS's emulator.
	restoreReady  state = "RestoreReady"
	restoring     state = "Restoring"
	restoreFailed state = "RestoreError"
	ready         state = "Ready"
	running       state = "Running"
	answering     state = "InvocationResponse"
	answered      state = "RuntimeResponseSentState"
)

// A waiter is a request for the next event. It gets one call at most.
type waiter struct {
	calls chan *Call
	again bool // it gets an event that an earlier request got
}

// single reports whether there is one event at a time.
func (s *Server) single() bool { return s.config.Concurrency == 1 }

// advance changes the state from from to to, or returns why not.
func (s *Server) advance(from, to state) *refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != from {
		return refusedTransition(s.state, to)
	}
	s.state = to
	return nil
}

// to changes the state if there is one event at a time; s.mu is held.
func (s *Server) to(next state) {
	if s.single() {
		s.state = next
	}
}

// Offer hands an event to the runtime. It does not block.
func (s *Server) Offer(c *Call) {
	if c.Event.Stream != nil {
		c.sink = &detachable{sink: c.Event.Stream}
		c.Event.Stream = c.sink
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free--
	s.open[c.Event.ID] = c
	if s.single() {
		s.current = c
		for _, x := range s.extensions {
			x.invoke(&c.Event)
		}
	}
	s.hand(c)
}

// hand gives a call to a waiting request, or else to the next one; s.mu is held.
func (s *Server) hand(c *Call) {
	n := len(s.waiting)
	if n == 0 {
		s.offered = append(s.offered, c)
		return
	}
	w := s.waiting[n-1]
	s.waiting = s.waiting[:n-1]
	s.to(running)
	w.calls <- c // it has room for one
}

// wait adds a request for the next event, or returns why there can be none.
func (s *Server) wait() (*waiter, *refusal) {
	s.mu.Lock()
	switch {
	case s.state == started || s.state == restoring || s.state == answered:
		s.state = ready
	case s.state == ready && (s.single() || len(s.waiting) < s.config.Concurrency):
		// It is another loop, or the connection of an earlier request broke.
	case s.state == running && s.current != nil && s.current.progress == offered:
		defer s.mu.Unlock()
		w := &waiter{calls: make(chan *Call, 1), again: true}
		w.calls <- s.current
		return w, nil
	default:
		defer s.mu.Unlock()
		if s.state == ready {
			return nil, &refusal{http.StatusInternalServerError, "InternalServerError", "Internal Server Error"}
		}
		return nil, refusedTransition(s.state, ready)
	}
	w := &waiter{calls: make(chan *Call, 1)}
	if len(s.offered) > 0 {
		w.calls <- s.offered[0]
		s.offered = s.offered[1:]
		s.to(running)
	} else {
		s.waiting = append(s.waiting, w)
	}
	more := s.settle()
	if len(more) == 0 && s.single() && s.current != nil && s.open[s.current.Event.ID] == nil {
		more = []Signal{{Done: true}}
	}
	s.mu.Unlock()
	s.signal(more...)
	return w, nil
}

// leave takes back a request whose client left. A call that it was given goes
// to the next one.
func (s *Server) leave(w *waiter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = slices.DeleteFunc(s.waiting, func(other *waiter) bool { return other == w })
	select {
	case c := <-w.calls:
		s.giveBack(w, c)
	default:
	}
}

// giveBack hands on a call that did not arrive; s.mu is held. It does nothing if the
// call was answered, by a client that guessed the id, or if an earlier request got it.
func (s *Server) giveBack(w *waiter, c *Call) {
	if c.progress == offered && !w.again {
		s.to(ready)
		s.hand(c)
	}
}

// claim takes the right to answer the event with an id, or returns why not. A
// runtime need not send the attempt back (AWS Lambda developer guide, "Using the Lambda
// runtime API for custom runtimes").
func (s *Server) claim(id, attempt string) (*Call, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.open[id]
	switch {
	case c != nil && c.progress == expired, s.single() && s.current != nil && s.current.progress == expired:
		delete(s.open, id)
		return nil, &refusal{http.StatusGone, "InvokeTimeout", "Invoke timeout"}
	case s.single() && (s.current == nil || s.current.Event.ID != id), !s.single() && (c == nil || c.progress == taken):
		// The id is checked before the state, as in AWS's emulator.
		return nil, &refusal{http.StatusBadRequest, "InvalidRequestID", "Invalid request ID"}
	case s.single() && s.state != running:
		return nil, refusedTransition(s.state, answering)
	}
	if attempt != "" && attempt != c.Event.Attempt {
		return nil, &refusal{http.StatusBadRequest, "InvalidInvocationId", "Invalid invocation ID"}
	}
	c.progress = taken
	s.to(answering)
	return c, nil
}

// answer ends a call. The runtime gets the reply when the handler returns, so it
// cannot ask for the next event before.
func (s *Server) answer(c *Call, a Answer) {
	c.Answer = a
	s.signal(Signal{Reply: c})
	s.mu.Lock()
	s.to(answered)
	delete(s.open, c.Event.ID)
	more := s.settle()
	s.mu.Unlock()
	s.signal(more...)
}

// Expire refuses the answer to a call from now on.
func (s *Server) Expire(c *Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := slices.Index(s.offered, c); at >= 0 {
		s.offered = slices.Delete(s.offered, at, at+1)
		delete(s.open, c.Event.ID)
	} else if s.open[c.Event.ID] == c && c.progress == offered {
		s.open[c.Event.ID] = &Call{progress: expired} // without its payload
	}
	c.progress = expired
}

// settle returns a signal for each further event that the runtime can take now, or that for
// the snapshot; s.mu is held. The caller sends them after unlocking it.
func (s *Server) settle() []Signal {
	if slices.ContainsFunc(s.extensions, func(x *extension) bool { return x.state != extensionReady }) {
		return nil
	}
	if s.state == restoreReady && !s.snapshot {
		s.snapshot = true
		return []Signal{{Snapshot: true}}
	}
	if s.state != ready {
		return nil
	}
	wanted := len(s.waiting)
	if s.single() {
		if s.current != nil && s.open[s.current.Event.ID] != nil {
			return nil
		}
		s.current, wanted = nil, 1
	}
	more := max(wanted-s.free, 0)
	s.free += more
	s.initialised = true
	return make([]Signal, more)
}
