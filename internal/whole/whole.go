// Package whole writes files that appear whole or not at all: into a
// temporary file in the same folder, which is synced and renamed when all of
// it was written. A reader sees the old file or the new one; a full disk or
// an interrupt leaves the old one and removes the temporary one.
package whole

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// tempMark is in the name of every temporary file, so that Sweep finds what a
// killed process left.
const tempMark = ".bootzip-part-"

// Write makes the file name with the permissions mode, whatever the umask is.
// The folder must exist. write fills the file; if it fails, or the disk does,
// name stays as it was.
func Write(name string, mode os.FileMode, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+tempMark)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("%s: %w", name, err)
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Chmod(mode); err != nil {
		return err
	}
	// Some file systems report a full disk only now.
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// Move puts a finished file in its place: mode, sync, rename. Both names must
// be on one file system; the folder of to is made if need be.
func Move(from, to string, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if err := os.Chmod(from, mode); err != nil {
		return err
	}
	if err := Sync(from); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// Sync brings a file to the disk. Whoever moves several files syncs all of
// them before: a full disk may show only now, and then none has been moved.
func Sync(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = f.Sync()
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// Sweep removes what killed processes left in the folder dir. The caller
// makes sure that no other process is writing there.
func Sweep(dir string) error {
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.Contains(e.Name(), tempMark) {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// SweepFolders removes the folders in dir whose names begin with prefix: the
// work of killed processes. The caller makes sure that no other process works
// there.
func SweepFolders(dir, prefix string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), prefix) {
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
