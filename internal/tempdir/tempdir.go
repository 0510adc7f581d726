// Package tempdir makes temporary directories that are removed even if their process
// is killed: the next process that makes one with the same name removes them.
package tempdir

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/bootzip/bootzip/internal/hint"
)

// lockName is a file in the directory that its maker keeps locked. The lock ends
// with the process, however the process ends (flock(2); Windows: LockFileEx).
const lockName = ".bootzip-lock"

// unlockedTime is the age at which a directory without that file counts as
// abandoned: its maker may be about to create the file.
const unlockedTime = time.Hour

// A Dir is a temporary directory.
type Dir struct {
	Path string
	name string // before the dash
	lock *flock.Flock
}

// New makes a directory in parent ("": the system's directory for temporary
// files) that only its owner can enter, and sweeps abandoned ones of the same
// name. It is called name, a dash and a random number. The caller removes it.
func New(parent, name string) (*Dir, error) {
	const attempts = 10
	Sweep(parent, name, nil)
	for range attempts {
		path, err := os.MkdirTemp(parent, name+"-")
		if err != nil && parent == "" {
			err = hint.Wrap(fmt.Errorf("temporary directory: %w", err), "set TMPDIR to a directory in which you may write")
		}
		if err != nil {
			return nil, err
		}
		lock := flock.New(filepath.Join(path, lockName))
		locked, err := lock.TryLock()
		// Another process's sweep may lock the file first and delete it, and this
		// process then holds the lock of a deleted file.
		if locked && exists(lock.Path()) {
			return &Dir{path, name, lock}, nil
		}
		_ = lock.Close()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			_ = os.RemoveAll(path)
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil, fmt.Errorf("could not lock a temporary directory %s-* after %d attempts", filepath.Join(cmp.Or(parent, os.TempDir()), name), attempts)
}

// Remove removes the directory, and sweeps once more: a program that a killed process had
// started may have been writing while New swept. The next sweep retries what cannot be
// removed.
func (d *Dir) Remove() error {
	// Windows does not remove open files.
	if err := d.lock.Close(); err != nil {
		return err
	}
	err := removeAll(d.Path)
	Sweep(filepath.Dir(d.Path), d.name, nil)
	return err
}

// Sweep removes the directories in parent with this name whose processes have ended. It
// calls before, if not nil, with each of them first. What cannot be removed stays.
func Sweep(parent, name string, before func(dir string)) {
	parent = cmp.Or(parent, os.TempDir())
	entries, _ := os.ReadDir(parent)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), name+"-") {
			continue
		}
		info, err := e.Info()
		// In a shared directory, any user can make a directory with that name.
		if err != nil || !info.IsDir() || !ours(info) {
			continue
		}
		dir := filepath.Join(parent, e.Name())
		// It is empty if its removal was interrupted before the last step, or if its maker
		// has not locked it yet; that maker then makes another one.
		if os.Remove(dir) == nil {
			continue
		}
		lock, left := isLeft(dir, info.ModTime())
		if !left {
			continue
		}
		if before != nil {
			before(dir)
		}
		if runtime.GOOS == "windows" { // it does not remove open files
			_ = lock.Close()
		}
		_ = removeAll(dir)
		_ = lock.Close()
	}
}

// isLeft reports whether a directory is abandoned. If so, it holds the directory's lock,
// unless there is no lock file.
func isLeft(dir string, changed time.Time) (lock *flock.Flock, left bool) {
	lock = flock.New(filepath.Join(dir, lockName), flock.SetFlag(os.O_RDWR))
	if !exists(lock.Path()) {
		return lock, time.Since(changed) > unlockedTime
	}
	locked, err := lock.TryLock()
	return lock, locked && err == nil
}

// removeAll removes a directory, including read-only directories in it, such as those that
// the go command makes for modules.
//
// It removes the lock last: a program that a killed process had started may still be
// writing, and the next sweep, which needs the lock, retries what cannot be removed now.
func removeAll(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if e.Name() != lockName {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	if err == nil {
		return os.RemoveAll(dir)
	}
	_ = filepath.WalkDir(dir, func(name string, e fs.DirEntry, _ error) error {
		if e != nil && e.IsDir() {
			return os.Chmod(name, 0o700)
		}
		return nil
	})
	if os.RemoveAll(dir) == nil {
		return nil
	}
	return err
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return !errors.Is(err, fs.ErrNotExist)
}
