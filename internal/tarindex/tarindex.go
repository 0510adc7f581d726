// Package tarindex finds the files of a tar that is not compressed, such as the archive of
// an image, without reading what is in them.
package tarindex

import (
	"archive/tar"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"github.com/bootzip/bootzip/internal/printer"
)

// maxFiles bounds how many files are known.
const maxFiles = 10000

// Files are the regular files of a tar, by their clean names.
type Files struct {
	file io.ReaderAt
	at   map[string][2]int64 // offset and size
}

// Read goes through a tar. Two files of one name are an error, since programs take one or
// the other. A symbolic link to a file of the tar is that file: docker save has them for a
// layer that is there twice.
func Read(f *os.File) (Files, error) {
	t := Files{f, map[string][2]int64{}}
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
			return Files{}, err
		}
		at, err := f.Seek(0, io.SeekCurrent)
		if err != nil {
			return Files{}, err
		}
		name := path.Clean(h.Name)
		_, file := t.at[name]
		_, link := links[name]
		switch {
		case h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeSymlink:
		case len(t.at)+len(links) >= maxFiles:
			return Files{}, fmt.Errorf("it has more than %d files", maxFiles)
		case file || link:
			return Files{}, fmt.Errorf("it has %s twice", printer.Line(name))
		case h.Typeflag == tar.TypeSymlink:
			links[name] = path.Join(path.Dir(name), h.Linkname)
		default:
			t.at[name] = [2]int64{at, h.Size}
		}
	}
}

// Open returns a file; one that is not there is an error that wraps fs.ErrNotExist.
func (t Files) Open(name string) (*io.SectionReader, error) {
	at, ok := t.at[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return io.NewSectionReader(t.file, at[0], at[1]), nil
}
