package sandbox

import (
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
)

// live is the life of the first process of a sandbox that Start made: it
// starts the program, serves requests, and collects what ends. With Keep, it
// then waits until the program is to be started again.
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
	starts := make(chan Command, 1)
	starts <- s.Process.Command
	var program atomic.Int64 // the id of its process; 0: none
	for serving := false; ; serving = true {
		if serving && !s.Process.Keep {
			return nil
		}
		command := <-starts
		pid, unfiltered, err := s.startProgram(command)
		if err != nil {
			err = c.send(message{NotStarted: err.Error()})
			if err != nil || !serving {
				return err
			}
			continue
		}
		program.Store(int64(pid))
		if err := c.send(message{Started: true, Unfiltered: unfiltered}); err != nil {
			return err
		}
		if !serving {
			go serve(c, &program, starts)
		}
		end, err := await(pid)
		if err != nil {
			return err
		}
		program.Store(0)
		if s.Process.Keep {
			collect()
		}
		if err := c.send(end); err != nil {
			return err
		}
	}
}

// serve does what the caller asks for. The end of the channel is that of the
// sandbox: who started us is gone, and so shall be everything here.
func serve(c *channel, program *atomic.Int64, starts chan<- Command) {
	for {
		var r request
		if _, err := c.receive(&r); err != nil {
			syscall.Exit(0)
		}
		if pid := int(program.Load()); r.Signal != 0 && pid != 0 {
			_ = syscall.Kill(pid, syscall.Signal(r.Signal))
		}
		if r.Stop {
			_ = syscall.Kill(-1, syscall.SIGKILL) // all but this process
		}
		if r.Memory {
			now, peak := memory()
			_ = c.send(message{Now: now, Peak: peak})
		}
		if r.Start != nil {
			starts <- *r.Start
		}
	}
}

// await waits for the end of the program. Orphans become children of process 1,
// which has to collect them.
func await(pid int) (message, error) {
	for {
		var status syscall.WaitStatus
		var used syscall.Rusage
		ended, err := syscall.Wait4(-1, &status, 0, &used)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return message{}, err
		}
		if ended == pid && !status.Stopped() {
			return message{Ended: describe(status), Peak: used.Maxrss << 10}, nil
		}
	}
}

// collect ends whatever the program has left behind.
func collect() {
	for {
		_ = syscall.Kill(-1, syscall.SIGKILL)
		if _, err := syscall.Wait4(-1, nil, 0, nil); err != nil && err != syscall.EINTR {
			return // ECHILD: there is nobody else
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
