//go:build linux

package attack

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// hostFiles are ways to files of the host.
func hostFiles() []Attempt {
	var all []Attempt
	for _, f := range []struct{ id, path, what string }{
		{"host-shadow", "/etc/shadow", "reads the host's password hashes"},
		{"host-gshadow", "/etc/gshadow", "reads the host's group passwords"},
		{"host-etc", "/etc", "lists the host's /etc"},
		{"host-root", "/", "lists the host's root directory"},
		{"host-root-home", "/root", "lists root's home directory"},
		{"host-home", "/home", "lists the host's home directories"},
		{"host-tmp", "/tmp", "lists the host's /tmp"},
		{"host-run", "/run", "lists the host's /run, which has the sockets of daemons"},
		{"host-var", "/var", "lists the host's /var"},
		{"host-usr", "/usr", "lists the host's /usr"},
		{"host-boot", "/boot", "lists the host's kernels"},
	} {
		all = append(all, Attempt{ID: f.id, What: f.what, Try: func(t Target) error { return openNode(t, f.path) }})
	}
	return append(all,
		Attempt{ID: "host-project", What: "reads one of the caller's files by its host path", Try: func(t Target) error {
			return hasSecret(t, filepath.Join(t.Planted, "secret"))
		}},
		Attempt{ID: "host-write", What: "writes to a directory of the host by its host path", Try: func(t Target) error {
			return create(t.Planted)
		}},
		Attempt{ID: "descriptor", What: "inherits a descriptor that the caller had open", Try: inherited},
		Attempt{ID: "descriptor-path", What: "reaches files of the host from an inherited descriptor", Try: fromDescriptor},
		Attempt{ID: "name-to-handle", What: "gets file handles (name_to_handle_at)", Try: func(Target) error {
			_, _, err := unix.NameToHandleAt(unix.AT_FDCWD, "/", 0)
			return err
		}},
		Attempt{ID: "open-by-handle", What: "opens files by handle, past mounts (open_by_handle_at)", Try: openByHandle},
	)
}

// openNode opens a path and checks whether it is what the host has there. It
// reads no content.
func openNode(t Target, path string) error {
	want, ok := t.Nodes[path]
	if !ok {
		return errAbsent
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return isNode(int(f.Fd()), want)
}

var errOther = errors.New("it is another file than the host's")

func isNode(fd int, want Node) error {
	var s unix.Stat_t
	if err := unix.Fstat(fd, &s); err != nil {
		return err
	}
	if s.Ino != want.Inode || uint64(s.Dev) != want.Device {
		return errOther
	}
	return nil
}

func hasSecret(t Target, name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if t.Secret == "" || !strings.Contains(string(data), t.Secret) {
		return errOther
	}
	return nil
}

// descriptors calls look with each inherited descriptor, until it succeeds. Those
// of the Go runtime have the close-on-exec flag, so they are skipped.
func descriptors(look func(fd int) error) error {
	err := errors.New("no descriptor was inherited")
	for fd := 3; fd < 1024; fd++ {
		flags, e := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if e != nil || flags&unix.FD_CLOEXEC != 0 {
			continue
		}
		if err = look(fd); err == nil {
			return nil
		}
	}
	return err
}

func inherited(Target) error { return descriptors(func(int) error { return nil }) }

func fromDescriptor(t Target) error {
	return descriptors(func(fd int) error {
		// The planted descriptor is a directory. So many levels up, "../" has
		// reached its root.
		at, err := unix.Openat(fd, strings.Repeat("../", 40)+"."+t.Planted+"/secret", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		return unix.Close(at)
	})
}

func openByHandle(t Target) error {
	handle, _, err := unix.NameToHandleAt(unix.AT_FDCWD, t.scratch(), 0)
	if err != nil {
		return err
	}
	mount, err := unix.Open(t.scratch(), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(mount)
	fd, err := unix.OpenByHandleAt(mount, handle, unix.O_RDONLY|unix.O_CLOEXEC)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// create makes a file in a directory and removes it.
func create(dir string) error {
	if dir == "" {
		return errAbsent
	}
	f, err := os.CreateTemp(dir, ".attack-")
	if err != nil {
		return err
	}
	f.Close()
	return os.Remove(f.Name())
}

// writes are changes to what the place may only read, and to files that the host
// sees.
func writes() []Attempt {
	var all []Attempt
	for _, d := range []struct {
		id, what string
		dir      func(Target) string
	}{
		{"write-program", "writes to the directory of the program", func(t Target) string { return filepath.Dir(t.Program) }},
		{"write-source", "writes to the sources", func(t Target) string { return t.Source }},
		{"write-toolchain", "writes to the toolchain", func(t Target) string { return t.Toolchain }},
		{"write-root", "writes to /", func(Target) string { return "/" }},
		{"write-dev", "writes to /dev", func(Target) string { return "/dev" }},
		{"write-etc", "writes to /etc", func(Target) string { return "/etc" }},
		{"write-usr", "writes to /usr", func(Target) string { return "/usr" }},
		{"write-run", "writes to /run", func(Target) string { return "/run" }},
		{"write-var", "writes to /var", func(Target) string { return "/var" }},
	} {
		all = append(all, Attempt{ID: d.id, What: d.what, Try: func(t Target) error { return create(d.dir(t)) }})
	}
	return append(all,
		Attempt{ID: "program-open", What: "opens a file next to its program for writing", Try: func(t Target) error {
			// Not the program itself: the kernel calls a running program busy.
			return openWrite(filepath.Join(filepath.Dir(t.Program), Told))
		}},
		Attempt{ID: "program-mode", What: "changes the mode of its program", Try: func(t Target) error {
			info, err := os.Stat(t.Program)
			if err != nil {
				return err
			}
			return os.Chmod(t.Program, info.Mode().Perm())
		}},
		Attempt{ID: "program-times", What: "changes the times of its program", Try: func(t Target) error { return setTimes(t.Program) }},
		Attempt{ID: "setuid-file", What: "makes a program setuid in /tmp", Try: func(t Target) error { return setMode(t.scratch(), unix.S_ISUID) }},
		Attempt{ID: "setgid-file", What: "makes a program setgid in /tmp", Try: func(t Target) error { return setMode(t.scratch(), unix.S_ISGID) }},
		Attempt{ID: "setuid-out", What: "makes a program setuid where the host sees it", Try: func(t Target) error { return setMode(t.Out, unix.S_ISUID) }},
		Attempt{ID: "setgid-out", What: "makes a program setgid where the host sees it", Try: func(t Target) error { return setMode(t.Out, unix.S_ISGID) }},
		Attempt{ID: "chown-file", What: "gives a file to another user", Try: func(t Target) error {
			return withFile(t.scratch(), func(f *os.File) error { return f.Chown(1, 1) })
		}},
		Attempt{ID: "file-capability", What: "gives a program capabilities", Try: func(t Target) error {
			return withFile(t.scratch(), func(f *os.File) error {
				// vfs_cap_data, revision 2, with CAP_CHOWN permitted (linux/capability.h).
				return unix.Fsetxattr(int(f.Fd()), "security.capability", append([]byte{0, 0, 0, 2, 1}, make([]byte, 15)...), 0)
			})
		}},
		Attempt{ID: "trusted-attribute", What: "sets a trusted extended attribute", Try: func(t Target) error {
			return withFile(t.scratch(), func(f *os.File) error {
				return unix.Fsetxattr(int(f.Fd()), "trusted.attack", []byte("x"), 0)
			})
		}},
	)
}

// withFile calls do with a new file, and then removes the file.
func withFile(dir string, do func(*os.File) error) error {
	if dir == "" {
		return errAbsent
	}
	f, err := os.CreateTemp(dir, ".attack-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	return do(f)
}

func setMode(dir string, bit uint32) error {
	return withFile(dir, func(f *os.File) error {
		if err := unix.Fchmod(int(f.Fd()), 0o755|bit); err != nil {
			return err
		}
		var s unix.Stat_t
		if err := unix.Fstat(int(f.Fd()), &s); err != nil {
			return err
		}
		if s.Mode&bit == 0 {
			return errors.New("the kernel dropped the bit")
		}
		return nil
	})
}

// setTimes sets a file's times to what they are.
func setTimes(name string) error {
	var s unix.Stat_t
	if err := unix.Stat(name, &s); err != nil {
		return err
	}
	return unix.UtimesNanoAt(unix.AT_FDCWD, name, []unix.Timespec{s.Atim, s.Mtim}, 0)
}
