package sandbox

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
)

// live is the life of the first process of a sandbox that Start made: it
// starts the program, serves requests, and collects what ends.
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
	pid, unfiltered, err := s.startProgram(s.Process.Command)
	if err != nil {
		return c.send(message{NotStarted: err.Error()})
	}
	if err := c.send(message{Started: true, Unfiltered: unfiltered}); err != nil {
		return err
	}
	go func() {
		for {
			var r request
			if _, err := c.receive(&r); err != nil {
				syscall.Exit(0) // who started us is gone, and so shall be everything here
			}
			if r.Signal != 0 {
				_ = syscall.Kill(pid, syscall.Signal(r.Signal))
			}
			if r.Memory {
				now, peak := memory()
				_ = c.send(message{Now: now, Peak: peak})
			}
		}
	}()
	for {
		// Orphans become children of process 1, which has to collect them.
		var status syscall.WaitStatus
		var used syscall.Rusage
		ended, err := syscall.Wait4(-1, &status, 0, &used)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		if ended == pid && !status.Stopped() {
			return c.send(message{Ended: describe(status), Peak: used.Maxrss << 10})
		}
	}
}

// startProgram starts the program, which is nobody in particular from its
// first instruction. It tells why there is no filter of system calls, if so.
func (s setup) startProgram(c Command) (pid int, unfiltered string, err error) {
	// The thread ends with its goroutine and is used for nothing else.
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread()
		if err = dropPrivileges(); err != nil {
			return
		}
		unfiltered = s.Filter.load()
		var null *os.File
		if null, err = os.Open("/dev/null"); err != nil {
			return
		}
		defer null.Close()
		// Without package os, which would try out twice what the kernel has of
		// pidfd_open(2) before.
		pid, _, err = syscall.StartProcess(c.Argv[0], c.Argv, &syscall.ProcAttr{Dir: c.Dir, Env: c.Env, Files: []uintptr{null.Fd(), 1, 2}})
		if err != nil {
			err = &os.PathError{Op: "fork/exec", Path: c.Argv[0], Err: err}
		}
	}()
	<-ended
	return pid, unfiltered, err
}

// describe says how a process ended, as os.ProcessState does.
func describe(s syscall.WaitStatus) string {
	if s.Signaled() {
		return "signal: " + s.Signal().String()
	}
	return fmt.Sprintf("exit status %d", s.ExitStatus())
}
