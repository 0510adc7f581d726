//go:build linux

package attack

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// mounts are changes to what is mounted.
func mounts() []Attempt {
	all := []Attempt{
		{ID: "mount-bind", What: "mounts a directory elsewhere", Try: func(t Target) error {
			return mountAt(t, func(dir string) error { return unix.Mount(t.scratch(), dir, "", unix.MS_BIND, "") })
		}},
		{ID: "remount-root", What: "makes / writable", Try: func(Target) error { return remount("/") }},
		{ID: "remount-program", What: "makes the directory of the program writable", Try: func(t Target) error {
			return remount(mountPoint(filepath.Dir(t.Program)))
		}},
		// MNT_EXPIRE unmounts nothing here: these errors say that the mount is in use,
		// was not marked before, or is the root. At most it marks the mount.
		{ID: "umount", What: "unmounts a file system", Try: func(Target) error {
			return past(unix.Unmount("/", unix.MNT_EXPIRE), unix.EBUSY, unix.EAGAIN, unix.EINVAL)
		}},
		{ID: "pivot-root", What: "changes the root directory of all processes (pivot_root)", Try: func(Target) error {
			return past(unix.PivotRoot("/", "/"), unix.EBUSY, unix.EINVAL)
		}},
		{ID: "chroot", What: "changes its root directory", Try: func(t Target) error { return unix.Chroot(t.scratch()) }},
		{ID: "fsopen", What: "begins a mount (fsopen)", Try: func(Target) error {
			fd, err := unix.Fsopen("tmpfs", unix.FSOPEN_CLOEXEC)
			return closeIf(fd, err)
		}},
		{ID: "fspick", What: "begins a remount (fspick)", Try: func(Target) error {
			fd, err := unix.Fspick(unix.AT_FDCWD, "/", unix.FSPICK_CLOEXEC)
			return closeIf(fd, err)
		}},
		{ID: "open-tree", What: "copies a mount (open_tree)", Try: func(Target) error {
			fd, err := unix.OpenTree(unix.AT_FDCWD, "/", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
			return closeIf(fd, err)
		}},
		{ID: "move-mount", What: "attaches a mount (move_mount)", Try: func(t Target) error {
			return mountAt(t, func(dir string) error {
				fd, err := unix.OpenTree(unix.AT_FDCWD, t.scratch(), unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
				if err != nil {
					return err
				}
				defer unix.Close(fd)
				return unix.MoveMount(fd, "", unix.AT_FDCWD, dir, unix.MOVE_MOUNT_F_EMPTY_PATH)
			})
		}},
		{ID: "mount-setattr", What: "makes / writable (mount_setattr)", Try: func(Target) error {
			return unix.MountSetattr(unix.AT_FDCWD, "/", 0, &unix.MountAttr{Attr_clr: unix.MOUNT_ATTR_RDONLY})
		}},
	}
	for _, kind := range []string{"tmpfs", "proc", "sysfs", "cgroup", "cgroup2", "devtmpfs", "mqueue", "debugfs", "bpf"} {
		all = append(all, Attempt{ID: "mount-" + kind, What: "mounts a file system of type " + kind, Try: func(t Target) error {
			return mountAt(t, func(dir string) error {
				data := ""
				if kind == "cgroup" {
					data = "none,name=systemd" // a hierarchy that already exists
				}
				return unix.Mount("none", dir, kind, unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, data)
			})
		}})
	}
	return all
}

// mountAt calls do to mount something on a new directory, and unmounts it.
func mountAt(t Target, do func(dir string) error) error {
	dir, err := os.MkdirTemp(t.scratch(), ".attack-")
	if err != nil {
		return err
	}
	defer os.Remove(dir)
	if err := do(dir); err != nil {
		return err
	}
	return unix.Unmount(dir, unix.MNT_DETACH)
}

// remount clears the read-only flag of a mount and keeps its other flags.
func remount(at string) error {
	var s unix.Statfs_t
	if err := unix.Statfs(at, &s); err != nil {
		return err
	}
	// The flags of statfs(2) and mount(2) are the same, except ST_RELATIME.
	flags := uintptr(s.Flags) & (unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_NOATIME | unix.MS_NODIRATIME)
	if s.Flags&unix.ST_RELATIME != 0 {
		flags |= unix.MS_RELATIME
	}
	return unix.Mount("", at, "", unix.MS_BIND|unix.MS_REMOUNT|flags, "")
}

// mountPoint returns the mount point that contains dir, or dir itself without
// /proc.
func mountPoint(dir string) string {
	list, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return dir
	}
	best := "/"
	for line := range strings.Lines(string(list)) {
		if fields := strings.Fields(line); len(fields) > 4 && len(fields[4]) > len(best) && (dir == fields[4] || strings.HasPrefix(dir, fields[4]+"/")) {
			best = fields[4]
		}
	}
	return best
}

func closeIf(fd int, err error) error {
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// namespaces are attempts to make new namespaces and to enter others'.
func namespaces() []Attempt {
	var all []Attempt
	for _, n := range []struct {
		name, file string
		flag       uintptr
	}{
		{"user", "user", unix.CLONE_NEWUSER}, {"mount", "mnt", unix.CLONE_NEWNS}, {"pid", "pid", unix.CLONE_NEWPID}, {"net", "net", unix.CLONE_NEWNET},
		{"ipc", "ipc", unix.CLONE_NEWIPC}, {"uts", "uts", unix.CLONE_NEWUTS}, {"cgroup", "cgroup", unix.CLONE_NEWCGROUP}, {"time", "time", unix.CLONE_NEWTIME},
	} {
		all = append(all, Attempt{ID: "unshare-" + n.name, What: "unshares its " + n.name + " namespace", Try: func(t Target) error {
			if n.flag == unix.CLONE_NEWUSER {
				// The kernel refuses this in a process with several threads.
				return start(t, &syscall.SysProcAttr{Unshareflags: n.flag}, "nothing")
			}
			runtime.LockOSThread() // and never unlock: the thread has changed
			return unix.Unshare(int(n.flag))
		}})
		if n.flag != unix.CLONE_NEWTIME { // its bit is part of the exit signal in the flags of clone(2)
			all = append(all, Attempt{ID: "clone-" + n.name, What: "starts a process in its own " + n.name + " namespace", Try: func(t Target) error {
				return start(t, &syscall.SysProcAttr{Cloneflags: n.flag}, "nothing")
			}})
		}
		// Entering one's own user namespace is always an error, and only a process
		// with one thread can enter a time namespace.
		if n.flag != unix.CLONE_NEWUSER && n.flag != unix.CLONE_NEWTIME {
			all = append(all, Attempt{ID: "setns-" + n.name, What: "enters the " + n.name + " namespace of the first process", Try: func(t Target) error {
				return enter(t, n.file, int(n.flag))
			}})
		}
	}
	nested := func(t Target, flags uintptr, id string) error {
		// Mapping users needs /proc. Without a mapping, ambient capabilities survive
		// exec.
		return start(t, &syscall.SysProcAttr{
			Cloneflags: unix.CLONE_NEWUSER | flags, AmbientCaps: []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_NET_ADMIN, unix.CAP_NET_RAW},
		}, "try", id)
	}
	return append(all,
		Attempt{ID: "clone3-user", What: "starts a process in its own user namespace (clone3)", Try: func(Target) error { return clone3(unix.CLONE_NEWUSER) }},
		Attempt{ID: "clone3-time", What: "starts a process in its own time namespace (clone3)", Try: func(Target) error { return clone3(unix.CLONE_NEWTIME) }},
		Attempt{ID: "nested-mount", What: "mounts a file system in namespaces of its own", Try: func(t Target) error { return nested(t, unix.CLONE_NEWNS, "mount-tmpfs") }},
		Attempt{ID: "nested-proc", What: "mounts a /proc that hides nothing, in namespaces of its own", Try: func(t Target) error {
			return nested(t, unix.CLONE_NEWNS|unix.CLONE_NEWPID, "mount-proc")
		}},
		Attempt{ID: "nested-sysfs", What: "mounts /sys in namespaces of its own", Try: func(t Target) error {
			return nested(t, unix.CLONE_NEWNS|unix.CLONE_NEWNET, "mount-sysfs")
		}},
		Attempt{ID: "nested-remount", What: "makes the directory of the program writable, in namespaces of its own", Try: func(t Target) error {
			return nested(t, unix.CLONE_NEWNS, "remount-program")
		}},
		Attempt{ID: "nested-raw", What: "opens a raw socket in namespaces of its own", Try: func(t Target) error { return nested(t, unix.CLONE_NEWNET, "socket-raw") }},
		Attempt{ID: "nested-netlink", What: "sets up a network in namespaces of its own", Try: func(t Target) error { return nested(t, unix.CLONE_NEWNET, "netlink-link") }},
	)
}

// start runs the attacker with these arguments, in the namespaces that attr sets.
func start(t Target, attr *syscall.SysProcAttr, args ...string) error {
	cmd, err := t.command(context.Background(), args[len(args)-1])
	if err != nil {
		return err
	}
	if args[0] == "nothing" {
		cmd.Args = []string{t.Program, "nothing"}
	}
	cmd.SysProcAttr = attr
	out, err := cmd.CombinedOutput()
	if exit, ok := err.(*exec.ExitError); ok && len(out) > 0 {
		return &insideError{firstLine(string(out)), exit.ExitCode() == exitAbsent}
	}
	return err
}

// An insideError says why an attempt failed in namespaces of its own.
type insideError struct {
	text   string
	absent bool
}

func (e *insideError) Error() string     { return e.text }
func (e *insideError) Is(err error) bool { return e.absent && err == errAbsent }

func enter(t Target, file string, kind int) error {
	fd, err := unix.Open("/proc/"+itoa(t.init())+"/ns/"+file, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	runtime.LockOSThread() // and never unlock: the thread has changed
	if kind == unix.CLONE_NEWNS {
		// A thread that shares its working directory cannot enter a mount namespace.
		if err := unix.Unshare(unix.CLONE_FS); err != nil {
			return err
		}
	}
	return unix.Setns(fd, kind)
}
