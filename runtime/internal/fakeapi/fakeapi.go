// Package fakeapi is a Lambda Runtime API for tests and benchmarks, which can misbehave.
// On 127.0.0.1, it answers the URLs of the Runtime API, including those for restores, and
// the two of the Extensions API that the runtime uses. It keeps track of which event was
// handed out, and how it was answered.
//
// It uses plain sockets, so that it can send what net/http would not. It is fast enough
// for a million invocations.
package fakeapi

import (
	"net"
	"strconv"
	"sync"
	"time"
)

// An Event is one invocation to hand out.
type Event struct {
	ID     string
	Body   []byte
	Header [][2]string // further header fields, in order
	// Deadline is Lambda-Runtime-Deadline-Ms; if empty, it is a minute from now, and if
	// "-", it is omitted.
	Deadline string
}

// An Answer is what the function answered.
type Answer struct {
	ID      string
	Kind    string // "response", "error" or "init"
	Header  map[string]string
	Trailer map[string]string // of a chunked request
	Body    []byte
	Chunks  int // of a chunked request
	Cut     bool
}

// A Fault is one misbehaviour; the zero value is none.
type Fault struct {
	Status    int                 // answer with this status instead
	Body      string              // and this body
	Refuse    bool                // close the connection without having done anything
	Reset     bool                // carry out the request, and reset the connection without an answer
	Cut       int                 // send this many bytes of the answer, and reset
	Trickle   bool                // send the answer byte by byte
	Chunked   bool                // send the body in chunks
	NoLength  bool                // send the body up to the end of the connection
	Fold      func(string) string // changes the names of header fields
	Info      int                 // send this many 1xx responses first
	Delay     time.Duration
	Close     bool   // announce "Connection: close" and close
	Raw       []byte // send this, whatever the request is
	EarlyStop bool   // answer before the body was read, and close
}

// A Server is a running API.
type Server struct {
	// Fault is called before each request is answered; nil means no faults. path is
	// "next", "response", "error", "init", "restore", "restore error", "register" or
	// "event". It may be called from several goroutines.
	Fault func(path string) Fault
	// Source returns the next event, or waits until there is one; false ends the API, as
	// End does. If it is nil, events come from the queue that Push fills.
	Source func() (Event, bool)
	// Sink takes the answers; if it is nil, they are kept for Answers. An answer's body is
	// valid until Sink returns.
	Sink func(Answer)

	listener net.Listener
	mu       sync.Mutex
	conns    map[net.Conn]bool
	again    []Event          // handed out in vain
	out      map[string]Event // handed out, not answered
	done     map[string]bool  // answered; only if Sink is nil
	refused  int
	accepted int
	closed   bool
	ended    bool

	queue    chan Event
	restored chan int // statuses of restore/next
	answers  chan Answer
	stop     chan struct{} // closed by Close
	end      chan struct{} // closed by End
	wg       sync.WaitGroup
}

// Listen opens an API on a free port. Set its hooks, then call Serve.
func Listen() (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{listener: l, conns: map[net.Conn]bool{}, out: map[string]Event{}, done: map[string]bool{},
		queue: make(chan Event, 4096), restored: make(chan int), answers: make(chan Answer, 4096), stop: make(chan struct{}), end: make(chan struct{})}
	return s, nil
}

// Serve starts answering, in the background.
func (s *Server) Serve() {
	s.wg.Add(1)
	go s.accept()
}

// Address is the value for AWS_LAMBDA_RUNTIME_API.
func (s *Server) Address() string { return s.listener.Addr().String() }

// Close ends the API and waits for its goroutines.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.stop)
		s.listener.Close()
		for c := range s.conns {
			c.Close()
		}
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// End answers 500 to all current and future requests for an event; the runtime then ends.
func (s *Server) End() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.ended = true
		close(s.end)
	}
}

// Push queues an event.
func (s *Server) Push(e Event) { s.queue <- e }

// Restore answers a runtime that waits for a restore with this status.
func (s *Server) Restore(status int) { s.restored <- status }

// Answers returns the channel of answers.
func (s *Server) Answers() <-chan Answer { return s.answers }

// Invoke queues an event and waits for its answer.
func (s *Server) Invoke(e Event) Answer {
	s.Push(e)
	return <-s.answers
}

// Books returns how many answers were refused, how many connections there were, and how
// many events are handed out but not answered.
func (s *Server) Books() (refused, connections, open int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused, s.accepted, len(s.out) + len(s.again)
}

func (s *Server) accept() {
	defer s.wg.Done()
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			c.Close()
			return
		}
		s.conns[c] = true
		s.accepted++
		s.wg.Add(1)
		s.mu.Unlock()
		go func() {
			defer s.wg.Done()
			s.serve(c)
			c.Close()
			s.mu.Lock()
			delete(s.conns, c)
			s.mu.Unlock()
		}()
	}
}

// take returns the next event; events that were handed out in vain come first.
func (s *Server) take() (Event, bool) {
	s.mu.Lock()
	if n := len(s.again); n > 0 {
		e := s.again[n-1]
		s.again = s.again[:n-1]
		s.out[e.ID] = e
		s.mu.Unlock()
		return e, true
	}
	s.mu.Unlock()
	var e Event
	if s.Source != nil {
		var ok bool
		if e, ok = s.Source(); !ok {
			return e, false
		}
	} else {
		select {
		case e = <-s.queue:
		case <-s.end:
			return e, false
		case <-s.stop:
			return e, false
		}
	}
	s.mu.Lock()
	s.out[e.ID] = e
	s.mu.Unlock()
	return e, true
}

// giveBack queues an event again after it could not be handed out.
func (s *Server) giveBack(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.out, e.ID)
	s.again = append(s.again, e)
}

// settle records an answer, and returns the status that the function sees.
func (s *Server) settle(a Answer) int {
	if a.Kind != "init" && a.Kind != "restore error" {
		s.mu.Lock()
		_, open := s.out[a.ID]
		delete(s.out, a.ID)
		known := s.done[a.ID]
		if s.Sink == nil {
			s.done[a.ID] = true
		}
		if !open {
			s.refused++
		}
		s.mu.Unlock()
		if !open && known {
			return 403
		}
		if !open {
			return 400
		}
	}
	if s.Sink != nil {
		s.Sink(a)
	} else {
		s.answers <- a
	}
	return 202
}

// head writes the header fields of an event.
func (e *Event) head(b []byte, name func(string) string) []byte {
	put := func(k, v string) {
		b = append(b, name(k)...)
		b = append(b, ": "...)
		b = append(b, v...)
		b = append(b, "\r\n"...)
	}
	put("Lambda-Runtime-Aws-Request-Id", e.ID)
	switch e.Deadline {
	case "-":
	case "":
		put("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(time.Minute).UnixMilli(), 10))
	default:
		put("Lambda-Runtime-Deadline-Ms", e.Deadline)
	}
	for _, h := range e.Header {
		put(h[0], h[1])
	}
	return b
}
