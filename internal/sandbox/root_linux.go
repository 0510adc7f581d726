package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// devices are the files in /dev that programs rely on. They are the machine's own
// device files, and belong to no user inside.
var devices = []string{"null", "zero", "full", "random", "urandom"}

// The hidden and the read-only paths of /proc are those of the OCI runtime
// specification's default configuration (specs-go and runc's `runc spec`,
// maskedPaths and readonlyPaths). A function sees no /sys at all.
var (
	maskedPaths = []string{
		"acpi", "asound", "interrupts", "kcore", "keys", "latency_stats", "sched_debug", "scsi",
		"timer_list", "timer_stats",
	}
	readOnlyPaths = []string{"bus", "fs", "irq", "sys", "sysrq-trigger"}
)

// A root says what is in the root of a sandbox besides /dev.
type root struct {
	trees []tree
	proc  bool  // /proc, and the links to it in /dev
	temp  int64 // bytes that fit into /tmp; 0: the system's default
}

// makeRoot replaces the root with an empty one that has the trees in it.
func makeRoot(r root) error {
	// Keep the mounts below from showing outside.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("mounts are refused: %w", err)
	}
	if err := forbidNamespaces(); err != nil {
		return err
	}
	for _, name := range devices {
		t, err := openTree(Mount{Source: "/dev/" + name, Target: "/dev/" + name, ReadOnly: true}, nil)
		if err != nil {
			return err
		}
		r.trees = append(r.trees, t)
	}
	// Until it becomes the root, the new root is mounted over /sys: every system has
	// /sys, and no mount has it as its source.
	const at = "/sys"
	if err := mountNew("tmpfs", at, 0, "mode=755"); err != nil {
		return fmt.Errorf("new root: %w", err)
	}
	isRoot := false // a tree is the root itself
	for _, t := range r.trees {
		if err := t.attach(at); err != nil {
			return err
		}
		if t.target == "/" {
			isRoot = true
			// That tree has no devices, and is read-only.
			if err := mountNew("tmpfs", filepath.Join(at, "dev"), 0, "mode=755"); err != nil {
				return fmt.Errorf("/dev: %w", err)
			}
		}
	}
	if r.proc {
		if err := mountProc(at); err != nil {
			return err
		}
	}
	options := "mode=1777"
	if r.temp > 0 {
		options += fmt.Sprintf(",size=%d", r.temp)
	}
	if err := mountNew("tmpfs", filepath.Join(at, "tmp"), 0, options); err != nil {
		return fmt.Errorf("/tmp: %w", err)
	}

	// The old root is stacked on the new one and then unmounted, so it needs no
	// directory (pivot_root(2), "pivot_root(".", ".")").
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
	if isRoot {
		return readOnly("/dev")
	}
	return readOnly("/")
}

// forbidNamespaces prevents programs in the sandbox from making user namespaces, in
// which they would have all capabilities (namespaces(7), /proc/sys/user). If /proc is
// read-only, as in a container, only the filter of system calls prevents it.
func forbidNamespaces() error {
	err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.EROFS) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	return err
}

// mountProc adds /proc, and the names in /dev that lead to open files (proc(5)).
// The kernel refuses a new /proc if the old one is partly covered, as in a docker
// container.
func mountProc(at string) error {
	if err := mountNew("proc", filepath.Join(at, "proc"), unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("/proc: %w", err)
	}
	for _, name := range maskedPaths {
		if err := mask(at, filepath.Join("/proc", name)); err != nil {
			return err
		}
	}
	for _, name := range readOnlyPaths {
		name = filepath.Join("/proc", name)
		// A kernel may lack some of them.
		if err := cover(at, name, at+name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for name, to := range map[string]string{"fd": "fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"} {
		if err := os.Symlink("/proc/self/"+to, filepath.Join(at, "dev", name)); err != nil {
			return err
		}
	}
	return nil
}

// mask covers a file with /dev/null, or a directory with an empty one.
func mask(at, name string) error {
	info, err := os.Lstat(at + name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // this kernel does not have it
	}
	if err != nil {
		return err
	}
	if info.IsDir() {
		if err := mountNew("tmpfs", at+name, unix.MS_RDONLY|unix.MS_NOEXEC, "size=4k,mode=555"); err != nil {
			return fmt.Errorf("mask of %s: %w", name, err)
		}
		return nil
	}
	return cover(at, name, "/dev/null")
}

// cover mounts source read-only over the file or directory name below at.
func cover(at, name, source string) error {
	t, err := openTree(Mount{Source: source, Target: name, ReadOnly: true}, nil)
	if err != nil {
		return err
	}
	return t.attach(at)
}

// mountNew mounts a new file system at name, a directory that it makes if necessary. The file
// system never has setuid programs or devices.
func mountNew(kind, name string, flags uintptr, options string) error {
	if err := os.MkdirAll(name, 0o755); err != nil {
		return err
	}
	return unix.Mount(kind, name, kind, flags|unix.MS_NOSUID|unix.MS_NODEV, options)
}

// readOnly makes one mount read-only.
func readOnly(name string) error {
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
	if err := unix.MountSetattr(unix.AT_FDCWD, name, 0, &attr); err != nil {
		return fmt.Errorf("%s cannot be made read-only: %w", name, err)
	}
	return nil
}
