package pack

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/regular"
)

// An Entry is one file of a zip.
type Entry struct {
	Name       string // in the zip
	Executable bool   // mode 0755 instead of 0644
	File       string // where its content is, on disk

	sha256 string // of the content; empty: not known yet
	size   int64  // of the content in bytes, if sha256 is known
}

func (e Entry) mode() fs.FileMode {
	if e.Executable {
		return 0o755
	}
	return 0o644
}

// Linux's limits in bytes (limits.h, PATH_MAX and NAME_MAX) for a file below /var/task.
const (
	maxNameLength = 4096 - len("/var/task/") - 1
	maxPartLength = 255
)

// checkEntries refuses names that another tool could read differently, and
// duplicate names. It ignores case: a machine that unpacks the zip may not
// distinguish "Readme" from "README".
func checkEntries(entries []Entry) error {
	seen := map[string]string{}
	for _, e := range entries {
		const remedy = "give the asset another name: in bootzip.yaml"
		switch {
		case !utf8.ValidString(e.Name):
			return hint.New(remedy, "name %q is not UTF-8", e.Name)
		case e.Name == "." || !fs.ValidPath(e.Name):
			return hint.New(remedy, "name %q is empty, absolute, not clean, or leaves the zip", e.Name)
		case strings.Contains(e.Name, `\`), strings.ContainsFunc(e.Name, unicode.IsControl):
			return hint.New(remedy, "name %q contains a backslash or a control character", e.Name)
		case len(e.Name) > 1 && e.Name[1] == ':':
			return hint.New(remedy, "name %q begins like a drive letter", e.Name)
		case len(e.Name) > maxNameLength:
			return hint.New(remedy, "name %.20q… has %d bytes; a path on Lambda has at most %d", e.Name, len(e.Name), maxNameLength)
		}
		for part := range strings.SplitSeq(e.Name, "/") {
			if len(part) > maxPartLength {
				return hint.New(remedy, "name %.20q… has a part of %d bytes; a file name on Lambda has at most %d", e.Name, len(part), maxPartLength)
			}
		}
		folded := strings.ToLower(e.Name)
		if other, twice := seen[folded]; twice {
			return hint.New(remedy, "names %q and %q are the same, or differ only in case", other, e.Name)
		}
		seen[folded] = e.Name
	}
	// A file where another entry needs a directory cannot be unpacked.
	for _, e := range entries {
		for dir := path.Dir(e.Name); dir != "."; dir = path.Dir(dir) {
			if other, ok := seen[strings.ToLower(dir)]; ok {
				return hint.New("rename one of the two", "%q is a file, but %q needs a directory of that name", other, e.Name)
			}
		}
	}
	return nil
}

// read calls add with the entry's content and size. Only regular files are packed:
// opening a pipe, or reading a device, would never end.
func (e Entry) read(add func(content io.Reader, size int64) error) error {
	f, err := regular.Open(e.File)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if e.Name == bootstrapName && info.Size() == 0 {
		return fmt.Errorf("%s is empty", e.File)
	}
	return add(f, info.Size())
}

// ContentDigest returns the SHA-256, in hexadecimal, of the content of a zip with the
// entries, and the size of all contents together, in bytes. The digest is computed over
// one line for each entry, in order:
//
//	MODE SIZE SHA256 NAME\n
//
// MODE in octal with four digits, SIZE in decimal, SHA256 of the uncompressed content in
// hexadecimal, NAME as in the zip.
func ContentDigest(entries []Entry) (content string, size int64, err error) {
	all := sha256.New()
	for _, e := range entries {
		if e.sha256 == "" {
			if e.sha256, e.size, err = digest.File(e.File); err != nil {
				return "", 0, err
			}
		}
		size += e.size
		fmt.Fprintf(all, "%04o %d %s %s\n", e.mode(), e.size, e.sha256, e.Name)
	}
	return hex.EncodeToString(all.Sum(nil)), size, nil
}
