package sandbox

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// An identity is who the processes of a sandbox are. Inside and outside are
// one number each, used for the user and the group alike.
type identity struct {
	uid, gid       int  // inside
	outUID, outGID int  // outside
	mapped         bool // outside is somebody else than the caller
}

// The ids that a sandbox of root may take: a range that systemd's registry of
// ids (https://systemd.io/UIDS-GIDS/, "Summary") leaves unused, above the
// ranges that containers are given.
const (
	firstID = 0x70000000
	lastID  = 0x7FFDFFFF
)

// newIdentity decides who the processes are that see themselves as uid and
// gid: for root an id that nobody on this machine has, another one for each
// sandbox; for anybody else the caller.
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
		var b [4]byte
		_, _ = rand.Read(b[:]) // never fails (crypto/rand)
		n := firstID + int(binary.BigEndian.Uint32(b[:]))%(lastID-firstID+1)
		if !taken.contain(n) {
			id.outUID, id.outGID, id.mapped = n, n, true
			return id, nil
		}
	}
	return id, errors.New("no unused user id found in 100 attempts")
}

// ownsAllIDs tells that the caller is root of the machine, and not of a user
// namespace with some ids only, in which case it is somebody else outside.
func ownsAllIDs() bool {
	data, err := os.ReadFile("/proc/self/uid_map")
	return err == nil && strings.Join(strings.Fields(string(data)), " ") == "0 0 4294967295"
}

// A idRange is a range of ids, both ends included.
type idRange struct{ first, last int }

type idRanges []idRange

func (all idRanges) contain(id int) bool {
	for _, r := range all {
		if r.first <= id && id <= r.last {
			return true
		}
	}
	return false
}

// takenIDs returns the ids that users and groups of this machine have, and
// those that were set aside for their containers (passwd(5), subuid(5)).
func takenIDs() (idRanges, error) {
	var all idRanges
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
			r := idRange{}
			if strings.HasPrefix(name, "/etc/sub") {
				first, errFirst := strconv.Atoi(fields[1])
				count, errCount := strconv.Atoi(fields[2])
				if errFirst != nil || errCount != nil {
					continue
				}
				r = idRange{first, first + count - 1}
			} else {
				n, err := strconv.Atoi(fields[2])
				if err != nil {
					continue
				}
				r = idRange{n, n}
			}
			all = append(all, r)
		}
	}
	return all, nil
}

// namespaces are those that every sandbox has. The first process still is the
// caller outside when it starts, so that it can be read and executed; it takes
// on its identity itself (become).
func (id identity) namespaces() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID |
			syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: id.uid, HostID: id.outUID, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: id.gid, HostID: id.outGID, Size: 1}},
		// Root has to leave its own groups, which setgroups does. The kernel
		// refuses that to anybody else, whose groups stay as they are.
		GidMappingsEnableSetgroups: id.mapped,
		Setpgid:                    true,
		// What the first process needs to make the root and to give up the
		// rest. They are ambient because it is not root inside, and would lose
		// them when it starts (capabilities(7)).
		AmbientCaps: []uintptr{
			unix.CAP_SYS_ADMIN, unix.CAP_SETPCAP, unix.CAP_SETUID, unix.CAP_SETGID,
			unix.CAP_NET_ADMIN, unix.CAP_SYS_RESOURCE, unix.CAP_SYS_PTRACE,
		},
	}
}

// become makes the calling process the one that is mapped.
func (id identity) become() error {
	if !id.mapped {
		return nil
	}
	// All three keep the capabilities, which setresuid(2) clears only for who
	// leaves the root of the namespace.
	if err := syscall.Setgroups(nil); err != nil {
		return fmt.Errorf("setgroups: %w", err)
	}
	if err := syscall.Setresgid(id.gid, id.gid, id.gid); err != nil {
		return fmt.Errorf("setresgid: %w", err)
	}
	if err := syscall.Setresuid(id.uid, id.uid, id.uid); err != nil {
		return fmt.Errorf("setresuid: %w", err)
	}
	return nil
}

// idNamespace returns a user namespace in which the caller's id 0 is the
// outside id, for mounts that show the caller's files as the sandbox's own
// (mount_setattr(2), MOUNT_ATTR_IDMAP). That of the sandbox's first process is
// one if it is root inside. The caller closes it.
func (id identity) idNamespace(first int) (*os.File, error) {
	if id.uid == 0 && id.gid == 0 {
		return os.Open(fmt.Sprintf("/proc/%d/ns/user", first))
	}
	// A child that does nothing but wait holds the namespace until it is open.
	// It shares no memory and makes system calls alone: after a plain clone(2)
	// nothing else of the Go runtime works.
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
