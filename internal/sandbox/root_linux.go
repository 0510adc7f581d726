package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// devices are the files of /dev that programs take for granted.
var devices = []string{"null", "zero", "full", "random", "urandom"}

// A root is what is in the root of a sandbox besides /dev.
type root struct {
	mounts []Mount
	proc   bool  // /proc, and what of /dev leads there
	temp   int64 // bytes that fit into /tmp; 0: the system's own bound
}

// makeRoot replaces the root by an empty one with the mounts in it.
func makeRoot(r root) error {
	// Nothing that is mounted here shows outside.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("mounts are refused: %w", err)
	}
	// Any folder will do as the place of the new root until it is the root.
	// /sys is on every system, hidden here alone, and nobody's source folder.
	const at = "/sys"
	if err := unix.Mount("tmpfs", at, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return fmt.Errorf("new root: %w", err)
	}
	mounts := r.mounts
	for _, name := range devices {
		mounts = append(mounts, Mount{Source: "/dev/" + name, Target: "/dev/" + name})
	}
	for _, m := range mounts {
		if err := bind(m, filepath.Join(at, m.Target)); err != nil {
			return err
		}
	}
	if r.proc {
		if err := mountProc(at); err != nil {
			return err
		}
	}
	temp := filepath.Join(at, "tmp")
	if err := os.MkdirAll(temp, 0o755); err != nil {
		return err
	}
	options := "mode=1777"
	if r.temp > 0 {
		options += fmt.Sprintf(",size=%d", r.temp)
	}
	if err := unix.Mount("tmpfs", temp, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, options); err != nil {
		return fmt.Errorf("/tmp: %w", err)
	}

	// The old root is put over the new one and taken away, so no folder is
	// needed for it (pivot_root(2), "pivot_root(".", ".")").
	if err := unix.Chdir(at); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("pivot_root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("old root: %w", err)
	}
	if err := unix.Chdir("/"); err != nil {
		return err
	}
	return readOnly("/")
}

// mountProc adds /proc, and the names in /dev that lead to open files
// (proc(5)). The kernel refuses it where the old /proc is covered in part, as
// in a container of docker.
func mountProc(at string) error {
	proc := filepath.Join(at, "proc")
	if err := os.Mkdir(proc, 0o755); err != nil {
		return err
	}
	if err := unix.Mount("proc", proc, "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("/proc: %w", err)
	}
	for name, to := range map[string]string{"fd": "fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"} {
		if err := os.Symlink("/proc/self/"+to, filepath.Join(at, "dev", name)); err != nil {
			return err
		}
	}
	return nil
}

func bind(m Mount, target string) error {
	info, err := os.Stat(m.Source)
	if err != nil {
		return err
	}
	if info.IsDir() {
		err = os.MkdirAll(target, 0o755)
	} else if err = os.MkdirAll(filepath.Dir(target), 0o755); err == nil {
		err = os.WriteFile(target, nil, 0o644)
	}
	if err != nil {
		return err
	}
	// With all that is mounted below: a plain user may not uncover what a
	// mount hides.
	if err := unix.Mount(m.Source, target, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("mount of %s: %w", m.Source, err)
	}
	if !m.ReadOnly {
		return nil
	}
	// Only Linux 5.12 can make mounts read-only together with those below
	// them, so each is done by itself.
	all, err := mountsBelow(target)
	if err != nil {
		return err
	}
	for _, mount := range all {
		if err := readOnly(mount); err != nil {
			return err
		}
	}
	return nil
}

// readOnly makes one mount read-only. Its other restrictions are kept, which
// the kernel demands of a plain user.
func readOnly(target string) error {
	var s unix.Statfs_t
	if err := unix.Statfs(target, &s); err != nil {
		return fmt.Errorf("%s: %w", target, err)
	}
	flags := uintptr(unix.MS_BIND | unix.MS_REMOUNT | unix.MS_RDONLY)
	for _, f := range []struct{ st, ms uintptr }{
		{unix.ST_NOSUID, unix.MS_NOSUID}, {unix.ST_NODEV, unix.MS_NODEV}, {unix.ST_NOEXEC, unix.MS_NOEXEC},
		{unix.ST_NOATIME, unix.MS_NOATIME}, {unix.ST_NODIRATIME, unix.MS_NODIRATIME}, {unix.ST_RELATIME, unix.MS_RELATIME},
	} {
		if uintptr(s.Flags)&f.st != 0 {
			flags |= f.ms
		}
	}
	if err := unix.Mount("", target, "", flags, ""); err != nil {
		return fmt.Errorf("%s cannot be made read-only: %w", target, err)
	}
	return nil
}

// mountsBelow returns the mount points at and below target, from
// /proc/self/mountinfo (proc(5): the fifth field, with octal escapes).
func mountsBelow(target string) ([]string, error) {
	data, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	var all []string
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) < 5 {
			continue
		}
		mount := unescape.Replace(fields[4])
		if mount == target || strings.HasPrefix(mount, target+"/") {
			all = append(all, mount)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("mount of " + target + " is not in /proc/self/mountinfo")
	}
	return all, nil
}
