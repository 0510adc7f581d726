// Package runtimeapi is Lambda's side of the Runtime API, version 2018-06-01, for
// one instance of a function, with what a runtime or an internal extension
// uses of the Extensions API, version 2020-01-01.
//
// Paths, headers and statuses are those of the AWS Lambda developer guide,
// "Using the Lambda runtime API for custom runtimes" and "Using the Lambda
// Extensions API to create extensions". Where those leave open what is refused, and in
// which words, it does as AWS's open-source Runtime Interface Emulator.
//
// A request with an Origin header is refused: it comes from a web page.
//
// # Why not a server of net/http
//
// Each invocation crosses this server four times, and what net/http does around a
// request (a second goroutine that watches the connection, a response that goes
// through three writers) costs more than the request. Here a goroutine reads
// each connection, and nothing else is started: who brings an event writes it to the
// connection that waits for one. Requests are still read by net/http.
package runtimeapi

import (
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// MaxPayload is what a response may have, in bytes: 6 MB and some room, as in
// AWS's emulator.
const MaxPayload = 6<<20 + 100

// MaxStream is what a streamed response may have, in bytes (AWS Lambda developer guide,
// "Lambda quotas").
const MaxStream = 200 << 20

// An Event is what the runtime is asked to answer.
type Event struct {
	ID            string
	ARN           string
	Trace         string
	ClientContext string // empty: none
	Cognito       string // empty: none
	Tenant        string // empty: none
	Deadline      time.Time
	Payload       []byte
	Stream        Sink // takes a streamed response as it comes; nil: it is collected
}

// A Sink takes a streamed response. It is used by one goroutine at a time.
type Sink interface {
	// Begin comes before the first Write.
	Begin(contentType string)
	Write([]byte) (int, error)
}

// An Answer is what the runtime made of an event, or said of its
// initialisation.
type Answer struct {
	Payload     []byte // of a failure: the error document
	ContentType string
	Failed      bool
	ErrorType   string // header Lambda-Runtime-Function-Error-Type
	Streamed    bool   // the response went to Event.Stream, up to the failure if Failed
}

// A Call is an event on its way. Event and Answered are the caller's to set; the rest
// begins empty.
type Call struct {
	Event    Event
	Answered func() // called once, when Answer is there

	Answer  Answer
	sink    *patient
	taken   bool // the runtime is answering it
	expired bool // nobody waits for the answer
}

// Detach makes sure that nothing comes to Event.Stream any more.
func (c *Call) Detach() {
	if c.sink != nil {
		c.sink.mu.Lock()
		c.sink.left = true
		c.sink.mu.Unlock()
	}
}

type state string

// The states of the runtime, by the names that refusals show.
const (
	started   state = "Started"
	failed    state = "InitError"
	ready     state = "Ready"
	running   state = "Running"
	answering state = "InvocationResponse"
	answered  state = "RuntimeResponseSentState"
)

// A Config says what a server is for.
type Config struct {
	// What extensions are told of the function.
	Name, Version, Handler, Account string

	// Concurrency is how many events the runtime may have at the same time; 0 means 1. With more, there
	// is no order of states: an event is known by its id alone (AWS Lambda
	// developer guide, "Using the Lambda runtime API for custom runtimes", Lambda Managed Instances).
	Concurrency int

	// Ready is called each time the runtime can take one more event: then Offer may be
	// called once more. It may be called by any goroutine.
	Ready func()
}

// A Server is the API for one instance.
type Server struct {
	config   Config
	listener net.Listener
	fault    chan Answer // init/error and the like; one at most

	mu          sync.Mutex
	state       state
	closed      bool
	connections map[*connection]struct{}
	waiting     []*connection    // for an event, the latest last
	offered     []*Call          // for which no connection waited
	open        map[string]*Call // by id: not answered
	current     *Call            // with one event at a time: it is not finished
	free        int              // events that may still be offered
	extensions  map[string]*extension
	order       []*extension
}

// New makes a server that listens on a port of 127.0.0.1.
func New(c Config) (*Server, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c.Concurrency = max(c.Concurrency, 1)
	s := &Server{
		config: c, listener: l, state: started, fault: make(chan Answer, 1),
		connections: map[*connection]struct{}{}, open: map[string]*Call{}, extensions: map[string]*extension{},
	}
	go s.accept()
	return s, nil
}

// Address is what AWS_LAMBDA_RUNTIME_API has to be.
func (s *Server) Address() string { return s.listener.Addr().String() }

// Fault gets what the runtime, or an extension, reports of a failed
// initialisation, or of why it leaves.
func (s *Server) Fault() <-chan Answer { return s.fault }

// HasExtension tells whether an extension is registered, without which Lambda
// sends no SIGTERM.
func (s *Server) HasExtension() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.extensions) > 0
}

// Offer hands an event to the runtime.
func (s *Server) Offer(c *Call) {
	if c.Event.Stream != nil {
		c.sink = &patient{sink: c.Event.Stream}
		c.Event.Stream = c.sink
	}
	s.mu.Lock()
	s.free--
	s.open[c.Event.ID] = c
	if s.alone() {
		s.current = c
		for _, x := range s.order {
			if message, to := x.invoke(&c.Event); to != nil {
				defer to.respond(http.StatusOK, message, headerIdentifier, x.id)
			}
		}
	}
	to := s.hand(c)
	s.mu.Unlock()
	if to != nil {
		s.send(to, c)
	}
}

// alone tells that there is one event at a time.
func (s *Server) alone() bool { return s.config.Concurrency == 1 }

// hand finds a connection for an event; nil if none waits, and the next one gets
// it. s.mu is held.
func (s *Server) hand(c *Call) *connection {
	n := len(s.waiting)
	if n == 0 {
		s.offered = append(s.offered, c)
		return nil
	}
	to := s.waiting[n-1]
	s.waiting = s.waiting[:n-1]
	if s.alone() {
		s.state = running
	}
	return to
}

// send writes an event to a connection that waited, or to another one where
// that is broken.
func (s *Server) send(to *connection, c *Call) {
	for to != nil && to.event(&c.Event) != nil {
		to.net.Close()
		s.mu.Lock()
		// Nobody got it: the next one who asks shall. An answer may have come from
		// somebody who guessed the id; then there is nothing to repeat.
		to = nil
		if !c.taken && !c.expired {
			if s.alone() {
				s.state = ready
			}
			to = s.hand(c)
		}
		s.mu.Unlock()
	}
}

// Expire says that nobody waits for the answer of a call any more: it comes too late.
func (s *Server) Expire(c *Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.expired = true
	if at := slices.Index(s.offered, c); at >= 0 {
		s.offered = slices.Delete(s.offered, at, at+1)
		delete(s.open, c.Event.ID)
	} else if s.open[c.Event.ID] == c && !c.taken {
		s.open[c.Event.ID] = late // its payload is needed no more
	}
}

// late stands for calls that have expired.
var late = &Call{expired: true}

// Close ends the server and all its connections.
func (s *Server) Close() {
	_ = s.listener.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for c := range s.connections {
		_ = c.net.Close()
	}
}

// settle returns for how many more events the runtime is ready now; s.mu is held. The
// caller calls config.Ready as many times, without it.
func (s *Server) settle() (more int) {
	if s.state != ready {
		return 0
	}
	for _, x := range s.order {
		if !x.idle {
			return 0
		}
	}
	wanted := len(s.waiting)
	if s.alone() {
		if s.current != nil && s.open[s.current.Event.ID] != nil {
			return 0
		}
		s.current, wanted = nil, 1
	}
	more = max(wanted-s.free, 0)
	s.free += more
	return more
}

// tell calls config.Ready.
func (s *Server) tell(more int) {
	for range more {
		s.config.Ready()
	}
}

// report notes a fault. The first one counts.
func (s *Server) report(a Answer) {
	select {
	case s.fault <- a:
	default:
	}
}
