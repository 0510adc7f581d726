package emulator

import "time"

// An Observer is told what happens to one event. Its methods are called in the order Started, Logged,
// Ended, from the goroutines of the emulator: they return at once. An event for which
// nothing could be started has no Started.
type Observer interface {
	Started(Started)
	Logged(text []byte) // what the function, its extensions and the platform log meanwhile; only valid during the call
	Ended(Ended)        // nothing follows
}

// Started says when an event was given to the runtime.
type Started struct {
	At time.Time

	// InitBegan and InitEnded are the initialisation of the instance, if this is its
	// first event.
	InitBegan, InitEnded time.Time
}

// Ended says how an event ended.
type Ended struct {
	At       time.Time
	Response Response
	Err      error  // in place of Response, as Invoke returns it
	Status   string // "success", "error" or "timeout", as in platform.report of the Telemetry API; empty with Err

	AnswerBegan, AnswerEnded time.Time // the runtime's response, as it came; zero: none did

	Memory int64         // peak of the instance, in bytes
	CPU    time.Duration // of all processes of the instance so far; as old as 100 ms, and 0 if not known
}

// An Arrival is an event as a server got it. An observer may replace the Stream of its request by one
// that passes everything on.
type Arrival struct {
	Function string
	Source   string // the trigger, or the operation of the API
	Client   string // what the client calls itself; from outside
	Request  *Request
}

// observed tells of the beginning.
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
	for _, o := range []*output{i.out, i.beside} {
		if o != nil {
			o.observe(x)
		}
	}
}

// conclude tells of the end.
func (v *invocation) conclude(fail *failure) {
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
		for _, o := range []*output{i.out, i.beside} {
			if o != nil {
				o.forget(x)
			}
		}
		_, e.Memory = i.memory(memoryInterval)
		e.CPU = i.cpu
	}
	x.Ended(e)
}

// observe has an observer hear what is logged from now on.
func (o *output) observe(x Observer) {
	o.mu.Lock()
	o.observers = append(o.observers, x)
	o.mu.Unlock()
}

func (o *output) forget(x Observer) {
	o.mu.Lock()
	for i, one := range o.observers {
		if one == x {
			o.observers = append(o.observers[:i], o.observers[i+1:]...)
			break
		}
	}
	o.mu.Unlock()
}

// A FunctionState is what a server has of a function.
type FunctionState struct {
	Name, Handler   string
	MemoryMB        int
	TimeoutSeconds  float64
	Instances, Busy int
	CodeBytes       int64
}

// Functions lists the functions by name, and what they are doing.
func (s *Server) Functions() (all []FunctionState) {
	for _, name := range s.names() {
		if f := s.function(name); f != nil {
			instances, busy := f.pool.load()
			all = append(all, FunctionState{name, f.config.Handler, f.config.Memory, f.config.Timeout.Seconds(), instances, busy, f.code.size})
		}
	}
	return all
}

// load is how many instances there are, and how many of them cannot take an event.
func (p *pool) load() (instances, busy int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	free := map[*instance]bool{}
	for _, i := range p.idle {
		free[i] = true
	}
	return p.running, p.running - len(free)
}
