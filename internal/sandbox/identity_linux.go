package sandbox

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// An identity is the user and group of the processes of a sandbox.
type identity struct {
	uid, gid       int  // inside
	outUID, outGID int  // outside
	mapped         bool // the outside ids are not the caller's
}

// The ids that a sandbox may take if the caller is root: a range that systemd's
// registry of ids (https://systemd.io/UIDS-GIDS/, "Summary") leaves unused, above the
// ranges for containers.
const (
	firstID = 0x70000000
	lastID  = 0x7FFDFFFF
)

// newIdentity chooses the outside ids of processes that have uid and gid inside.
// If the caller is root, it takes an unused id of this machine, a different one for
// each sandbox; otherwise it takes the caller's ids.
func newIdentity(uid, gid int) (identity, error) {
	id := identity{uid: uid, gid: gid, outUID: os.Getuid(), outGID: os.Getgid()}
	if id.outUID != 0 || !ownsAllIDs() {
		return id, nil
	}
	taken, err := takenIDs()
	if err != nil {
		return id, err
	}
	for range 100 {
		n := firstID + rand.IntN(lastID-firstID+1)
		if !slices.ContainsFunc(taken, func(r idRange) bool { return r.first <= n && n <= r.last }) {
			id.outUID, id.outGID, id.mapped = n, n, true
			return id, nil
		}
	}
	return id, errors.New("no unused user id found in 100 attempts")
}

// ownsAllIDs reports whether the caller, who is root, is root of the machine rather
// than of a user namespace with only some ids.
func ownsAllIDs() bool {
	data, err := os.ReadFile("/proc/self/uid_map")
	return err == nil && strings.Join(strings.Fields(string(data)), " ") == "0 0 4294967295"
}

// An idRange is a range of ids, both ends included.
type idRange struct{ first, last int }

// takenIDs returns the ids of this machine's users and groups, and those that are
// reserved for their containers (passwd(5), subuid(5)).
func takenIDs() ([]idRange, error) {
	var all []idRange
	for _, name := range []string{"/etc/passwd", "/etc/group", "/etc/subuid", "/etc/subgid"} {
		data, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(data)) {
			fields := strings.Split(strings.TrimSpace(line), ":")
			if len(fields) < 3 {
				continue
			}
			first, count := fields[2], "1"
			if strings.HasPrefix(name, "/etc/sub") {
				first, count = fields[1], fields[2]
			}
			from, errFrom := strconv.Atoi(first)
			length, errLength := strconv.Atoi(count)
			if errFrom != nil || errLength != nil {
				continue
			}
			all = append(all, idRange{from, from + length - 1})
		}
	}
	return all, nil
}

// namespaces returns the namespaces of every sandbox. Outside, the first process
// starts as the caller, so that its program can be read and executed; it changes
// to its identity itself (become).
func (id identity) namespaces() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID |
			syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: id.uid, HostID: id.outUID, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: id.gid, HostID: id.outGID, Size: 1}},
		// Root leaves its groups with setgroups. The kernel refuses that to other
		// users, so they keep their groups.
		GidMappingsEnableSetgroups: id.mapped,
		Setpgid:                    true,
		// The first process needs these to make the root, and to drop the rest.
		// They are ambient because it is not root inside, and would lose them
		// when it starts (capabilities(7)).
		AmbientCaps: []uintptr{
			unix.CAP_SYS_ADMIN, unix.CAP_SETPCAP, unix.CAP_SETUID, unix.CAP_SETGID,
			unix.CAP_NET_ADMIN, unix.CAP_SYS_RESOURCE, unix.CAP_SYS_PTRACE,
		},
	}
}

// become changes the calling process to the mapped user and group.
func (id identity) become() error {
	if !id.mapped {
		return nil
	}
	// These three calls keep the capabilities: setresuid(2) clears them only if the
	// process was root in the namespace.
	if err := syscall.Setgroups(nil); err != nil {
		return os.NewSyscallError("setgroups", err)
	}
	if err := syscall.Setresgid(id.gid, id.gid, id.gid); err != nil {
		return os.NewSyscallError("setresgid", err)
	}
	return os.NewSyscallError("setresuid", syscall.Setresuid(id.uid, id.uid, id.uid))
}

// idNamespace returns a user namespace that maps the caller's id 0 to the outside
// id, for mounts that show the caller's files as the sandbox's own
// (mount_setattr(2), MOUNT_ATTR_IDMAP). If the sandbox's first process is root
// inside, its own namespace is enough. The caller closes the file.
func (id identity) idNamespace(first int) (*os.File, error) {
	if id.uid == 0 && id.gid == 0 {
		return os.Open(fmt.Sprintf("/proc/%d/ns/user", first))
	}
	// A child that only waits keeps the namespace alive until it is open. The child
	// shares no memory and makes only system calls: after a plain clone(2), nothing else
	// in the Go runtime works.
	pid, _, errno := syscall.RawSyscall6(syscall.SYS_CLONE, uintptr(syscall.CLONE_NEWUSER|syscall.SIGCHLD), 0, 0, 0, 0, 0)
	if errno != 0 {
		return nil, fmt.Errorf("user namespace: %w", errno)
	}
	if pid == 0 {
		_, _, _ = syscall.RawSyscall6(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0, 0, 0, 0)
		for {
			_, _, _ = syscall.RawSyscall6(unix.SYS_PPOLL, 0, 0, 0, 0, 0, 0)
		}
	}
	child := int(pid)
	defer func() {
		_ = syscall.Kill(child, syscall.SIGKILL)
		for {
			if _, err := syscall.Wait4(child, nil, 0, nil); err != syscall.EINTR {
				return
			}
		}
	}()
	for file, outside := range map[string]int{"uid_map": id.outUID, "gid_map": id.outGID} {
		if err := os.WriteFile(fmt.Sprintf("/proc/%d/%s", child, file), fmt.Appendf(nil, "0 %d 1\n", outside), 0); err != nil {
			return nil, err
		}
	}
	return os.Open(fmt.Sprintf("/proc/%d/ns/user", child))
}
