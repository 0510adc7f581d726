package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// A tree is the descriptor of a detached copy of a mount and of all mounts below
// it. Unlike a path, a process can use it even if it could not have opened it.
type tree struct {
	descriptor int
	target     string // inside, absolute
}

// openTree copies the source of the mount. With ids, the caller's files become the
// sandbox's, which needs root and a file system with id-mapped mounts.
func openTree(m Mount, ids *os.File) (tree, error) {
	t := tree{target: m.Target}
	info, err := os.Stat(m.Source)
	if err != nil {
		return t, err
	}
	t.descriptor, err = unix.OpenTree(unix.AT_FDCWD, m.Source, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
	if err != nil {
		return t, fmt.Errorf("mount of %s: %w", m.Source, tooOld(err))
	}
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_NOSUID}
	if info.Mode()&os.ModeDevice == 0 {
		attr.Attr_set |= unix.MOUNT_ATTR_NODEV
	}
	if m.ReadOnly {
		attr.Attr_set |= unix.MOUNT_ATTR_RDONLY
	}
	if ids != nil {
		attr.Attr_set |= unix.MOUNT_ATTR_IDMAP
		attr.Userns_fd = uint64(ids.Fd())
	}
	err = unix.MountSetattr(t.descriptor, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, &attr)
	if err != nil {
		unix.Close(t.descriptor)
		if ids != nil && errors.Is(err, unix.EINVAL) {
			return t, fmt.Errorf("mount of %s: its file system cannot map ids (mount_setattr(2), ID-mapped mounts), which the sandbox needs for root", m.Source)
		}
		return t, fmt.Errorf("mount of %s: %w", m.Source, tooOld(err))
	}
	return t, nil
}

// tooOld explains the error of a kernel before 5.12.
func tooOld(err error) error {
	if errors.Is(err, unix.ENOSYS) {
		return fmt.Errorf("%w (Linux 5.12 or newer is needed)", err)
	}
	return err
}

// attach mounts the tree at its target below root, and closes it.
func (t tree) attach(root string) error {
	defer unix.Close(t.descriptor)
	target := filepath.Join(root, t.target)
	var s unix.Stat_t
	if err := unix.Fstat(t.descriptor, &s); err != nil {
		return fmt.Errorf("mount at %s: %w", t.target, err)
	}
	if err := makeTarget(target, s.Mode&unix.S_IFMT == unix.S_IFDIR); err != nil {
		return err
	}
	if err := unix.MoveMount(t.descriptor, "", unix.AT_FDCWD, target, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return fmt.Errorf("mount at %s: %w", t.target, err)
	}
	return nil
}

// makeTarget makes the directory or empty file to mount over, unless it exists.
func makeTarget(name string, dir bool) error {
	if _, err := os.Lstat(name); err == nil {
		return nil
	}
	if dir {
		return os.MkdirAll(name, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, nil, 0o644)
}
