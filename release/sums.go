package release

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/internal/whole"
)

// SumsFile is the name of the list of a release's files, in the form that
// `sha256sum -c` reads.
const SumsFile = "SHA256SUMS"

// A File is one file of a release.
type File struct {
	Name   string // in the folder of the release
	Size   int64  // in bytes
	SHA256 string // hexadecimal

	Executable bool // a program, as against a zip or a description
}

// fileOf reads a file of the folder dir.
func fileOf(dir, name string) (File, error) {
	sum, size, err := digest.File(filepath.Join(dir, name))
	return File{Name: name, Size: size, SHA256: sum}, err
}

// writeSums writes SHA256SUMS, in the order of the files.
func writeSums(dir string, files []File) error {
	return whole.Write(filepath.Join(dir, SumsFile), 0o644, func(w io.Writer) error {
		for _, f := range files {
			if _, err := fmt.Fprintf(w, "%s  %s\n", f.SHA256, f.Name); err != nil {
				return err
			}
		}
		return nil
	})
}
