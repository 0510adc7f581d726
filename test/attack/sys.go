//go:build linux

package attack

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// sysFiles are the kernel's files in /sys, including control groups.
func sysFiles() []Attempt {
	var all []Attempt
	for _, d := range []struct{ id, path, what string }{
		{"sys-kernel", "/sys/kernel", "settings of the kernel"},
		{"sys-firmware", "/sys/firmware", "tables of the firmware"},
		{"sys-block", "/sys/block", "the host's disks"},
		{"sys-debug", "/sys/kernel/debug", "debugfs"},
		{"sys-tracing", "/sys/kernel/tracing", "tracefs"},
		{"sys-security", "/sys/kernel/security", "securityfs"},
		{"sys-powercap", "/sys/devices/virtual/powercap", "power usage"},
		{"sys-cgroup", "/sys/fs/cgroup", "control groups"},
	} {
		all = append(all, Attempt{ID: d.id, What: "lists " + d.path + ": " + d.what, Try: func(Target) error { return peek(d.path) }})
	}
	return append(all,
		Attempt{ID: "sys-write", What: "writes a setting of the kernel in /sys", Try: func(Target) error {
			return rewrite("/sys/kernel/mm/transparent_hugepage/khugepaged/pages_to_scan")
		}},
		Attempt{ID: "sys-uevent", What: "makes the kernel send a device event", Try: func(Target) error {
			return openWrite("/sys/devices/virtual/mem/null/uevent")
		}},
		Attempt{ID: "sys-uevent-helper", What: "sets the program that the kernel starts for device events", Try: func(Target) error { return openWrite("/sys/kernel/uevent_helper") }},
		Attempt{ID: "sys-power", What: "opens /sys/power/state for writing", Try: func(Target) error { return openWrite("/sys/power/state") }},
		Attempt{ID: "cgroup-make", What: "creates a control group", Try: func(Target) error {
			return eachGroup(func(dir string) error {
				name := filepath.Join(dir, fmt.Sprintf("attack-%d", os.Getpid()))
				if err := os.Mkdir(name, 0o755); err != nil {
					return err
				}
				return os.Remove(name)
			})
		}},
		Attempt{ID: "cgroup-leave", What: "moves itself to the root control group, out of its limits", Try: func(Target) error {
			return eachGroup(func(dir string) error {
				return os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(os.Getpid())), 0)
			})
		}},
		Attempt{ID: "cgroup-release-agent", What: "sets a program that the kernel starts as root", Try: func(Target) error {
			return eachGroup(func(dir string) error { return rewrite(filepath.Join(dir, "release_agent")) })
		}},
	)
}

// eachGroup calls do with the root of each mounted hierarchy of control
// groups until it succeeds.
func eachGroup(do func(dir string) error) error {
	list, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	err = errAbsent
	for line := range strings.Lines(string(list)) {
		before, after, _ := strings.Cut(line, " - ")
		fields := strings.Fields(before)
		if !strings.HasPrefix(after, "cgroup") || len(fields) < 5 {
			continue
		}
		e := do(fields[4])
		if e == nil {
			return nil
		}
		if !Absent(e) || errors.Is(err, errAbsent) {
			err = e
		}
	}
	return err
}

// deviceFiles are device nodes: existing ones and new ones.
func deviceFiles() []Attempt {
	var all []Attempt
	for _, name := range []string{"mem", "port", "kmsg", "fuse", "kvm", "tty", "tty0", "console", "loop-control", "net/tun", "mapper/control", "vhost-net", "vhost-vsock",
		"rtc0", "snapshot", "userfaultfd", "hwrng", "cuse", "uinput", "input/event0", "ptmx"} {
		all = append(all, Attempt{
			ID: "dev-" + strings.ReplaceAll(name, "/", "-"), What: "opens /dev/" + name,
			Try: func(Target) error { return openRead("/dev/" + name) },
		})
	}
	for _, node := range []struct {
		id, what     string
		major, minor uint32
	}{{"mknod-null", "/dev/null", 1, 3}, {"mknod-mem", "the machine's memory", 1, 1}, {"mknod-kmsg", "the kernel's log", 1, 11}, {"mknod-fuse", "FUSE", 10, 229}} {
		all = append(all, Attempt{ID: node.id, What: "makes a device node and opens it: " + node.what, Try: func(t Target) error {
			return makeNode(t, unix.S_IFCHR, unix.Mkdev(node.major, node.minor))
		}})
	}
	return append(all,
		Attempt{ID: "dev-disk", What: "opens a disk", Try: func(Target) error {
			return eachDisk(func(name string, _ uint64) error { return openRead("/dev/" + name) })
		}},
		Attempt{ID: "mknod-disk", What: "makes a device node and opens it: a disk", Try: func(t Target) error {
			return eachDisk(func(_ string, number uint64) error { return makeNode(t, unix.S_IFBLK, number) })
		}},
		Attempt{ID: "dev-null-mode", What: "changes the mode of /dev/null", Try: func(Target) error {
			info, err := os.Stat("/dev/null")
			if err != nil {
				return err
			}
			return os.Chmod("/dev/null", info.Mode().Perm())
		}},
		Attempt{ID: "dev-null-owner", What: "changes the owner of /dev/null", Try: func(Target) error {
			var s unix.Stat_t
			if err := unix.Stat("/dev/null", &s); err != nil {
				return err
			}
			return os.Chown("/dev/null", int(s.Uid), int(s.Gid))
		}},
		Attempt{ID: "dev-null-times", What: "sets the times of /dev/null", Try: func(Target) error { return setTimes("/dev/null") }},
		Attempt{ID: "dev-null-touch", What: "sets the times of /dev/null to now", Try: func(Target) error { return unix.UtimesNanoAt(unix.AT_FDCWD, "/dev/null", nil, 0) }},
		Attempt{ID: "dev-random-entropy", What: "credits entropy to the kernel", Try: func(Target) error {
			// RNDADDTOENTCNT of 0 bits (random(4)).
			return control("/dev/random", 0x40045201, new(int32))
		}},
	)
}

func makeNode(t Target, kind uint32, number uint64) error {
	name := filepath.Join(t.scratch(), fmt.Sprintf(".attack-node-%d", os.Getpid()))
	if err := unix.Mknod(name, kind|0o600, int(number)); err != nil {
		return err
	}
	defer os.Remove(name)
	return openRead(name)
}

// eachDisk calls do with each disk that the kernel lists, or else with the device
// numbers that disks usually have, until it succeeds.
func eachDisk(do func(name string, number uint64) error) error {
	err := errAbsent
	try := func(name string, major, minor uint32) bool {
		e := do(name, unix.Mkdev(major, minor))
		if e != nil && (!Absent(e) || errors.Is(err, errAbsent)) {
			err = e
		}
		return e == nil
	}
	list, e := os.ReadFile("/proc/partitions")
	if e != nil {
		if try("sda", 8, 0) || try("vda", 254, 0) || try("nvme0n1", 259, 0) || try("xvda", 202, 0) {
			return nil
		}
		return err
	}
	for lines := bufio.NewScanner(bytes.NewReader(list)); lines.Scan(); {
		var major, minor, blocks uint64
		var name string
		if n, _ := fmt.Sscan(lines.Text(), &major, &minor, &blocks, &name); n == 4 && try(name, uint32(major), uint32(minor)) {
			return nil
		}
	}
	return err
}
