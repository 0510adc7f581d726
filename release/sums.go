package release

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/printer"
	"github.com/bootzip/bootzip/internal/regular"
)

// sumsFile is the name of the list of a release's files, in the form that
// `sha256sum -c` reads.
const sumsFile = "SHA256SUMS"

// A File is one file of a release.
type File struct {
	Name   string // in the directory of the release
	Size   int64  // in bytes
	SHA256 string // hexadecimal

	Executable bool // a program, not a zip or a statement
}

// fileOf reads a file of the directory dir.
func fileOf(dir, name string) (File, error) {
	sum, size, err := digest.File(filepath.Join(dir, name))
	return File{Name: name, Size: size, SHA256: sum}, err
}

// writeSums writes SHA256SUMS, in the order of the files.
func writeSums(dir string, files []File) error {
	var sums []byte
	for _, f := range files {
		sums = fmt.Appendf(sums, "%s  %s\n", f.SHA256, f.Name)
	}
	return atomicfile.WriteBytes(filepath.Join(dir, sumsFile), 0o644, sums)
}

// ReadSums reads the names and sums of a SHA256SUMS: lines of a digest, a
// blank, a second blank or a '*', and a name below the file's directory (GNU
// coreutils manual, "cksum output modes"). It refuses names that are not printable;
// a release has none.
func ReadSums(file string) ([]File, error) {
	data, err := regular.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var all []File
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\r\n")
		sum, name, ok := strings.Cut(line, " ")
		raw, err := hex.DecodeString(sum)
		name = strings.TrimPrefix(strings.TrimPrefix(name, " "), "*")
		if !ok || err != nil || len(raw) != sha256.Size || !filepath.IsLocal(filepath.FromSlash(name)) || !printer.IsLine(name) {
			return nil, hint.New("its lines are a SHA-256, two blanks, and the name of a file", "%s: invalid line %q", file, line)
		}
		all = append(all, File{Name: name, SHA256: strings.ToLower(sum)})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no checksums", file)
	}
	return all, nil
}
