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

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

func init() {
	// Only Run and Start start process 1 of a process namespace under this name.
	if len(os.Args) == 0 || os.Args[0] != initName || os.Getpid() != 1 {
		return
	}
	if err := inside(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		// Not os.Exit: in tests, the race detector would delay it for a second.
		syscall.Exit(1)
	}
	syscall.Exit(0)
}

// inside is the main function of the sandbox's first process.
func inside() error {
	// Programs inside must not inherit what the caller had open (CVE-2024-21626),
	// nor the channel and the trees.
	if err := KeepDescriptors(); err != nil {
		return err
	}
	// Hide this process's descriptors and memory from programs of the same user
	// inside (proc(5), "dumpable").
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
		// The caller sends nothing more, so receive returns when the caller has ended.
		_, _ = c.receive(&struct{}{})
		syscall.Exit(1)
	}()
	if err := s.prepare(root{}); err != nil {
		return err
	}
	return runCommands(s, c)
}

// prepare applies the setup to this process and its root.
func (s setup) prepare(r root) (err error) {
	if err = s.identity().become(); err != nil {
		return err
	}
	if s.Mapped && len(s.descriptors) != len(s.Mounts) {
		return fmt.Errorf("%d of %d mounts came from outside", len(s.descriptors), len(s.Mounts))
	}
	for i, m := range s.Mounts {
		t := tree{target: m.Target}
		if s.Mapped {
			t.descriptor = s.descriptors[i]
		} else if t, err = openTree(m, nil); err != nil {
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
		keepThreads()
		limits[unix.RLIMIT_NPROC] = s.Tasks
	}
	for which, n := range limits {
		if err := syscall.Setrlimit(which, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
			return fmt.Errorf("limit %d: %w", which, err)
		}
	}
	return nil
}

// keepThreads starts threads, which Go's runtime keeps for later. Once programs have used up
// the limit on tasks, no more threads can be started; the runtime would then end this process,
// and with it the sandbox (runtime, newosproc).
func keepThreads() {
	const threads = 8 // more than block at the same time: to read, to wait for programs, and to start one
	var started sync.WaitGroup
	release := make(chan struct{})
	for range threads {
		started.Add(1)
		go func() {
			runtime.LockOSThread() // while it waits, other goroutines need another thread
			defer runtime.UnlockOSThread()
			started.Done()
			<-release
		}()
	}
	started.Wait()
	close(release)
}

// countsTasks reports whether a limit on processes counts only those of the sandbox:
// either they have a user of their own, or the kernel counts by user namespace (since
// Linux 5.14).
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

// runCommands runs the commands of Run and sends a result for each. Without commands, it sends
// one result, which says whether they would have a filter of system calls.
func runCommands(s setup, to *channel) error {
	c := s.Config
	if c.Umask != 0 {
		unix.Umask(c.Umask)
	}
	if len(c.Commands) == 0 {
		unfiltered, err := s.confined(func() error { return nil })
		if err != nil {
			unfiltered = err.Error()
		}
		return to.send(Result{Unfiltered: unfiltered})
	}
	var all errgroup.Group
	all.SetLimit(max(c.Parallel, 1))
	for i, command := range c.Commands {
		all.Go(func() error { return to.send(s.execute(i, command)) })
	}
	return all.Wait()
}

// confined calls do on a thread without privileges, which is used for nothing else. A program
// that do starts has no privileges from its first instruction. unfiltered says why there is no
// filter of system calls.
func (s setup) confined(do func() error) (unfiltered string, err error) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread() // the thread ends with this goroutine
		if err = dropPrivileges(); err == nil {
			unfiltered = s.Filter.load()
			err = do()
		}
	}()
	<-ended
	return unfiltered, err
}

func (s setup) execute(i int, c Command) Result {
	var output limited
	cmd := exec.Command(c.Argv[0], c.Argv[1:]...)
	cmd.Dir, cmd.Env = c.Dir, c.Env
	cmd.Stdout, cmd.Stderr = &output, &output
	unfiltered, err := s.confined(cmd.Run)
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
type limited struct {
	kept bytes.Buffer // not embedded: io.Copy would call its ReadFrom and bypass Write
}

func (l *limited) Write(p []byte) (int, error) {
	l.kept.Write(p[:min(len(p), maxOutput-l.kept.Len())])
	return len(p), nil
}

func (l *limited) String() string { return strings.ToValidUTF8(l.kept.String(), "\uFFFD") }

// dropPrivileges drops, for the children of this thread, the capabilities that
// were needed for the mounts. Each thread has its own capabilities. A child gets those
// of the thread that forks; a child that is root inside gets all of the bounding set
// (capabilities(7)).
func dropPrivileges() error {
	for capability := 0; capability <= unix.CAP_LAST_CAP; capability++ {
		// An older kernel has fewer capabilities.
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(capability), 0, 0, 0); err != nil && err != unix.EINVAL {
			return fmt.Errorf("capability %d: %w", capability, err)
		}
	}
	// Clear the inheritable set, and with it the ambient one.
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

// KeepDescriptors prevents the programs that this process starts from inheriting the
// descriptors that it inherited itself. exec.Cmd.ExtraFiles still works.
func KeepDescriptors() error {
	if err := unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return fmt.Errorf("inherited descriptors: %w", tooOld(err))
	}
	return nil
}
