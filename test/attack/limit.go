//go:build linux

package attack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// beyond is how far above a limit an attempt goes, in bytes. It is more than
	// the emulator allows for its own process.
	beyond = 64 << 20
	// hold is how long the attempt stays above the limit, since a limit may be
	// monitored rather than enforced by the kernel.
	hold = time.Second
	// manyTasks is how many tasks are started where no limit is promised.
	manyTasks = 4000
)

// limits are attempts to use more than was granted.
func limits() []Attempt {
	return []Attempt{
		{ID: "memory", What: "uses more memory than its limit", Alone: true, Try: func(t Target) error {
			return fill(t.Memory, func(size int) ([]byte, error) {
				return unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
			})
		}},
		{ID: "memory-shared", What: "uses more memory than its limit in a shared mapping", Alone: true, Try: func(t Target) error {
			return fill(t.Memory, func(size int) ([]byte, error) {
				return unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_SHARED)
			})
		}},
		{ID: "memory-sysv", What: "uses more memory than its limit in a System V segment", Alone: true, Try: func(t Target) error {
			return fill(t.Memory, func(size int) ([]byte, error) {
				id, err := unix.SysvShmGet(unix.IPC_PRIVATE, size, unix.IPC_CREAT|0o600)
				if err != nil {
					return nil, err
				}
				m, err := unix.SysvShmAttach(id, 0, 0)
				_, e := unix.SysvShmCtl(id, unix.IPC_RMID, nil) // the segment goes away with the last process
				return m, errors.Join(err, e)
			})
		}},
		{ID: "memory-memfd", What: "keeps more than its memory limit in an anonymous file (memfd)", Alone: true, Try: func(t Target) error {
			fd, err := unix.MemfdCreate("attack", unix.MFD_CLOEXEC)
			if err != nil {
				return err
			}
			return write(os.NewFile(uintptr(fd), "memfd"), t.Memory)
		}},
		{ID: "memory-dev-shm", What: "keeps more than its memory limit in /dev/shm", Alone: true, Try: func(t Target) error {
			return withFile("/dev/shm", func(f *os.File) error { return write(f, t.Memory) })
		}},
		{ID: "temp", What: "writes more to /tmp than its limit allows", Alone: true, Try: func(t Target) error {
			return withFile(t.scratch(), func(f *os.File) error { return write(f, t.Temp) })
		}},
		{ID: "threads", What: "starts more threads than its limit allows", Alone: true, Try: startThreads},
		{ID: "processes", What: "starts more processes than its limit allows", Alone: true, Try: startProcesses},
		{ID: "descriptors", What: "opens more files than its limit allows", Try: openMany},
	}
}

// fill touches more memory than the limit allows and keeps it for a while.
func fill(limit int64, get func(size int) ([]byte, error)) error {
	if limit == 0 {
		return errAbsent
	}
	m, err := get(int(limit) + beyond)
	if err != nil {
		return err
	}
	for i := 0; i < len(m); i += 4096 {
		m[i] = 1
	}
	time.Sleep(hold)
	runtime.KeepAlive(m)
	return nil
}

// write fills a file beyond the limit and keeps it for a while.
func write(f *os.File, limit int64) error {
	defer f.Close()
	if limit == 0 {
		return errAbsent
	}
	block := make([]byte, 1<<20)
	for n := int64(0); n < limit+beyond; n += int64(len(block)) {
		if _, err := f.Write(block); err != nil {
			return err
		}
	}
	time.Sleep(hold)
	return nil
}

func (t Target) tasks() int {
	if t.Tasks == 0 {
		return manyTasks
	}
	return t.Tasks + 200 // including those that the place itself needs
}

// startThreads starts threads that wait. Go's runtime ends the process if it cannot
// start another.
func startThreads(t Target) error {
	began := make(chan struct{})
	for range t.tasks() {
		go func() {
			runtime.LockOSThread()
			began <- struct{}{}
			_ = unix.Pause()
		}()
		<-began
	}
	return nil
}

// startProcesses starts children that wait, and then ends them.
func startProcesses(t Target) error {
	runtime.LockOSThread()
	children := make([]int, 0, t.tasks())
	defer func() {
		for _, pid := range children {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
		for range children {
			_, _ = unix.Wait4(-1, nil, 0, nil)
		}
	}()
	for len(children) < cap(children) {
		pid, err := fork()
		if err != nil {
			return fmt.Errorf("after %d processes: %w", len(children), err)
		}
		children = append(children, pid)
	}
	return nil
}

// fork makes a child that waits to be killed. The child of a program with threads
// has only one thread, so it must not return to Go code.
func fork() (int, error) {
	pid, _, e := syscall.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if e != 0 {
		return 0, e
	}
	if pid == 0 {
		for {
			_, _, _ = syscall.RawSyscall6(unix.SYS_PPOLL, 0, 0, 0, 0, 0, 0)
		}
	}
	return int(pid), nil
}

func openMany(t Target) error {
	if t.Files == 0 {
		return errAbsent
	}
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return err
	}
	l.Cur = l.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return err
	}
	for n := range t.Files + 1 {
		if _, err := unix.Dup(2); err != nil {
			return fmt.Errorf("after %d files: %w", n, err)
		}
	}
	return nil
}

// leftovers are attempts to leave processes that outlive the place.
func leftovers() []Attempt {
	return []Attempt{{ID: "leftover", What: "leaves a process running after the place has ended", Try: func(t Target) error {
		if t.Mark == "" {
			return errAbsent
		}
		null, err := os.OpenFile("/dev/null", os.O_RDWR, 0)
		if err != nil {
			return err
		}
		// It has a session of its own and, once this process has ended, another
		// parent.
		argv := []string{t.Program, "linger", t.Mark}
		_, err = os.StartProcess(t.Program, argv, &os.ProcAttr{Dir: "/", Env: []string{}, Files: []*os.File{null, null, null}, Sys: &syscall.SysProcAttr{Setsid: true}})
		if err != nil {
			return err
		}
		return ErrSeenLater
	}}}
}

// ErrSeenLater is what the attempt "leftover" returns: whether it succeeded can
// only be seen after the place has ended. [Linger] finds the process.
var ErrSeenLater = errors.New("it shows after the end")

// Linger returns the processes on this machine that were left behind with this
// mark.
func Linger(mark string) []int {
	var found []int
	names, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range names {
		line, err := os.ReadFile(name)
		if err != nil || !hasArguments(line, "linger", mark) {
			continue
		}
		var pid int
		if _, err := fmt.Sscanf(name, "/proc/%d/", &pid); err == nil {
			found = append(found, pid)
		}
	}
	return found
}
