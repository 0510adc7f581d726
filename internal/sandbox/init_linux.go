package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

func init() {
	// Process 1 of a new process namespace, under our name: nobody but Run
	// and Start starts a program like that.
	if len(os.Args) == 0 || os.Args[0] != initName || os.Getpid() != 1 {
		return
	}
	if err := inside(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		// At once: os.Exit lets the race detector, in tests, linger for a
		// second.
		syscall.Exit(1)
	}
	syscall.Exit(0)
}

// inside is the life of the sandbox's first process.
func inside() error {
	// What the caller happened to have open is nobody's business here
	// (CVE-2024-21626). The channel and the trees are used by this process alone.
	if err := KeepDescriptors(); err != nil {
		return err
	}
	// To programs of the same user inside, this process is closed: what it has
	// open, and what it is (proc(5), "dumpable").
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("dumpable: %w", err)
	}
	c, err := openChannel(os.NewFile(channelFile, "channel"))
	if err != nil {
		return err
	}
	var s setup
	if s.descriptors, err = c.receive(&s); err != nil {
		return err
	}
	unix.Umask(0o022)
	if s.Process != nil {
		return live(s, c)
	}
	go func() {
		// The caller says nothing more: this is its end, and so ours.
		_, _ = c.receive(&struct{}{})
		syscall.Exit(1)
	}()
	if err := s.prepare(root{}); err != nil {
		return err
	}
	return runCommands(s, c)
}

// prepare makes this process, and the root that it sees, what the setup says.
func (s setup) prepare(r root) (err error) {
	if err = s.identity().become(); err != nil {
		return err
	}
	if s.Mapped && len(s.descriptors) != len(s.Mounts) {
		return fmt.Errorf("%d of %d mounts came from outside", len(s.descriptors), len(s.Mounts))
	}
	for i, m := range s.Mounts {
		var t tree
		if s.Mapped {
			t = tree{descriptor: s.descriptors[i], target: m.Target, dir: m.Dir}
		} else if t, err = openTree(m.Mount, nil); err != nil {
			return err
		}
		r.trees = append(r.trees, t)
	}
	if err := makeRoot(r); err != nil {
		return err
	}
	if err := unix.Sethostname([]byte("bootzip")); err != nil {
		return fmt.Errorf("host name: %w", err)
	}
	limits := map[int]uint64{unix.RLIMIT_CORE: 0}
	if s.Descriptors > 0 {
		limits[unix.RLIMIT_NOFILE] = s.Descriptors
	}
	if s.Tasks > 0 && s.countsTasks() {
		limits[unix.RLIMIT_NPROC] = s.Tasks
	}
	for which, n := range limits {
		if err := syscall.Setrlimit(which, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
			return fmt.Errorf("limit %d: %w", which, err)
		}
	}
	return nil
}

// countsTasks tells that a limit on processes counts those of the sandbox
// alone: they are of a user of their own, or the kernel counts by user
// namespace (since Linux 5.14).
func (s setup) countsTasks() bool {
	if s.Mapped {
		return true
	}
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return false
	}
	var major, minor int
	_, _ = fmt.Sscanf(unix.ByteSliceToString(u.Release[:]), "%d.%d", &major, &minor)
	return major > 5 || major == 5 && minor >= 14
}

// runCommands runs the commands of Run and sends a result for each.
func runCommands(s setup, to *channel) error {
	c := s.Config
	if c.Umask != 0 {
		unix.Umask(c.Umask)
	}
	if len(c.Commands) == 0 {
		return to.send(s.tryFilter())
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
			results <- s.execute(i, command)
		}()
	}
	go func() {
		wg.Wait()
		close(results)
	}()
	for r := range results {
		if err := to.send(r); err != nil {
			return err
		}
	}
	return nil
}

// tryFilter tells whether commands would have a filter of system calls.
func (s setup) tryFilter() (r Result) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // it ends with this goroutine
		if err := dropPrivileges(); err != nil {
			r.Unfiltered = err.Error()
			return
		}
		r.Unfiltered = s.Filter.load()
	}()
	<-done
	return r
}

func (s setup) execute(i int, c Command) Result {
	// The thread ends with this goroutine and is used for nothing else.
	runtime.LockOSThread()
	err := dropPrivileges()
	if err != nil {
		return Result{Index: i, Exit: -1, Output: err.Error() + "\n"}
	}
	unfiltered := s.Filter.load()
	var output limited
	cmd := exec.Command(c.Argv[0], c.Argv[1:]...)
	cmd.Dir, cmd.Env = c.Dir, c.Env
	cmd.Stdout, cmd.Stderr = &output, &output
	err = cmd.Run()
	r := Result{Index: i, Output: output.String(), Unfiltered: unfiltered}
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

func (l *limited) String() string { return strings.ToValidUTF8(l.Buffer.String(), "\uFFFD") }

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
	// From the inheritable set, and with it the ambient one, a child inherits.
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData // 32 capabilities each
	err := unix.Capget(&header, &sets[0])
	if err == nil {
		sets[0].Inheritable, sets[1].Inheritable = 0, 0
		err = unix.Capset(&header, &sets[0])
	}
	if err != nil {
		return fmt.Errorf("capabilities: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	return nil
}

// KeepDescriptors keeps programs that this process starts from inheriting
// what it inherited itself: descriptors beyond standard error that whoever
// started it happened to have open. What is handed on by name, as
// exec.Cmd.ExtraFiles, is.
func KeepDescriptors() error {
	if err := unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return fmt.Errorf("inherited descriptors: %w", tooOld(err))
	}
	return nil
}
