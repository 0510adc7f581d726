package sandbox

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// messageFile is the descriptor on which the first process speaks.
const messageFile = 3

// live is the life of the first process of a sandbox that Start made: it
// starts the program, serves requests, and collects what ends.
func live(c ProcessConfig, requests *json.Decoder) error {
	unix.CloseOnExec(messageFile)
	file := os.NewFile(messageFile, "messages")
	// Two goroutines send; a file takes whole writes from both.
	send := func(m message) error { return json.NewEncoder(file).Encode(m) }
	if err := prepare(c); err != nil {
		return send(message{Refused: err.Error()})
	}
	pid, err := startProgram(c.Command)
	if err != nil {
		return send(message{NotStarted: err.Error()})
	}
	if err := send(message{Started: true}); err != nil {
		return err
	}
	go func() {
		for {
			var r request
			if requests.Decode(&r) != nil {
				syscall.Exit(0) // who started us is gone, and so shall be everything here
			}
			if r.Signal != 0 {
				_ = syscall.Kill(pid, syscall.Signal(r.Signal))
			}
			if r.Memory {
				now, peak := memory()
				_ = send(message{Now: now, Peak: peak})
			}
		}
	}()
	for {
		// Orphans become children of process 1, which has to collect them.
		var status syscall.WaitStatus
		ended, err := syscall.Wait4(-1, &status, 0, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		if ended == pid && !status.Stopped() {
			if err := send(message{Ended: describe(status)}); err != nil {
				return err
			}
			// At once: os.Exit lets the race detector, in tests, linger for a
			// second.
			syscall.Exit(0)
		}
	}
}

func prepare(c ProcessConfig) error {
	if err := makeRoot(root{mounts: c.Mounts, proc: true, temp: c.Temp}); err != nil {
		return err
	}
	if err := unix.Sethostname([]byte("bootzip")); err != nil {
		return fmt.Errorf("host name: %w", err)
	}
	limits := map[int]uint64{unix.RLIMIT_CORE: 0}
	if c.Files > 0 {
		limits[unix.RLIMIT_NOFILE] = c.Files
	}
	for which, n := range limits {
		if err := syscall.Setrlimit(which, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
			return fmt.Errorf("limit %d: %w", which, err)
		}
	}
	return nil
}

func startProgram(c Command) (pid int, err error) {
	// The thread ends with its goroutine and is used for nothing else.
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread()
		if err = dropPrivileges(); err != nil {
			return
		}
		var null *os.File
		if null, err = os.Open("/dev/null"); err != nil {
			return
		}
		defer null.Close()
		var p *os.Process
		p, err = os.StartProcess(c.Argv[0], c.Argv, &os.ProcAttr{Dir: c.Dir, Env: c.Env, Files: []*os.File{null, os.Stdout, os.Stderr}})
		if err == nil {
			pid = p.Pid
		}
	}()
	<-ended
	return pid, err
}

// describe says how a process ended, as os.ProcessState does.
func describe(s syscall.WaitStatus) string {
	if s.Signaled() {
		return "signal: " + s.Signal().String()
	}
	return fmt.Sprintf("exit status %d", s.ExitStatus())
}

// memory adds up what all processes but this one have (proc(5), status).
func memory() (now, peak int64) {
	files, _ := filepath.Glob("/proc/[0-9]*/status")
	for _, name := range files {
		if name == "/proc/1/status" {
			continue
		}
		n, p := ReadMemory(name)
		now, peak = now+n, peak+p
	}
	return now, peak
}

// ReadMemory returns the resident memory of a process from its status file
// in /proc, now and at most, in bytes; 0 if there is none.
func ReadMemory(name string) (now, peak int64) {
	text, err := os.ReadFile(name)
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(text)) {
		var kb int64
		switch {
		case strings.HasPrefix(line, "VmRSS:"):
			_, _ = fmt.Sscanf(line[len("VmRSS:"):], "%d", &kb)
			now = kb << 10
		case strings.HasPrefix(line, "VmHWM:"):
			_, _ = fmt.Sscanf(line[len("VmHWM:"):], "%d", &kb)
			peak = kb << 10
		}
	}
	return now, peak
}
