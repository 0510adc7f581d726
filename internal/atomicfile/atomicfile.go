// Package atomicfile writes one file or a set of files. Each appears complete or
// not at all.
//
// Files are written in a [Stage], a temporary directory on the same file system,
// and moved to their places when all of them are on disk. A reader sees the old
// file or the new one; on a full disk or an interrupt the old one stays. The next
// stage in the same directory, or [Sweep], removes what a killed process leaves.
//
// A set is moved one file after the other. A process that is killed in between
// leaves new files next to old ones, so the last file of a set should be the one that
// describes the others, such as a manifest.
package atomicfile

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/bootzip/bootzip/internal/tempdir"
)

// stageName begins the names of stages. Because of the dot, the go command and
// users' patterns do not treat them as part of the project.
const stageName = ".bootzip-stage"

// A Stage is a directory in which a set of files is made. Its method Remove removes it
// with the files that were not moved from it.
type Stage struct{ *tempdir.Dir }

// Begin makes a stage in dir, which must exist and be on the file system of
// the files' places. The caller removes it.
func Begin(dir string) (*Stage, error) {
	d, err := tempdir.New(dir, stageName)
	return &Stage{d}, err
}

// Sweep removes the stages in dir that killed processes left.
func Sweep(dir string) { tempdir.Sweep(dir, stageName, nil) }

// A File is one of a set.
type File struct {
	From string      // path of the finished file, in the stage; "" removes To
	To   string      // its place; its directory is made if necessary
	Mode fs.FileMode // permissions, whatever the umask is
}

// Commit moves the files to their places, in order. It syncs all of them before
// it moves the first: only sync reveals a full disk, and then no place has
// changed.
func (s *Stage) Commit(files ...File) error {
	if err := syncAll(files); err != nil {
		return err
	}
	for _, f := range files {
		if f.From == "" {
			continue
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

// syncAll syncs the files, and returns the first error.
func syncAll(files []File) error {
	var all errgroup.Group
	all.SetLimit(8) // a disk takes many writes at once
	for _, f := range files {
		if f.From != "" {
			all.Go(func() error { return syncFile(f.From, f.Mode) })
		}
	}
	return all.Wait()
}

// syncFile sets the permissions of a file and writes it to disk.
func syncFile(name string, mode fs.FileMode) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = f.Chmod(mode)
	if err == nil {
		err = f.Sync()
	}
	return cmp.Or(err, f.Close())
}

// Write makes the file name with the permissions mode, whatever the umask is.
// The directory must exist. write writes the content; on an error, name is
// unchanged.
func Write(name string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	s, err := Begin(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer func() {
		_ = s.Remove() // if this fails, the next stage in this directory removes it
		if err != nil {
			err = fmt.Errorf("%s: %w", name, err)
		}
	}()
	f, err := os.OpenFile(filepath.Join(s.Path, "file"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = write(f)
	if err = cmp.Or(err, f.Close()); err != nil {
		return err
	}
	return s.Commit(File{f.Name(), name, mode})
}

// WriteBytes is Write for content in memory.
func WriteBytes(name string, mode fs.FileMode, content []byte) error {
	return Write(name, mode, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// WriteJSON writes a value as indented JSON that everyone may read.
func WriteJSON(name, indent string, value any) error {
	text, err := json.MarshalIndent(value, "", indent)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return WriteBytes(name, 0o644, append(text, '\n'))
}
