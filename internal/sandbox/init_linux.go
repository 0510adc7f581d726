package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

func init() {
	// Process 1 of a new process namespace, under our name: nobody but Run
	// starts a program like that.
	if len(os.Args) == 0 || os.Args[0] != initName || os.Getpid() != 1 {
		return
	}
	if err := inside(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// inside is the life of the sandbox's first process.
func inside() error {
	var s setup
	requests := json.NewDecoder(os.Stdin)
	if err := requests.Decode(&s); err != nil {
		return err
	}
	unix.Umask(0o022)
	if s.Process != nil {
		return live(*s.Process, requests)
	}
	c := s.Config
	if err := makeRoot(root{mounts: c.Mounts}); err != nil {
		return err
	}
	hostname := "bootzip"
	if c.Hostname != "" {
		hostname = c.Hostname
	}
	if err := unix.Sethostname([]byte(hostname)); err != nil {
		return fmt.Errorf("host name: %w", err)
	}
	if c.Umask != 0 {
		unix.Umask(c.Umask)
	}

	results := make(chan Result)
	slots := make(chan struct{}, max(c.Parallel, 1))
	var wg sync.WaitGroup
	for i, command := range c.Commands {
		wg.Add(1)
		go func() {
			defer wg.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			results <- execute(i, command, c.CPUs)
		}()
	}
	go func() {
		wg.Wait()
		close(results)
	}()
	out := json.NewEncoder(os.Stdout)
	for r := range results {
		if err := out.Encode(r); err != nil {
			return err
		}
	}
	return nil
}

func execute(i int, c Command, cpus int) Result {
	// The thread ends with this goroutine and is used for nothing else.
	runtime.LockOSThread()
	err := LimitCPUs(cpus)
	if err == nil {
		err = dropPrivileges()
	}
	if err != nil {
		return Result{Index: i, Exit: -1, Output: err.Error() + "\n"}
	}
	var output limited
	cmd := exec.Command(c.Argv[0], c.Argv[1:]...)
	cmd.Dir, cmd.Env = c.Dir, c.Env
	cmd.Stdout, cmd.Stderr = &output, &output
	err = cmd.Run()
	r := Result{Index: i, Output: output.String()}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		if r.Exit = exit.ExitCode(); r.Exit < 0 {
			r.Output += exit.Error() + "\n"
		}
	case err != nil:
		r.Exit, r.Output = -1, r.Output+err.Error()+"\n"
	}
	return r
}

// limited keeps the first maxOutput bytes.
type limited struct{ bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	l.Buffer.Write(p[:min(len(p), maxOutput-l.Len())])
	return len(p), nil
}

// dropPrivileges gives up, for the children that this thread will start, what
// made the mounts possible. Each thread has capabilities of its own; a child
// gets those of the thread that forks, and as root inside it would get all
// that are in the bounding set (capabilities(7)).
func dropPrivileges() error {
	for capability := 0; capability <= unix.CAP_LAST_CAP; capability++ {
		// An older kernel has fewer of them.
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(capability), 0, 0, 0); err != nil && err != unix.EINVAL {
			return fmt.Errorf("capability %d: %w", capability, err)
		}
	}
	if err := keepForNone(); err != nil {
		return fmt.Errorf("capabilities: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	return nil
}

// keepForNone empties the sets of capabilities from which a child inherits:
// the inheritable one, and with it the ambient one.
func keepForNone() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData // 32 capabilities each
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return err
	}
	sets[0].Inheritable, sets[1].Inheritable = 0, 0
	return unix.Capset(&header, &sets[0])
}
