package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// A Process is a program in a sandbox of its own. Whatever it started ends
// with it.
type Process struct {
	init     *exec.Cmd
	requests io.WriteCloser
	messages chan message // answers to requests

	mu     sync.Mutex // one request at a time
	done   chan struct{}
	status string
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
	Started    bool
	Now, Peak  int64  // bytes of memory, on request
	Ended      string // how the program ended, in the words of os.ProcessState
}

// Start makes a sandbox and starts the program in it. The error is a
// *RefusedError where there can be no sandbox; any other says why the program did
// not start, in the words of package os: "fork/exec PATH: no such file or
// directory".
func Start(c ProcessConfig) (*Process, error) {
	theirs, ours, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	messages, write, err := os.Pipe()
	if err != nil {
		ours.Close()
		return nil, err
	}
	defer write.Close()

	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{initName}
	// The first process does next to nothing: one thread is enough.
	cmd.Env = []string{"GOMAXPROCS=1"}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, c.Output, c.Output
	cmd.ExtraFiles = []*os.File{write}
	// It ends when its standard input does, and so when this process does.
	cmd.SysProcAttr = namespaces(0, 0)
	p := &Process{init: cmd, requests: ours, messages: make(chan message, 1), done: make(chan struct{})}
	if err := cmd.Start(); err != nil {
		ours.Close()
		messages.Close()
		return nil, &RefusedError{err}
	}
	write.Close()
	if c.Begun != nil {
		c.Begun(cmd.Process.Pid)
	}
	decoder := json.NewDecoder(messages)
	var first message
	err = json.NewEncoder(ours).Encode(setup{Process: &c})
	if err == nil {
		err = decoder.Decode(&first)
	}
	switch {
	case err != nil:
		err = &RefusedError{err}
	case first.Refused != "":
		err = &RefusedError{errors.New(first.Refused)}
	case !first.Started:
		err = errors.New(first.NotStarted)
	}
	if err != nil {
		p.Kill()
		_ = cmd.Wait()
		ours.Close()
		messages.Close()
		return nil, err
	}
	go p.listen(decoder, messages)
	return p, nil
}

// listen takes the messages of the first process until it ends.
func (p *Process) listen(d *json.Decoder, r io.Closer) {
	p.status = "signal: killed" // unless it says something else
	for {
		var m message
		if d.Decode(&m) != nil {
			break
		}
		if m.Ended != "" {
			p.status = m.Ended
			continue
		}
		p.messages <- m
	}
	_ = p.init.Wait()
	p.requests.Close()
	r.Close()
	close(p.done)
}

// Wait waits for the program's end, and that of all it started, and returns how it ended in the words of
// package os: "exit status 1", "signal: killed".
func (p *Process) Wait() string {
	<-p.done
	return p.status
}

// Signal sends the program a signal. It has no effect once the program ended.
func (p *Process) Signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ask(request{Signal: int(s)})
}

// Kill ends the program and all it started.
func (p *Process) Kill() { _ = p.init.Process.Kill() }

// Memory returns the resident memory of all processes in the sandbox, in bytes, and
// the sum of what each of them had at most; 0 if that cannot be told.
func (p *Process) Memory() (now, peak int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ask(request{Memory: true}) {
		return 0, 0
	}
	select {
	case m := <-p.messages:
		return m.Now, m.Peak
	case <-p.done:
		return 0, 0
	}
}

func (p *Process) ask(r request) bool {
	line, err := json.Marshal(r)
	if err != nil {
		return false
	}
	_, err = p.requests.Write(append(line, '\n'))
	return err == nil
}
