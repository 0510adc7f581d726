// Package regular reads only regular files. A project or a release from someone else may
// contain a link to a device that never ends, or a named pipe that nothing writes to.
package regular

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// maxSize bounds what ReadFile reads, in bytes. Sources and settings are smaller.
const maxSize = 64 << 20

// Open opens a file for reading. It returns an error, at once, for anything but a regular
// file or a link to one.
func Open(name string) (*os.File, error) {
	return checked(os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0))
}

func checked(f *os.File, err error) (*os.File, error) {
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: f.Name(), Err: errors.New("not a regular file")}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// ReadFile reads a regular file of at most 64 MiB.
func ReadFile(name string) ([]byte, error) { return read(Open(name)) }

// ReadFileIn reads a regular file of at most 64 MiB in the directory dir or below. It
// refuses names and links that lead out of dir.
func ReadFileIn(dir, name string) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return read(checked(root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)))
}

func read(f *os.File, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err == nil && len(data) > maxSize {
		err = &fs.PathError{Op: "read", Path: f.Name(), Err: fmt.Errorf("it has more than %d bytes", maxSize)}
	}
	return data, err
}
