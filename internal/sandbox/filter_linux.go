package sandbox

import (
	"encoding/binary"
	"strings"
	"unsafe"

	"github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// allowed are the system calls that a program in a sandbox may make: those
// that Docker's default profile allows without a capability (moby/profiles,
// seccomp/default.json), except
//
//   - clone, socket, personality and the chmod calls, which policy allows with
//     some arguments;
//   - ptrace, process_vm_readv and process_vm_writev, which only debuggers need;
//   - process_mrelease, fanotify_mark, name_to_handle_at, uretprobe, listmount
//     and statmount, which no function needs;
//   - io_uring and the keyring's calls, which newer profiles do not allow either.
//
// Calls that an architecture lacks are omitted there.
const allowed = `
accept accept4 access adjtimex alarm arch_prctl bind brk cachestat capget capset chdir chown clock_adjtime
clock_getres clock_gettime clock_nanosleep close close_range connect copy_file_range creat dup dup2 dup3
epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd
eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64 fallocate fchdir fchown fchownat fcntl
fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstatfs fsync ftruncate futex
futex_requeue futex_wait futex_waitv futex_wake futimesat getcpu getcwd getdents getdents64 getegid geteuid
getgid getgroups getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid getresuid
getrlimit get_robust_list getrusage getsid getsockname getsockopt get_thread_area gettid gettimeofday getuid
getxattr getxattrat inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel ioctl io_destroy
io_getevents io_pgetevents ioprio_get ioprio_set io_setup io_submit kill landlock_add_rule
landlock_create_ruleset landlock_restrict_self lchown lgetxattr link linkat listen listxattr listxattrat
llistxattr lremovexattr lseek lsetxattr lstat madvise map_shadow_stack membarrier memfd_create mincore mkdir
mkdirat mknod mknodat mlock mlock2 mlockall mmap modify_ldt mprotect mq_getsetattr mq_notify mq_open
mq_timedreceive mq_timedsend mq_unlink mremap mseal msgctl msgget msgrcv msgsnd msync munlock munlockall munmap
nanosleep newfstatat open openat openat2 pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free
pkey_mprotect poll ppoll prctl pread64 preadv preadv2 prlimit64 pselect6 pwrite64 pwritev pwritev2 read
readahead readlink readlinkat readv recvfrom recvmmsg recvmsg remap_file_pages removexattr removexattrat rename
renameat renameat2 restart_syscall rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo
rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_getaffinity sched_getattr sched_getparam
sched_get_priority_max sched_get_priority_min sched_getscheduler sched_rr_get_interval sched_setaffinity
sched_setattr sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop
sendfile sendmmsg sendmsg sendto setfsgid setfsuid setgid setgroups setitimer setpgid setpriority setregid
setresgid setresuid setreuid setrlimit set_robust_list setsid setsockopt set_thread_area set_tid_address setuid
setxattr setxattrat shmat shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4 socketpair splice stat
statfs statx symlink symlinkat sync sync_file_range syncfs sysinfo tee tgkill time timer_create timer_delete
timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime times tkill truncate
umask uname unlink unlinkat utime utimensat utimes vfork vmsplice wait4 waitid write writev`

// newNamespaces are the flags of clone(2) that make a namespace:
// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET.
const newNamespaces = unix.CLONE_NEWNS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC |
	unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET

// setIDs are the mode bits that run a program as the owner or group of its file.
// Files that a build of root writes belong to root outside.
const setIDs = unix.S_ISUID | unix.S_ISGID

// policy says which system calls are allowed on this architecture. All others
// fail with EPERM, those of other architectures (such as 32 bits) too. clone3,
// whose flags no filter can read, fails with ENOSYS, so that C libraries use
// clone instead.
func policy() (seccomp.Policy, error) {
	info, err := arch.GetInfo("")
	if err != nil {
		return seccomp.Policy{}, err
	}
	var names []string
	for _, name := range strings.Fields(allowed) {
		if _, ok := info.SyscallNames[name]; ok {
			names = append(names, name)
		}
	}
	var some []seccomp.NameWithConditions
	when := func(name string, argument uint32, operation seccomp.Operation, value uint64) {
		if _, ok := info.SyscallNames[name]; ok {
			condition := seccomp.Condition{Argument: argument, Operation: operation, Value: value}
			some = append(some, seccomp.NameWithConditions{Name: name, Conditions: []seccomp.Condition{condition}})
		}
	}
	// After a condition that did not match, the library compares the argument
	// instead of the call's number with the calls that follow. So the calls with
	// conditions come last, and no refused argument is the number of a call that
	// follows; the test checks them all.
	when("clone", 0, seccomp.BitsNotSet, newNamespaces)
	when("chmod", 1, seccomp.BitsNotSet, setIDs)
	when("fchmod", 1, seccomp.BitsNotSet, setIDs)
	when("fchmodat", 2, seccomp.BitsNotSet, setIDs)
	when("fchmodat2", 2, seccomp.BitsNotSet, setIDs)
	for _, family := range []uint64{unix.AF_UNIX, unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK} {
		when("socket", 0, seccomp.Equal, family)
	}
	// PER_LINUX and PER_LINUX32, with or without UNAME26; and the value that only queries.
	for _, persona := range []uint64{0, 8, 0x20000, 0x20008, 0xffffffff} {
		when("personality", 0, seccomp.Equal, persona)
	}
	return seccomp.Policy{
		DefaultAction: seccomp.ActionErrno, // with EPERM, which the library adds
		Syscalls: []seccomp.SyscallGroup{
			{Action: seccomp.ActionErrno | seccomp.Action(unix.ENOSYS), Names: []string{"clone3"}},
			{Action: seccomp.ActionAllow, Names: names, NamesWithCondtions: some},
		},
	}, nil
}

// A filter is an assembled policy. The caller assembles it while the first
// process starts. Unfiltered says why there is none.
type filter struct {
	Program    []byte `json:",omitempty"` // struct sock_filter, one after the other (seccomp(2))
	Unfiltered string `json:",omitempty"`
}

func newFilter() filter {
	program, err := assemble()
	if err != nil {
		return filter{Unfiltered: unfiltered(err)}
	}
	return filter{Program: program}
}

func assemble() ([]byte, error) {
	p, err := policy()
	if err != nil {
		return nil, err
	}
	instructions, err := p.Assemble()
	if err != nil {
		return nil, err
	}
	program, err := bpf.Assemble(instructions)
	if err != nil {
		return nil, err
	}
	return binary.Append(nil, binary.NativeEndian, program)
}

// load applies the policy to the calling thread, and what it starts from now on.
// The thread must have set no_new_privs before (seccomp(2)). load returns why
// there is no filter; empty if there is one.
func (f filter) load() string {
	if len(f.Program) == 0 {
		return f.Unfiltered
	}
	// Allocations of this size are aligned to eight bytes.
	head := unix.SockFprog{
		Len:    uint16(len(f.Program) / int(unsafe.Sizeof(unix.SockFilter{}))),
		Filter: (*unix.SockFilter)(unsafe.Pointer(&f.Program[0])),
	}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&head)))
	if errno != 0 {
		return unfiltered(errno)
	}
	return ""
}

func unfiltered(err error) string { return "filter of system calls: " + err.Error() }
