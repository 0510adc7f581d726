package sandbox

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A Process is a program in a sandbox of its own. Everything that it started ends with it.
type Process struct {
	child      *child
	unfiltered string
	bounded    bool // see TasksBounded
	keep       bool
	messages   chan message // answers to requests

	mu     sync.Mutex // one request at a time
	run    atomic.Pointer[run]
	beside sync.Map      // the *run of each program beside it, by number
	last   int           // number of the last program beside it; guarded by mu
	done   chan struct{} // closed when the sandbox has ended
}

// A run is one run of a program, from its start to its end.
type run struct {
	done   chan struct{} // closed when the fields below are set
	status string
	peak   int64 // bytes of memory
}

func newRun() *run { return &run{done: make(chan struct{}), status: "signal: killed"} }

// wait waits for the end, and returns how the program ended.
func (r *run) wait() string {
	<-r.done
	return r.status
}

// A request goes to the first process.
type request struct {
	Start  *Command `json:",omitempty"` // start the program again, or one beside it, with a descriptor for its output
	Number int      `json:",omitempty"` // of the program beside it; 0: the program
	Dial   int      `json:",omitempty"` // connect to the port of 127.0.0.1 inside
	Stop   bool     `json:",omitempty"` // kill all processes but the first
	Signal int      `json:",omitempty"` // send this signal to the program
	Memory bool     `json:",omitempty"` // answer with the usage
}

// A message comes from the first process.
type message struct {
	Refused    string // there is no sandbox
	NotStarted string // the program could not be started
	Listening  bool   // with the descriptor of a listener
	Started    bool
	Dialled    bool          // with the descriptor of a connection
	Unfiltered string        // why the program has no filter of system calls
	Now, Peak  int64         // bytes of memory, on request
	CPU        time.Duration // likewise
	Ended      string        // how a program ended, in the words of os.ProcessState
	Number     int           // of that program

	descriptors []int // that came with it
}

// Start makes a sandbox and starts the program in it. The error is a
// *RefusedError if no sandbox can be made. Any other error says why the program did
// not start, in the words of package os: "fork/exec PATH: no such file or directory".
func Start(c ProcessConfig) (*Process, error) {
	s := setup{
		UID: c.UID, GID: c.GID, Descriptors: c.Descriptors, Tasks: c.Tasks, Process: &c,
	}
	var own uintptr
	if c.OwnNetwork {
		own = syscall.CLONE_NEWNET
	}
	child, err := start(s, c.Mounts, false, own, c.Output)
	if err != nil {
		return nil, &RefusedError{err}
	}
	s.Mapped = child.id.mapped
	p := &Process{
		child: child, keep: c.Keep, bounded: c.Tasks > 0 && s.countsTasks() && child.id.outUID != 0,
		messages: make(chan message, 1), done: make(chan struct{}),
	}
	p.run.Store(newRun())
	if err := p.begin(c); err != nil {
		p.Kill()
		_ = child.cmd.Wait()
		child.channel.close()
		return nil, err
	}
	go p.listen()
	return p, nil
}

// begin receives messages until the program has started.
func (p *Process) begin(c ProcessConfig) error {
	for {
		var m message
		descriptors, err := p.child.channel.receive(&m)
		switch {
		case err != nil:
			return &RefusedError{err}
		case m.Refused != "":
			return &RefusedError{errors.New(m.Refused)}
		case m.Listening:
			if len(descriptors) != 1 {
				return &RefusedError{errors.New("no listener came from inside")}
			}
			file := os.NewFile(uintptr(descriptors[0]), "listener")
			l, err := net.FileListener(file)
			file.Close()
			if err != nil {
				return &RefusedError{err}
			}
			c.Listening(l)
		case !m.Started:
			return errors.New(m.NotStarted)
		default:
			p.unfiltered = m.Unfiltered
			return nil
		}
	}
}

// listen receives messages of the first process until it ends.
func (p *Process) listen() {
	ended := false // the current run
	for {
		var m message
		descriptors, err := p.child.channel.receive(&m)
		if err != nil {
			break
		}
		switch r := p.run.Load(); {
		case m.Ended == "":
			m.descriptors = descriptors
			ended = ended && !m.Started
			p.messages <- m
		case m.Number > 0:
			if one, ok := p.beside.LoadAndDelete(m.Number); ok {
				one.(*run).status = m.Ended
				close(one.(*run).done)
			}
		default:
			r.status, r.peak = m.Ended, m.Peak
			if p.keep { // else the sandbox ends with it
				close(r.done)
				ended = true
			}
		}
	}
	_ = p.child.cmd.Wait()
	p.child.channel.close()
	close(p.done)
	if !ended {
		close(p.run.Load().done)
	}
	p.beside.Range(func(_, one any) bool {
		close(one.(*run).done)
		return true
	})
}

// Wait waits until the program has ended; without Keep, until everything in the sandbox has.
// It returns how the program ended, in the words of package os: "exit status 1",
// "signal: killed".
func (p *Process) Wait() string {
	return p.run.Load().wait()
}

// Stop ends the program and everything that it started. With Keep, the sandbox stays.
func (p *Process) Stop() {
	if !p.keep {
		p.Kill()
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.child.channel.send(request{Stop: true})
}

// Again starts a program in the sandbox after another one has ended. An error of
// type *RefusedError says that the sandbox is gone; other errors are those of Start.
func (p *Process) Again(c Command) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.run.Swap(newRun())
	m, err := p.ask(request{Start: &c})
	if err != nil {
		p.run.Store(before)
		return err
	}
	p.unfiltered = m.Unfiltered
	return nil
}

// Beside starts a program beside the one that Again starts, with its output to
// another file. wait waits for it and returns how it ended. Errors are those of Again.
func (p *Process) Beside(c Command, output *os.File) (wait func() string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	r, number := newRun(), p.last
	p.beside.Store(number, r) // it may end before the answer is read
	if _, err = p.ask(request{Start: &c, Number: number}, int(output.Fd())); err != nil {
		p.beside.Delete(number)
		return nil, err
	}
	return r.wait, nil
}

// Dial connects to a port of the sandbox's 127.0.0.1.
func (p *Process) Dial(port int) (net.Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, err := p.ask(request{Dial: port})
	if err != nil {
		return nil, err
	}
	if len(m.descriptors) != 1 {
		return nil, errors.New("no connection came from inside")
	}
	file := os.NewFile(uintptr(m.descriptors[0]), "connection")
	defer file.Close()
	return net.FileConn(file)
}

// ask sends a request that is answered, and waits for the answer. The caller
// holds p.mu.
func (p *Process) ask(r request, descriptors ...int) (message, error) {
	err := p.child.channel.send(r, descriptors...)
	if err == nil {
		select {
		case m := <-p.messages:
			if m.NotStarted != "" {
				return m, errors.New(m.NotStarted)
			}
			return m, nil
		case <-p.done:
			err = errors.New("it has ended")
		}
	}
	return message{}, &RefusedError{err}
}

// UID returns the program's user id outside of the sandbox.
func (p *Process) UID() int { return p.child.id.outUID }

// Unfiltered says why the program runs without a filter of system calls;
// empty: it has one.
func (p *Process) Unfiltered() string { return p.unfiltered }

// TasksBounded reports whether the kernel enforces ProcessConfig.Tasks. It does not limit the
// processes of the machine's root (Linux, kernel/fork.c, copy_process).
func (p *Process) TasksBounded() bool { return p.bounded }

// Signal sends the program a signal. It has no effect once the program has ended.
func (p *Process) Signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.child.channel.send(request{Signal: int(s)})
}

// Kill ends the sandbox with all programs in it.
func (p *Process) Kill() { _ = p.child.cmd.Process.Kill() }

// Close ends the sandbox with all programs in it, and waits until it has ended.
func (p *Process) Close() {
	p.Kill()
	<-p.done
}

// Usage returns what all processes in the sandbox use together; what is not known is
// 0. After the program has ended, only Peak is known, and it is that of the program alone.
func (p *Process) Usage() Usage {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.run.Load()
	select {
	case <-r.done:
		return Usage{Peak: r.peak}
	default:
	}
	m, _ := p.ask(request{Memory: true}) // an error: it is ending
	return Usage{m.Now, m.Peak, m.CPU}
}
