//go:build linux

package attack

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// raw makes a system call in this thread alone. The functions of package syscall
// that change a thread change all threads, and its wrappers check arguments.
//
//go:uintptrescapes
func raw(number, a, b, c uintptr) error {
	_, _, e := syscall.Syscall(number, a, b, c)
	return errno(e)
}

// descriptor makes a system call that returns a descriptor, and closes it.
//
//go:uintptrescapes
func descriptor(number, a, b, c uintptr) error {
	fd, _, e := syscall.Syscall(number, a, b, c)
	return closeIf(int(fd), errno(e))
}

// control makes one ioctl on a file.
func control(name string, request uintptr, value *int32) error {
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	_, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(unsafe.Pointer(value)))
	return errno(e)
}

// clone3 starts a process that ends at once.
func clone3(flags uint64) error {
	args := [11]uint64{0: flags, 4: uint64(unix.SIGCHLD)} // struct clone_args (clone(2))
	runtime.LockOSThread()
	pid, _, e := syscall.RawSyscall(unix.SYS_CLONE3, uintptr(unsafe.Pointer(&args)), unsafe.Sizeof(args), 0)
	if e != 0 {
		return e
	}
	if pid == 0 {
		for {
			_, _, _ = syscall.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
		}
	}
	_, err := unix.Wait4(int(pid), nil, 0, nil)
	return err
}

// kernel are attempts to use parts of the kernel that have had many
// vulnerabilities and that neither a function nor a compiler needs.
func kernel() []Attempt {
	return []Attempt{
		{ID: "keyctl", What: "creates a keyring", Try: func(Target) error {
			_, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_PROCESS_KEYRING, true)
			return err
		}},
		{ID: "keyring-session", What: "reaches the session keyring of the caller", Try: func(Target) error {
			_, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_SESSION_KEYRING, false)
			return err
		}},
		{ID: "add-key", What: "adds a key to a keyring", Try: func(Target) error {
			_, err := unix.AddKey("user", "attack", []byte("x"), unix.KEY_SPEC_THREAD_KEYRING)
			return err
		}},
		{ID: "request-key", What: "requests a key", Try: func(Target) error {
			// Without callout information, the kernel starts no program of the host.
			kind, name := []byte("user\x00"), []byte("attack-none\x00")
			return past(raw(unix.SYS_REQUEST_KEY, uintptr(unsafe.Pointer(&kind[0])), uintptr(unsafe.Pointer(&name[0])), 0), unix.ENOKEY)
		}},
		{ID: "bpf-map", What: "creates a BPF map", Try: func(Target) error { return bpf(unix.BPF_MAP_CREATE, &[16]uint32{unix.BPF_MAP_TYPE_ARRAY, 4, 4, 1}) }},
		{ID: "bpf-program", What: "loads a BPF program", Try: loadProgram},
		{ID: "io-uring", What: "sets up io_uring", Try: func(Target) error {
			parameters := make([]byte, 120)
			return descriptor(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(&parameters[0])), 0)
		}},
		{ID: "perf-self", What: "measures itself (perf)", Try: func(Target) error { return measure(0, -1, unix.PerfBitExcludeKernel|unix.PerfBitExcludeHv) }},
		{ID: "perf-machine", What: "measures everything that runs on a CPU (perf)", Try: func(Target) error { return measure(-1, 0, 0) }},
		{ID: "userfaultfd", What: "handles its own page faults (userfaultfd)", Try: func(Target) error {
			return descriptor(unix.SYS_USERFAULTFD, unix.O_CLOEXEC|1, 0, 0) // UFFD_USER_MODE_ONLY
		}},
		{ID: "userfaultfd-kernel", What: "handles the kernel's page faults (userfaultfd)", Try: func(Target) error {
			return descriptor(unix.SYS_USERFAULTFD, unix.O_CLOEXEC, 0, 0)
		}},
		{ID: "fanotify", What: "watches a mount, and can deny access to it (fanotify)", Try: func(Target) error {
			fd, err := unix.FanotifyInit(unix.FAN_CLASS_CONTENT|unix.FAN_CLOEXEC, unix.O_RDONLY)
			return closeIf(fd, err)
		}},
		{ID: "fanotify-unprivileged", What: "watches files (fanotify)", Try: func(Target) error {
			fd, err := unix.FanotifyInit(unix.FAN_CLASS_NOTIF|unix.FAN_REPORT_FID|unix.FAN_CLOEXEC, unix.O_RDONLY)
			return closeIf(fd, err)
		}},
		{ID: "inotify-program", What: "sees when the directory of the program is used (inotify)", Try: func(t Target) error { return watch(filepath.Dir(t.Program)) }},
		{ID: "inotify-null", What: "sees when anyone on the machine opens /dev/null (inotify)", Try: watchNull},
		{ID: "syslog", What: "reads the kernel's log (syslog)", Try: func(Target) error {
			const readAll = 3
			_, err := unix.Klogctl(readAll, make([]byte, 16))
			return err
		}},
		{ID: "quotactl", What: "has the kernel sync disk quotas (quotactl)", Try: func(Target) error {
			const sync = 0x800001 << 8 // Q_SYNC
			_, _, e := unix.Syscall6(unix.SYS_QUOTACTL, sync, 0, 0, 0, 0, 0)
			return errno(e)
		}},
		{ID: "memfd-secret", What: "gets memory that is hidden from the kernel (memfd_secret)", Try: func(Target) error {
			return descriptor(unix.SYS_MEMFD_SECRET, unix.O_CLOEXEC, 0, 0)
		}},
	}
}

func bpf(command uintptr, attributes *[16]uint32) error {
	return descriptor(unix.SYS_BPF, command, uintptr(unsafe.Pointer(attributes)), unsafe.Sizeof(*attributes))
}

// loadProgram loads a socket filter that returns 0.
func loadProgram(Target) error {
	program := []uint64{0xb7, 0x95} // r0 = 0; exit (bpf instruction set)
	license := []byte("GPL\x00")
	var pinner runtime.Pinner
	defer pinner.Unpin()
	pinner.Pin(&program[0])
	pinner.Pin(&license[0])
	var a [16]uint32
	a[0], a[1] = unix.BPF_PROG_TYPE_SOCKET_FILTER, uint32(len(program))
	*(*uint64)(unsafe.Pointer(&a[2])) = uint64(uintptr(unsafe.Pointer(&program[0])))
	*(*uint64)(unsafe.Pointer(&a[4])) = uint64(uintptr(unsafe.Pointer(&license[0])))
	return bpf(unix.BPF_PROG_LOAD, &a)
}

func measure(pid, cpu int, bits uint64) error {
	a := unix.PerfEventAttr{Type: unix.PERF_TYPE_SOFTWARE, Size: uint32(unsafe.Sizeof(unix.PerfEventAttr{})), Config: unix.PERF_COUNT_SW_CPU_CLOCK, Bits: bits}
	fd, err := unix.PerfEventOpen(&a, pid, cpu, -1, unix.PERF_FLAG_FD_CLOEXEC)
	return closeIf(fd, err)
}

func watch(name string) error {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	_, err = unix.InotifyAddWatch(fd, name, unix.IN_ALL_EVENTS)
	return err
}

// watchNull waits until something else opens /dev/null. The test that runs the
// attempts opens it outside all the time.
func watchNull(Target) error {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if _, err := unix.InotifyAddWatch(fd, "/dev/null", unix.IN_OPEN); err != nil {
		return err
	}
	for range 100 {
		if n, err := unix.Read(fd, make([]byte, 4096)); err == nil && n > 0 {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errors.New("nobody used it for a second")
}

// machine are changes that affect all of the machine.
func machine() []Attempt {
	// The file does not exist, which the kernel notices only after it has checked
	// privileges.
	nowhere := []byte("/nowhere/attack\x00")
	path := func(number uintptr) func(Target) error {
		return func(Target) error { return past(raw(number, uintptr(unsafe.Pointer(&nowhere[0])), 0, 0), unix.ENOENT) }
	}
	return []Attempt{
		{ID: "iopl", What: "reaches all of the machine's I/O ports (iopl)", Try: func(Target) error { return iopl() }},
		{ID: "ioperm", What: "reaches some of the machine's I/O ports (ioperm)", Try: func(Target) error { return ioperm() }},
		{ID: "sethostname", What: "sets the host name", Try: func(Target) error {
			name, err := os.Hostname()
			if err != nil {
				return err
			}
			return unix.Sethostname([]byte(name))
		}},
		{ID: "setdomainname", What: "sets the domain name", Try: func(Target) error {
			var u unix.Utsname
			if err := unix.Uname(&u); err != nil {
				return err
			}
			return unix.Setdomainname([]byte(unix.ByteSliceToString(u.Domainname[:])))
		}},
		{ID: "clock-settime", What: "sets the clock", Try: func(Target) error {
			var now, began, ended unix.Timespec
			if err := errors.Join(unix.ClockGettime(unix.CLOCK_MONOTONIC, &began), unix.ClockGettime(unix.CLOCK_REALTIME, &now)); err != nil {
				return err
			}
			if err := unix.ClockSettime(unix.CLOCK_REALTIME, &now); err != nil {
				return err
			}
			// Give the clock back the time that it lost between reading and setting.
			if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ended); err != nil {
				return err
			}
			const setOffset, nanoseconds = 0x0100, 0x2000 // ADJ_SETOFFSET, ADJ_NANO (adjtimex(2))
			lost := unix.NsecToTimeval(ended.Nano() - began.Nano())
			lost.Usec = (ended.Nano() - began.Nano()) % 1e9
			_, err := unix.Adjtimex(&unix.Timex{Modes: setOffset | nanoseconds, Time: lost})
			return err
		}},
		{ID: "settimeofday", What: "sets the kernel's time zone", Try: func(Target) error {
			var zone [2]int32
			if _, _, e := unix.Syscall(unix.SYS_GETTIMEOFDAY, 0, uintptr(unsafe.Pointer(&zone)), 0); e != 0 {
				return e
			}
			if zone[0] != 0 {
				return errAbsent // the first call with a zone would move the clock
			}
			_, _, e := unix.Syscall(unix.SYS_SETTIMEOFDAY, 0, uintptr(unsafe.Pointer(&zone)), 0)
			return errno(e)
		}},
		{ID: "adjtimex", What: "changes the speed of the clock", Try: func(Target) error {
			var now unix.Timex
			if _, err := unix.Adjtimex(&now); err != nil {
				return err
			}
			_, err := unix.Adjtimex(&unix.Timex{Modes: unix.ADJ_TICK, Tick: now.Tick})
			return err
		}},
		{ID: "reboot", What: "reboots the machine", Try: func(Target) error { return past(raw(unix.SYS_REBOOT, 0, 0, 0), unix.EINVAL) }},
		{ID: "kexec-load", What: "loads another kernel", Try: func(Target) error {
			// More segments than there can be.
			return past(raw(unix.SYS_KEXEC_LOAD, 0, 17, 0), unix.EINVAL)
		}},
		{ID: "init-module", What: "loads a kernel module", Try: func(Target) error {
			none := []byte{0}
			return past(raw(unix.SYS_INIT_MODULE, uintptr(unsafe.Pointer(&none[0])), 0, uintptr(unsafe.Pointer(&none[0]))), unix.ENOEXEC)
		}},
		{ID: "finit-module", What: "loads a kernel module from a file", Try: func(Target) error {
			none := []byte{0}
			return past(raw(unix.SYS_FINIT_MODULE, ^uintptr(0), uintptr(unsafe.Pointer(&none[0])), 0), unix.EBADF)
		}},
		{ID: "delete-module", What: "removes a kernel module", Try: func(Target) error {
			name := []byte("attack_none\x00")
			return past(raw(unix.SYS_DELETE_MODULE, uintptr(unsafe.Pointer(&name[0])), unix.O_NONBLOCK, 0), unix.ENOENT)
		}},
		{ID: "swapon", What: "adds swap space", Try: path(unix.SYS_SWAPON)},
		{ID: "swapoff", What: "removes swap space", Try: path(unix.SYS_SWAPOFF)},
		{ID: "acct", What: "turns on process accounting", Try: path(unix.SYS_ACCT)},
	}
}
