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
package runtimeapi

import (
	"net"
	"net/http"
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

// A Call is an event on its way.
type Call struct {
	Event    Event
	Answered chan struct{} // closed when Answer is there
	Finished chan struct{} // closed when the runtime and all extensions are ready again
	Answer   Answer
	sink     *patient
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

// A Function is what extensions are told.
type Function struct{ Name, Version, Handler, Account string }

// A Server is the API for one instance.
type Server struct {
	function Function
	listener net.Listener
	http     http.Server
	stop     chan struct{}

	first chan struct{} // closed when the initialisation is over
	fault chan Answer   // init/error and the like; one at most

	mu         sync.Mutex
	state      state
	gone       bool // the invocation timed out
	initiated  bool // first is closed
	call       *Call
	offered    chan *Call
	extensions map[string]*extension
	order      []*extension
}

// New makes a server that listens on a port of 127.0.0.1.
func New(f Function) (*Server, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{
		function: f, listener: l, state: started,
		stop: make(chan struct{}), first: make(chan struct{}), fault: make(chan Answer, 1),
		offered: make(chan *Call, 1), extensions: map[string]*extension{},
	}
	s.http.Handler = s.routes()
	// What a function's program does to its connection is no news.
	s.http.ErrorLog = silent()
	go func() { _ = s.http.Serve(l) }()
	return s, nil
}

// Address is what AWS_LAMBDA_RUNTIME_API has to be.
func (s *Server) Address() string { return s.listener.Addr().String() }

// Ready is closed when the runtime has asked for its first event, and each
// extension as well.
func (s *Server) Ready() <-chan struct{} { return s.first }

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

// Offer hands an event to the runtime. The one before must be finished.
func (s *Server) Offer(e Event) *Call {
	var sink *patient
	if e.Stream != nil {
		sink = &patient{sink: e.Stream}
		e.Stream = sink
	}
	c := &Call{Event: e, sink: sink, Answered: make(chan struct{}), Finished: make(chan struct{})}
	s.mu.Lock()
	s.call = c
	for _, x := range s.order {
		x.invoke(e)
	}
	s.mu.Unlock()
	s.offered <- c
	return c
}

// Expire says that the invocation timed out: an answer comes too late.
func (s *Server) Expire() {
	s.mu.Lock()
	s.gone = true
	s.mu.Unlock()
}

// Close ends the server and all its connections.
func (s *Server) Close() {
	s.mu.Lock()
	select {
	case <-s.stop:
	default:
		close(s.stop)
	}
	s.mu.Unlock()
	_ = s.http.Close()
}

// settle notes what follows from who is waiting now; s.mu is held.
func (s *Server) settle() {
	if s.state != ready {
		return
	}
	for _, x := range s.order {
		if !x.idle {
			return
		}
	}
	if !s.initiated {
		s.initiated = true
		close(s.first)
	}
	if s.call == nil {
		return
	}
	select {
	case <-s.call.Answered:
		close(s.call.Finished)
		s.call = nil
	default:
	}
}

// report notes a fault; s.mu is held. The first one counts.
func (s *Server) report(a Answer) {
	select {
	case s.fault <- a:
	default:
	}
}
