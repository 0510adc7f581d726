//go:build linux

package attack

import (
	"errors"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// processes are ways to reach other processes, and to change their priorities,
// CPUs and limits.
func processes() []Attempt {
	var all []Attempt
	for _, who := range []struct {
		prefix, name string
		pid          func(Target) (int, error)
	}{
		{"init", "the first process", func(t Target) (int, error) { return t.init(), nil }},
		{"outside", "a process of the host", func(t Target) (int, error) {
			if t.Victim == 0 {
				return 0, errAbsent
			}
			return t.Victim, nil
		}},
	} {
		on := func(do func(pid int) error) func(Target) error {
			return func(t Target) error {
				pid, err := who.pid(t)
				if err != nil {
					return err
				}
				return do(pid)
			}
		}
		all = append(all,
			Attempt{ID: who.prefix + "-kill", What: "can send signals to " + who.name, Try: on(func(pid int) error { return unix.Kill(pid, 0) })},
			Attempt{ID: who.prefix + "-ptrace", What: "traces " + who.name, Try: on(trace)},
			Attempt{ID: who.prefix + "-vm-readv", What: "reads the memory of " + who.name, Try: on(readMemory)},
			Attempt{ID: who.prefix + "-pidfd", What: "gets a descriptor for " + who.name, Try: on(func(pid int) error {
				fd, err := unix.PidfdOpen(pid, 0)
				return closeIf(fd, err)
			})},
			Attempt{ID: who.prefix + "-pidfd-getfd", What: "takes a descriptor from " + who.name, Try: on(takeDescriptor)},
			Attempt{ID: who.prefix + "-priority", What: "sets the priority of " + who.name, Try: on(func(pid int) error {
				now, err := unix.Getpriority(unix.PRIO_PROCESS, pid)
				if err != nil {
					return err
				}
				return unix.Setpriority(unix.PRIO_PROCESS, pid, 20-now) // the system call returns 20 minus the value
			})},
			Attempt{ID: who.prefix + "-affinity", What: "sets the CPU affinity of " + who.name, Try: on(func(pid int) error {
				var set unix.CPUSet
				if err := unix.SchedGetaffinity(pid, &set); err != nil {
					return err
				}
				return unix.SchedSetaffinity(pid, &set)
			})},
			Attempt{ID: who.prefix + "-limits", What: "sets resource limits of " + who.name, Try: on(func(pid int) error {
				var l unix.Rlimit
				if err := unix.Prlimit(pid, unix.RLIMIT_CORE, nil, &l); err != nil {
					return err
				}
				return unix.Prlimit(pid, unix.RLIMIT_CORE, &l, nil)
			})},
			Attempt{ID: who.prefix + "-ioprio", What: "sets the I/O priority of " + who.name, Try: on(func(pid int) error {
				const process = 1
				now, _, e := unix.Syscall(unix.SYS_IOPRIO_GET, process, uintptr(pid), 0)
				if e != 0 {
					return e
				}
				_, _, e = unix.Syscall(unix.SYS_IOPRIO_SET, process, uintptr(pid), now)
				return errno(e)
			})},
			Attempt{ID: who.prefix + "-kcmp", What: "compares kernel objects with " + who.name, Try: on(func(pid int) error {
				_, _, e := unix.Syscall6(unix.SYS_KCMP, uintptr(os.Getpid()), uintptr(pid), 1, 0, 0, 0)
				return errno(e)
			})},
		)
	}
	return append(all, Attempt{ID: "tiocsti", What: "types into a terminal", Try: typeInto})
}

// trace attaches without stopping the process. When this process ends, it detaches.
func trace(pid int) error {
	runtime.LockOSThread()
	const seize = 0x4206 // PTRACE_SEIZE
	_, _, e := unix.Syscall6(unix.SYS_PTRACE, seize, uintptr(pid), 0, 0, 0, 0)
	return errno(e)
}

// readMemory reads an address where nothing is mapped: EFAULT means that the read
// was allowed.
func readMemory(pid int) error {
	b := make([]byte, 1)
	local := []unix.Iovec{{Base: &b[0], Len: 1}}
	_, err := unix.ProcessVMReadv(pid, local, []unix.RemoteIovec{{Base: 8, Len: 1}}, 0)
	return past(err, unix.EFAULT)
}

func takeDescriptor(pid int) error {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	taken, err := unix.PidfdGetfd(fd, 1, 0)
	return closeIf(taken, err)
}

// typeInto takes a new terminal as its controlling terminal, and puts a byte into
// its input.
func typeInto(Target) error {
	master, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	// It stays open: closing it would end this process.
	if err := unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err != nil {
		return err
	}
	const peer = 0x5441 // TIOCGPTPEER
	slave, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(master), peer, unix.O_RDWR|unix.O_NOCTTY)
	if e != 0 {
		return e
	}
	if err := unix.IoctlSetInt(int(slave), unix.TIOCSCTTY, 0); err != nil {
		return err
	}
	b := byte('x')
	_, _, e = unix.Syscall(unix.SYS_IOCTL, slave, unix.TIOCSTI, uintptr(unsafe.Pointer(&b)))
	return errno(e)
}

// schedules are claims to more of the machine's time, and to looser limits.
func schedules() []Attempt {
	return []Attempt{
		{ID: "nice", What: "raises its priority", Try: func(Target) error { return unix.Setpriority(unix.PRIO_PROCESS, 0, -1) }},
		{ID: "sched-fifo", What: "can monopolize a CPU (real-time scheduling)", Try: func(Target) error {
			priority := int32(1)
			_, _, e := unix.Syscall(unix.SYS_SCHED_SETSCHEDULER, 0, 1, uintptr(unsafe.Pointer(&priority)))
			return errno(e)
		}},
		{ID: "ioprio-realtime", What: "can monopolize the disks (real-time I/O priority)", Try: func(Target) error {
			const process, realtime = 1, 1 << 13
			_, _, e := unix.Syscall(unix.SYS_IOPRIO_SET, process, 0, realtime)
			return errno(e)
		}},
		{ID: "rlimit-raise", What: "raises a hard limit", Try: func(Target) error {
			var l unix.Rlimit
			if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
				return err
			}
			l.Max++
			return unix.Setrlimit(unix.RLIMIT_NOFILE, &l)
		}},
		{ID: "core-dump", What: "enables core dumps, which go where the host is configured to put them", Try: func(Target) error {
			var l unix.Rlimit
			if err := unix.Getrlimit(unix.RLIMIT_CORE, &l); err != nil {
				return err
			}
			if l.Max == 0 {
				l.Max = 1 << 20
			}
			l.Cur = l.Max
			return unix.Setrlimit(unix.RLIMIT_CORE, &l)
		}},
		{ID: "mlock", What: "locks more memory than its limit", Try: lockMemory},
		{ID: "personality", What: "turns off address randomization", Try: func(Target) error {
			const noRandomize = 0x0040000
			_, _, e := unix.Syscall(unix.SYS_PERSONALITY, noRandomize, 0, 0)
			return errno(e)
		}},
	}
}

func lockMemory(Target) error {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MEMLOCK, &l); err != nil {
		return err
	}
	if l.Cur > 1<<30 {
		return errors.Join(errAbsent, errors.New("the limit is above 1 GiB"))
	}
	m, err := unix.Mmap(-1, 0, int(l.Cur)+1<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return err
	}
	return unix.Mlock(m)
}
