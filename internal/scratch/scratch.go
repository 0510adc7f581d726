// Package scratch makes temporary folders that do not outlive their maker for
// long: a process that is killed leaves its own, and the next one that makes a
// folder of the same kind removes it.
package scratch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// lockName is a file in the folder whose lock the maker holds. It ends with
// the maker, however that ends (flock(2); Windows: LockFileEx).
const lockName = ".bootzip-lock"

// unlockedTime is how old a folder without that file has to be to count as
// left: its maker may be about to make one.
const unlockedTime = time.Hour

// A Folder is a temporary one.
type Folder struct {
	Path string
	lock *flock.Flock
}

// New makes a folder in parent ("": the system's place for such) that its
// owner alone can enter, and sweeps those of its kind. The caller removes it.
func New(parent, kind string) (*Folder, error) {
	Sweep(parent, kind, nil)
	for range 10 {
		path, err := os.MkdirTemp(parent, prefix(kind))
		if err != nil {
			return nil, err
		}
		lock := flock.New(filepath.Join(path, lockName))
		locked, err := lock.TryLock()
		// A sweep of another process may get hold of the lock before, and this one then hold that
		// of a file which is gone.
		if locked && exists(lock.Path()) {
			return &Folder{path, lock}, nil
		}
		_ = lock.Close()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			_ = os.RemoveAll(path)
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil, fmt.Errorf("temporary folders %s* are swept away as soon as they are made", filepath.Join(place(parent), prefix(kind)))
}

// Remove removes the folder. What it cannot remove, the next of its kind tries
// again.
func (f *Folder) Remove() error {
	// Windows removes no file that is open.
	if err := f.lock.Close(); err != nil {
		return err
	}
	return os.RemoveAll(f.Path)
}

// Sweep removes the folders of a kind in parent whose makers are gone.
// before, if not nil, is called with each. What cannot be removed stays.
func Sweep(parent, kind string, before func(folder string)) {
	parent = place(parent)
	entries, _ := os.ReadDir(parent)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), prefix(kind)) {
			continue
		}
		info, err := e.Info()
		// Anybody can make a folder of that name where all put theirs.
		if err != nil || !info.IsDir() || !ours(info) {
			continue
		}
		folder := filepath.Join(parent, e.Name())
		lock, left := leftFolder(folder, info.ModTime())
		if !left {
			continue
		}
		if before != nil {
			before(folder)
		}
		if lock != nil && !removesOpen {
			_ = lock.Close()
		}
		_ = os.RemoveAll(folder)
		if lock != nil {
			_ = lock.Close()
		}
	}
}

// leftFolder tells that nobody uses a folder; then lock, if there is one, is
// held.
func leftFolder(folder string, changed time.Time) (lock *flock.Flock, left bool) {
	name := filepath.Join(folder, lockName)
	if !exists(name) {
		return nil, time.Since(changed) > unlockedTime
	}
	lock = flock.New(name, flock.SetFlag(os.O_RDWR))
	if locked, err := lock.TryLock(); err != nil || !locked {
		return nil, false
	}
	return lock, true
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return !errors.Is(err, fs.ErrNotExist)
}

func prefix(kind string) string { return "bootzip-" + kind + "-" }

func place(parent string) string {
	if parent == "" {
		return os.TempDir()
	}
	return parent
}
