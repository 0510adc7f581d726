package sandbox

import (
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// A liveSandbox is the first process of a sandbox that Start made. It starts
// programs, serves requests, and collects processes that end.
type liveSandbox struct {
	setup   setup
	channel *channel

	mu      sync.Mutex
	pids    map[int]int // numbers of the programs, by process id
	program int         // process id of number 0; 0: none
	started chan struct{}
}

// live is the main function of the first process of a sandbox that Start made. With
// Keep, the process outlasts its programs.
func live(s setup, c *channel) error {
	if err := s.prepare(root{proc: true, temp: s.Process.Temp}); err != nil {
		return c.send(message{Refused: err.Error()})
	}
	if s.Process.OwnNetwork {
		descriptor, err := listenInside()
		if err != nil {
			return c.send(message{Refused: err.Error()})
		}
		if err := c.send(message{Listening: true}, descriptor); err != nil {
			return err
		}
		syscall.Close(descriptor)
	}
	l := &liveSandbox{setup: s, channel: c, pids: map[int]int{}, started: make(chan struct{}, 1)}
	if len(s.Process.Command.Argv) == 0 {
		if err := c.send(message{Started: true}); err != nil {
			return err
		}
	} else if ok, err := l.start(s.Process.Command, 0, 1); err != nil || !ok {
		return err
	}
	go l.serve()
	return l.collectEnds()
}

// start starts a program under a number and sends the result to the caller.
func (l *liveSandbox) start(c Command, number, output int) (ok bool, err error) {
	l.mu.Lock() // the program may end at once
	defer l.mu.Unlock()
	pid, unfiltered, err := l.setup.startProgram(c, output)
	if err != nil {
		return false, l.channel.send(message{NotStarted: err.Error()})
	}
	l.pids[pid] = number
	if number == 0 {
		l.program = pid
	}
	select {
	case l.started <- struct{}{}:
	default:
	}
	return true, l.channel.send(message{Started: true, Unfiltered: unfiltered})
}

// collectEnds waits for programs to end and reports them to the caller. Orphans
// become children of process 1, which has to collect them.
func (l *liveSandbox) collectEnds() error {
	for {
		var status syscall.WaitStatus
		var used syscall.Rusage
		ended, err := syscall.Wait4(-1, &status, 0, &used)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.ECHILD:
			<-l.started
			continue
		case err != nil:
			return err
		}
		if status.Stopped() {
			continue
		}
		l.mu.Lock()
		number, ok := l.pids[ended]
		delete(l.pids, ended)
		if ok && number == 0 {
			l.program = 0
		}
		if ok && len(l.pids) == 0 && l.setup.Process.Keep {
			killRest()
		}
		l.mu.Unlock()
		if !ok {
			continue
		}
		if err := l.channel.send(message{Ended: describe(status), Peak: used.Maxrss << 10, Number: number}); err != nil {
			return err
		}
		if number == 0 && !l.setup.Process.Keep {
			return nil
		}
	}
}

// serve answers the caller's requests. When the channel closes, the caller is gone
// and the sandbox ends.
func (l *liveSandbox) serve() {
	for {
		var r request
		descriptors, err := l.channel.receive(&r)
		if err != nil {
			syscall.Exit(0)
		}
		if r.Signal != 0 {
			l.mu.Lock()
			if l.program != 0 {
				_ = syscall.Kill(l.program, syscall.Signal(r.Signal))
			}
			l.mu.Unlock()
		}
		if r.Stop {
			_ = syscall.Kill(-1, syscall.SIGKILL) // all processes except this one
		}
		if r.Memory {
			u := memory()
			_ = l.channel.send(message{Now: u.Memory, Peak: u.Peak, CPU: u.CPU})
		}
		if r.Start != nil {
			output := 1
			if len(descriptors) > 0 {
				output = descriptors[0]
			}
			_, _ = l.start(*r.Start, r.Number, output)
		}
		if r.Dial != 0 {
			l.dial(r.Dial)
		}
		for _, d := range descriptors {
			syscall.Close(d)
		}
	}
}

// dial connects to a port of 127.0.0.1, which takes no time, and sends the
// connection to the caller.
func (l *liveSandbox) dial(port int) {
	d, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		defer unix.Close(d)
		err = unix.Connect(d, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	}
	if err != nil {
		_ = l.channel.send(message{NotStarted: fmt.Sprintf("dial tcp 127.0.0.1:%d: %v", port, err)})
		return
	}
	_ = l.channel.send(message{Dialled: true}, d)
}

// killRest ends all processes that the programs left behind.
func killRest() {
	for {
		_ = syscall.Kill(-1, syscall.SIGKILL)
		if _, err := syscall.Wait4(-1, nil, 0, nil); err != nil && err != syscall.EINTR {
			return // ECHILD: none is left
		}
	}
}

// startProgram starts a program without privileges. output is a descriptor. unfiltered
// says why there is no filter of system calls.
func (s setup) startProgram(c Command, output int) (pid int, unfiltered string, err error) {
	unfiltered, err = s.confined(func() error {
		null, err := os.Open("/dev/null")
		if err != nil {
			return err
		}
		defer null.Close()
		errors := output
		if output == 1 {
			errors = 2
		}
		// Package os would first probe the kernel for pidfd_open(2), twice.
		pid, _, err = syscall.StartProcess(c.Argv[0], c.Argv, &syscall.ProcAttr{Dir: c.Dir, Env: c.Env, Files: []uintptr{null.Fd(), uintptr(output), uintptr(errors)}})
		if err != nil {
			return &os.PathError{Op: "fork/exec", Path: c.Argv[0], Err: err}
		}
		return nil
	})
	return pid, unfiltered, err
}

// describe says how a process ended, in the words of os.ProcessState.
func describe(s syscall.WaitStatus) string {
	if s.Signaled() {
		return "signal: " + s.Signal().String()
	}
	return fmt.Sprintf("exit status %d", s.ExitStatus())
}
