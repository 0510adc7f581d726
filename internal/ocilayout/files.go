// Package ocilayout opens the files of images on disk: of an OCI image layout (OCI image
// specification 1.1, "Image Layout") in a directory or in a tar, or of an archive made by
// docker save.
package ocilayout

import (
	"archive/tar"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/bootzip/bootzip/internal/printer"
	"github.com/bootzip/bootzip/internal/regular"
)

// Files are the files of an image, by their cleaned names.
type Files interface {
	// Open returns a file and its size in bytes. If there is no such file, the error
	// wraps fs.ErrNotExist.
	Open(name string) (io.ReadCloser, int64, error)
	Close() error
}

// OpenFiles opens the directory or the tar called name. An error for a tar that cannot be
// read is a *TarError.
func OpenFiles(name string) (Files, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return directory(name), nil
	}
	f, err := regular.Open(name)
	if err != nil {
		return nil, err
	}
	t, err := readTar(f)
	if err != nil {
		f.Close()
		return nil, &TarError{err}
	}
	return t, nil
}

// A TarError says that a tar cannot be read, or is ambiguous.
type TarError struct{ Err error }

func (e *TarError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *TarError) Unwrap() error { return e.Err }

type directory string

// Open implements Files.
func (d directory) Open(name string) (io.ReadCloser, int64, error) {
	if !fs.ValidPath(name) {
		return nil, 0, fs.ErrNotExist
	}
	file := filepath.Join(string(d), filepath.FromSlash(name))
	info, err := os.Lstat(file)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s is not a file", name)
	}
	f, err := os.Open(file)
	return f, info.Size(), err
}

// Close implements Files.
func (directory) Close() error { return nil }

// maxFiles is how many files and symbolic links a tar may have.
const maxFiles = 10000

// An archive is an uncompressed tar.
type archive struct {
	file *os.File
	at   map[string][2]int64 // offset and size
}

// readTar finds the regular files of a tar, without reading their content. Two files with
// the same name are an error, since programs differ in which one they take. A symbolic
// link to a file of the tar counts as that file: docker save makes one for a layer that
// occurs twice.
func readTar(f *os.File) (*archive, error) {
	t := &archive{f, map[string][2]int64{}}
	links := map[string]string{}
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if err == io.EOF {
			for name, target := range links {
				if at, ok := t.at[target]; ok {
					t.at[name] = at
				}
			}
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		at, err := f.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, err
		}
		name := path.Clean(h.Name)
		_, file := t.at[name]
		_, link := links[name]
		switch {
		case h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeSymlink:
		case len(t.at)+len(links) >= maxFiles:
			return nil, fmt.Errorf("it has more than %d files", maxFiles)
		case file || link:
			return nil, fmt.Errorf("it has %s twice", printer.Line(name))
		case h.Typeflag == tar.TypeSymlink:
			links[name] = path.Join(path.Dir(name), h.Linkname)
		default:
			t.at[name] = [2]int64{at, h.Size}
		}
	}
}

// Open implements Files.
func (t *archive) Open(name string) (io.ReadCloser, int64, error) {
	at, ok := t.at[name]
	if !ok {
		return nil, 0, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return io.NopCloser(io.NewSectionReader(t.file, at[0], at[1])), at[1], nil
}

// Close implements Files.
func (t *archive) Close() error { return t.file.Close() }
