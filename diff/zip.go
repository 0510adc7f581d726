package diff

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/zipraw"
)

// maxUnzipped is how much is decompressed of one zip: what Lambda takes (AWS
// Lambda developer guide, "Lambda quotas").
const maxUnzipped = 262_144_000

// A zipSide is one zip whose contents were summed.
type zipSide struct {
	path    string
	file    *os.File
	archive *zipraw.Archive
	stream  zipraw.Stream
	sums    [][32]byte // of the contents, by entry
	order   []int      // of the entries in the file
	central []int64    // where each has its header in the directory
}

// ambiguous are the faults by which two programs may find different files in
// one zip. Any comparison would be with one of them alone.
var ambiguous = []string{
	zipraw.FaultTwoEnds, zipraw.FaultLocalHeader, zipraw.FaultOverlap, zipraw.FaultDescriptor, zipraw.FaultSecondName,
}

// readZip reads the headers of a zip and sums the content of each entry.
func readZip(ctx context.Context, path string, f *os.File, size int64) (*zipSide, error) {
	a, err := zipraw.Open(ctx, f, size)
	if err != nil {
		return nil, fmt.Errorf("zip %q cannot be read: %w", path, err)
	}
	z := &zipSide{path: path, file: f, archive: a}
	if a.Reached < zipraw.ReachedEntries {
		for _, fault := range a.Faults {
			return nil, z.broken(fault.Entry, fault.Detail)
		}
		return nil, z.broken(-1, "its headers cannot be relied on")
	}
	for _, fault := range a.Faults {
		if slices.Contains(ambiguous, fault.Kind) {
			return nil, z.broken(fault.Entry, fault.Detail)
		}
	}
	total := int64(0)
	names := map[string]bool{}
	for i := range a.Entries {
		e := &a.Entries[i]
		if names[e.Name] {
			return nil, z.broken(i, "it is there twice")
		}
		names[e.Name] = true
		if !a.Readable(e) {
			return nil, z.broken(i, "it is encrypted, or compressed by another method than deflate")
		}
		if total += e.Size; total > maxUnzipped {
			return nil, hint.New("compare smaller zips; Lambda takes none so large",
				"zip %q cannot be compared: its files have more than %s bytes together", path, count(maxUnzipped))
		}
	}
	z.order = a.Order()
	z.sums = make([][32]byte, len(a.Entries))
	for _, i := range z.order {
		if err := z.sum(ctx, i); err != nil {
			return nil, err
		}
	}
	return z, z.findCentral(size)
}

// broken is the error for a zip that cannot be compared.
func (z *zipSide) broken(entry int, detail string) error {
	file := ""
	if entry >= 0 && entry < len(z.archive.Entries) {
		file = fmt.Sprintf("file %q: ", printable(z.archive.Entries[entry].Name, maxValue))
	}
	return hint.New("give two whole zips; `mage check` lists all that is wrong with one", "zip %q cannot be compared: %s%s", z.path, file, detail)
}

// sum decompresses entry i.
func (z *zipSide) sum(ctx context.Context, i int) error {
	h := sha256.New()
	z.stream.Open(ctx, z.archive, &z.archive.Entries[i])
	if err := z.drain(i, func(b []byte) { h.Write(b) }); err != nil {
		return err
	}
	h.Sum(z.sums[i][:0])
	return nil
}

// drain reads the entry that was opened to its end.
func (z *zipSide) drain(i int, f func([]byte)) error {
	for {
		b, err := z.stream.Next()
		var fault *zipraw.Fault
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &fault):
			return z.broken(i, fault.Detail)
		case err != nil:
			return fmt.Errorf("zip %q cannot be read: %w", z.path, err)
		}
		f(b)
	}
}

// content makes entry i readable at any place, until the next call.
func (z *zipSide) content(ctx context.Context, i int) (content, error) {
	e := &z.archive.Entries[i]
	z.stream.Open(ctx, z.archive, e)
	random := z.stream.Random()
	err := z.drain(i, func([]byte) {})
	return content{random, e.Size}, err
}

// digest is what pack.ContentDigest returns for what was packed.
func (z *zipSide) digest() string {
	all := sha256.New()
	for i := range z.archive.Entries {
		e := &z.archive.Entries[i]
		fmt.Fprintf(all, "%04o %d %x %s\n", permissions(e), e.Size, z.sums[i], e.Name)
	}
	return hex.EncodeToString(all.Sum(nil))
}

// Systems in the upper byte of "version made by" whose entries have a Unix
// mode (APPNOTE.TXT 4.4.2).
const (
	systemUnix  = 3
	systemMacOS = 19
)

// unixMode returns the mode of an entry, and whether it has one.
func unixMode(e *zipraw.Entry) (uint32, bool) {
	system := e.Creator >> 8
	return e.External >> 16, system == systemUnix || system == systemMacOS
}

// permissions are those of an entry, or, where it has none, what a program
// that unpacks it as a plain file gives it.
func permissions(e *zipraw.Entry) uint32 {
	if m, ok := unixMode(e); ok {
		return m & 0o7777
	}
	return 0o644
}

// modeOf describes the mode of an entry.
func modeOf(e *zipraw.Entry) string {
	m, ok := unixMode(e)
	kind := map[uint32]string{0: "", 0o100000: "", 0o040000: " (folder)", 0o120000: " (symbolic link)"}
	word, known := kind[m&0o170000]
	switch {
	case !ok:
		return "none"
	case !known:
		word = " (special file)"
	}
	return fmt.Sprintf("%04o%s", m&0o7777, word)
}
