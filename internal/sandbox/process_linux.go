package sandbox

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
)

// A Process is a program in a sandbox of its own. Whatever it started ends
// with it.
type Process struct {
	child      *child
	unfiltered string
	messages   chan message // answers to requests

	mu     sync.Mutex // one request at a time
	done   chan struct{}
	status string
	peak   int64 // of the program that ended, in bytes
}

// A request is what Start's side asks of the first process.
type request struct {
	Signal int  `json:",omitempty"` // send it to the program
	Memory bool `json:",omitempty"` // answer with the use of memory
}

// A message is what the first process says.
type message struct {
	Refused    string // there is no sandbox
	NotStarted string // the program could not be started
	Listening  bool   // the descriptor that comes along is of a listener
	Started    bool
	Unfiltered string // why the program has no filter of system calls
	Now, Peak  int64  // bytes of memory, on request
	Ended      string // how the program ended, in the words of os.ProcessState
}

// Start makes a sandbox and starts the program in it. The error is a
// *RefusedError where there can be no sandbox; any other says why the program did
// not start, in the words of package os: "fork/exec PATH: no such file or
// directory".
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
	if c.Begun != nil {
		c.Begun(child.cmd.Process.Pid)
	}
	p := &Process{child: child, messages: make(chan message, 1), done: make(chan struct{})}
	if err := p.begin(c); err != nil {
		p.Kill()
		_ = child.cmd.Wait()
		child.channel.close()
		return nil, err
	}
	go p.listen()
	return p, nil
}

// begin takes the messages up to the program's start.
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

// listen takes the messages of the first process until it ends.
func (p *Process) listen() {
	p.status = "signal: killed" // unless it says something else
	for {
		var m message
		if _, err := p.child.channel.receive(&m); err != nil {
			break
		}
		if m.Ended != "" {
			p.status, p.peak = m.Ended, m.Peak
			continue
		}
		p.messages <- m
	}
	_ = p.child.cmd.Wait()
	p.child.channel.close()
	close(p.done)
}

// Wait waits for the program's end, and that of all it started, and returns
// how it ended in the words of package os: "exit status 1", "signal: killed".
func (p *Process) Wait() string {
	<-p.done
	return p.status
}

// UID returns who the program is outside of the sandbox.
func (p *Process) UID() int { return p.child.id.outUID }

// Unfiltered says why the program runs without a filter of system calls;
// empty: it has one.
func (p *Process) Unfiltered() string { return p.unfiltered }

// Signal sends the program a signal. It has no effect once the program ended.
func (p *Process) Signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.child.channel.send(request{Signal: int(s)})
}

// Kill ends the program and all it started.
func (p *Process) Kill() { _ = p.child.cmd.Process.Kill() }

// Memory returns the memory of all processes in the sandbox, in bytes, and
// the most that is known of; 0 if that cannot be told. After the end, the most
// is that of the program alone.
func (p *Process) Memory() (now, peak int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.child.channel.send(request{Memory: true}) == nil {
		select {
		case m := <-p.messages:
			return m.Now, m.Peak
		case <-p.done:
		}
	} else {
		<-p.done
	}
	return 0, p.peak
}
