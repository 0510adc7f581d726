package emulator

import (
	"slices"
	"time"
)

// An Observer is notified of what happens to one event. Its methods are called in the
// order Started, Logged, Ended, from goroutines of the emulator, and must not block.
// Started is not called if no instance could be started.
type Observer interface {
	Started(Started)
	Logged(text []byte) // what the function, its extensions and the platform log meanwhile; only valid during the call
	Ended(Ended)        // the last call
}

// Started reports when the runtime got an event.
type Started struct {
	At time.Time

	// InitBegan and InitEnded are the initialisation of the instance, if this is its
	// first event.
	InitBegan, InitEnded time.Time
}

// Ended reports how an event ended.
type Ended struct {
	At       time.Time
	Response Response
	Err      error  // in place of Response, as Invoke returns it
	Status   string // "success", "error" or "timeout", as in platform.report of the Telemetry API; empty with Err

	AnswerBegan, AnswerEnded time.Time // when the runtime's response arrived; zero: it did not

	Memory int64         // peak of the instance, in bytes
	CPU    time.Duration // of all processes of the instance so far; up to 100 ms old; 0: not known
}

// An Arrival is an event that a server got. An observer may replace the Stream of its
// request with one that passes everything on.
type Arrival struct {
	Function string
	Source   string // the trigger, or the operation of the API
	Client   string // the client's own name for itself; not trustworthy
	Request  *Request
}

// observed reports the beginning to the observer.
func (v *invocation) observed(first bool) {
	x := v.request.Observer
	if x == nil {
		return
	}
	i, s := v.instance, Started{At: v.began}
	if first {
		s.InitBegan, s.InitEnded = i.bootstrap.began, i.opened
	}
	x.Started(s)
	if first {
		if text := i.out.last(); len(text) > 0 {
			x.Logged(text)
		}
	}
	for _, o := range i.outputs() {
		o.observe(x)
	}
}

// conclude answers the caller, unless reply has, and reports the end to the observer.
func (v *invocation) conclude(r Response, err error, fail *failure) {
	v.reply(r, err)
	x := v.request.Observer
	if x == nil {
		return
	}
	e := Ended{At: time.Now(), Response: v.result, Err: v.err, AnswerBegan: v.call.Answer.Began, AnswerEnded: v.call.Answer.Ended}
	if v.err == nil {
		if e.Status, _ = fail.status(); e.Status == "success" && v.result.FunctionError != "" {
			e.Status = "error"
		}
	}
	if i := v.instance; i != nil && i.bootstrap != nil {
		for _, o := range i.outputs() {
			o.forget(x)
		}
		_, e.Memory = i.memory(memoryInterval)
		e.CPU = i.cpu
	}
	x.Ended(e)
}

// observe passes what is logged from now on to an observer.
func (o *output) observe(x Observer) {
	o.mu.Lock()
	o.observers = append(o.observers, x)
	o.mu.Unlock()
}

func (o *output) forget(x Observer) {
	o.mu.Lock()
	if at := slices.Index(o.observers, x); at >= 0 {
		o.observers = slices.Delete(o.observers, at, at+1)
	}
	o.mu.Unlock()
}

// A FunctionState describes a function of a server and its instances.
type FunctionState struct {
	Name           string  `json:"name"`
	Handler        string  `json:"handler,omitempty"`
	MemoryMB       int     `json:"memoryMB"`
	TimeoutSeconds float64 `json:"timeout"`
	Instances      int     `json:"instances"`
	Busy           int     `json:"busy"`
	CodeBytes      int64   `json:"codeBytes"`
}

// Functions lists the functions by name, with their state.
func (s *Server) Functions() (all []FunctionState) {
	for _, name := range s.names() {
		if f := s.function(name); f != nil {
			instances, busy := f.pool.load()
			all = append(all, FunctionState{name, f.config.Handler, f.config.Memory, f.config.Timeout.Seconds(), instances, busy, f.code.size})
		}
	}
	return all
}

// load returns how many instances there are, and how many of them cannot take an event.
func (p *pool) load() (instances, busy int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	free := map[*instance]bool{}
	for _, i := range p.idle {
		free[i] = true
	}
	return p.running, p.running - len(free)
}
