package runtimeapi

import (
	"sync"
	"time"
)

// An Event is what the runtime is asked to answer.
type Event struct {
	ID            string
	Attempt       string // a new one for each try of the same ID; empty: none
	ARN           string
	Trace         string
	ClientContext string // empty: none
	Cognito       string // empty: none
	Tenant        string // empty: none
	Deadline      time.Time
	Payload       []byte
	Stream        Sink // takes a streamed response as it arrives; nil: it is collected
	StreamAll     bool // Stream takes any response, even if the runtime does not declare it streamed
}

// A Sink takes a streamed response. It is used by one goroutine at a time.
type Sink interface {
	// Begin comes before the first Write.
	Begin(contentType string)
	Write([]byte) (int, error)
}

// An Answer is the runtime's response to an event, or its report of a failed
// initialisation.
type Answer struct {
	Payload     []byte // of a failure: the error document
	ContentType string
	Failed      bool
	ErrorType   string // header Lambda-Runtime-Function-Error-Type
	Streamed    bool   // the response went to Event.Stream, up to the failure if Failed

	Began, Ended time.Time // of a response: when its head and its end arrived
}

// A Call is an event on its way through the runtime. The caller sets Event;
// Answer is set before the call is signalled as replied.
type Call struct {
	Event  Event
	Answer Answer

	sink     *detachable
	progress progress // guarded by the server's mu
}

// progress is how far a call has come.
type progress int

const (
	offered progress = iota // no answer has begun
	taken                   // the runtime sends its answer
	expired                 // nobody waits for the answer
)

// Detach stops what is written to Event.Stream. It waits for a Write that is
// under way.
func (c *Call) Detach() {
	if c.sink != nil {
		c.sink.detach()
	}
}

// A detachable Sink outlives the caller of the function, who may have left: that is
// not the function's fault, so it may finish.
type detachable struct {
	mu   sync.Mutex
	sink Sink // nil: detached
}

func (d *detachable) detach() {
	d.mu.Lock()
	d.sink = nil
	d.mu.Unlock()
}

func (d *detachable) Begin(contentType string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sink != nil {
		d.sink.Begin(contentType)
	}
}

func (d *detachable) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sink != nil {
		if _, err := d.sink.Write(b); err != nil {
			d.sink = nil
		}
	}
	return len(b), nil
}
