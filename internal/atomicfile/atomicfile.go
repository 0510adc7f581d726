// Package atomicfile writes files that appear whole or not at all, one or a
// set of them.
//
// Files are made in a [Stage], a temporary directory on the file system of
// their places, and moved there when all of them are on the disk. A reader
// sees the old file or the new one; on a full disk or an interrupt the old one
// stays. What a killed process leaves is removed by the next stage in the same
// directory, and by [Sweep].
//
// A set is moved one file after the other. A process that is killed in between
// leaves new files beside old ones: the last file of a set should be the one
// that speaks for all, such as a manifest.
package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/bootzip/bootzip/internal/tempdir"
)

// stageName begins the names of stages. With the dot, neither the go command
// nor a user's pattern takes them for something of the project.
const stageName = ".bootzip-stage"

// A Stage is a directory in which a set of files is made.
type Stage struct {
	Path string
	dir  *tempdir.Dir
}

// Begin makes a stage in dir, which must exist and be on the file system of
// the files' places. The caller removes it.
func Begin(dir string) (*Stage, error) {
	d, err := tempdir.New(dir, stageName)
	if err != nil {
		return nil, err
	}
	return &Stage{d.Path, d}, nil
}

// Sweep removes the stages in dir that killed processes left.
func Sweep(dir string) { tempdir.Sweep(dir, stageName, nil) }

// Remove removes the stage, with what was not moved from it.
func (s *Stage) Remove() error { return s.dir.Remove() }

// A File is one of a set.
type File struct {
	From string      // path of the finished file, in the stage; "" removes To
	To   string      // its place; its directory is made if need be
	Mode fs.FileMode // permissions, whatever the umask is
}

// Commit moves the files to their places, in their order. All of them are on
// the disk before the first is moved: a full disk may show only then, and all
// places are as they were.
func (s *Stage) Commit(files ...File) error {
	for _, f := range files {
		if f.From == "" {
			continue
		}
		if err := sync(f.From, f.Mode); err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(f.To), 0o755); err != nil {
			return err
		}
	}
	for _, f := range files {
		if f.From == "" {
			if err := os.Remove(f.To); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			continue
		}
		if err := os.Rename(f.From, f.To); err != nil {
			return err
		}
	}
	return nil
}

// sync sets the permissions of a file and brings it to the disk.
func sync(name string, mode fs.FileMode) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = f.Chmod(mode)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// Write makes the file name with the permissions mode, whatever the umask is.
// The directory must exist. write fills the file; if it fails, or the disk
// does, name stays as it was.
func Write(name string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	s, err := Begin(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer func() {
		_ = s.Remove() // or the next stage here does
		if err != nil {
			err = fmt.Errorf("%s: %w", name, err)
		}
	}()
	f, err := os.OpenFile(filepath.Join(s.Path, "file"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = write(f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return s.Commit(File{f.Name(), name, mode})
}
