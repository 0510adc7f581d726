//go:build linux

package attack

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

func itoa(n int) string { return strconv.Itoa(n) }

// identities are attempts to become another user, or to gain rights.
func identities() []Attempt {
	return []Attempt{
		{ID: "root-outside", What: "is root on the host", Try: rootOutside},
		{ID: "setuid", What: "becomes another user", Try: func(Target) error { return raw(unix.SYS_SETRESUID, other(os.Getuid()), keep, keep) }},
		{ID: "setgid", What: "changes its group", Try: func(Target) error { return raw(unix.SYS_SETRESGID, other(os.Getgid()), keep, keep) }},
		{ID: "setgroups", What: "drops its supplementary groups", Try: func(Target) error { return raw(unix.SYS_SETGROUPS, 0, 0, 0) }},
		{ID: "capset", What: "raises a capability", Try: raiseCapability},
		{ID: "securebits", What: "sets bits that keep capabilities", Try: func(Target) error {
			return unix.Prctl(unix.PR_SET_SECUREBITS, 0, 0, 0, 0)
		}},
		{ID: "new-privileges", What: "can gain privileges from setuid programs", Try: func(Target) error {
			set, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
			if err == nil && set != 0 {
				err = errors.New("no_new_privs is set")
			}
			return err
		}},
		{ID: "no-filter", What: "can make every system call: there is no seccomp filter", Try: func(Target) error {
			mode, err := unix.PrctlRetInt(unix.PR_GET_SECCOMP, 0, 0, 0, 0)
			if err == nil && mode != 0 {
				err = errors.New("there is a filter")
			}
			return err
		}},
	}
}

// keep makes setresuid(2) leave an id unchanged.
const keep = ^uintptr(0)

// other returns an id that differs from id and is not root's.
func other(id int) uintptr {
	if id == 1 {
		return 2
	}
	return 1
}

// rootOutside checks whether its user is user 0 in the parent user namespace.
func rootOutside(t Target) error {
	if t.Between {
		return errAbsent
	}
	text, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		var ids [3]int
		fields := strings.Fields(line)
		if len(fields) != 3 {
			continue
		}
		for i, f := range fields {
			ids[i], _ = strconv.Atoi(f)
		}
		if d := os.Getuid() - ids[0]; d >= 0 && d < ids[2] && ids[1]+d == 0 {
			return nil
		}
	}
	return errors.New("it is another user outside")
}

func raiseCapability(Target) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return err
	}
	sets[0].Permitted |= 1 << unix.CAP_SYS_ADMIN
	sets[0].Effective |= 1 << unix.CAP_SYS_ADMIN
	return unix.Capset(&header, &sets[0])
}
