package diff

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/zipscan"
)

// maxUnzipped is how much of one zip is decompressed: Lambda's limit (AWS
// Lambda developer guide, "Lambda quotas").
const maxUnzipped = 262_144_000

// A zipFile is a zip whose contents were hashed.
type zipFile struct {
	*input
	entries []zipscan.Entry // in the order of the directory
	archive *zipscan.Archive
	stream  zipscan.Stream
	sums    [][32]byte // of the contents, by entry
}

// ambiguous lists the faults that let two programs find different files in one zip.
// A comparison would hold for only one of the programs.
var ambiguous = []string{
	zipscan.FaultTwoEnds, zipscan.FaultLocalHeader, zipscan.FaultOverlap, zipscan.FaultDescriptor, zipscan.FaultSecondName,
}

// readZip reads the headers of a zip and hashes the content of each entry.
func readZip(ctx context.Context, f *input) (*zipFile, error) {
	a, err := zipscan.Open(ctx, f, f.Size)
	if err != nil {
		return nil, fmt.Errorf("zip %q cannot be read: %w", f.path, err)
	}
	z := &zipFile{input: f, entries: a.Entries, archive: a, sums: make([][32]byte, len(a.Entries))}
	for _, fault := range a.Faults {
		if a.Reached < zipscan.ReachedEntries || slices.Contains(ambiguous, fault.Kind) {
			return nil, z.broken(fault.Entry, fault.Detail)
		}
	}
	total := int64(0)
	names := map[string]bool{}
	for i, e := range z.entries {
		if names[e.Name] {
			return nil, z.broken(i, "duplicate name")
		}
		names[e.Name] = true
		if !a.Readable(&e) {
			return nil, z.broken(i, "encrypted, or compressed by another method than deflate")
		}
		if total += e.Size; total > maxUnzipped {
			return nil, hint.New("give a smaller zip; Lambda accepts none this large",
				"zip %q cannot be read: its files have more than %s bytes together", f.path, count(maxUnzipped))
		}
	}
	for _, i := range a.Order() {
		h := sha256.New()
		z.stream.Open(ctx, a, &z.entries[i])
		if err := z.drain(i, h); err != nil {
			return nil, err
		}
		h.Sum(z.sums[i][:0])
	}
	return z, nil
}

// broken is the error for a zip that cannot be read.
func (z *zipFile) broken(entry int, detail string) error {
	file := ""
	if entry >= 0 && entry < len(z.entries) {
		file = fmt.Sprintf("file %q: ", printable(z.entries[entry].Name, maxValue))
	}
	return hint.New("give a valid zip; `bootzip check` lists the faults of one", "zip %q cannot be read: %s%s", z.path, file, detail)
}

// drain reads the entry that was opened to its end.
func (z *zipFile) drain(i int, w io.Writer) error {
	_, err := z.stream.WriteTo(w)
	var fault *zipscan.Fault
	switch {
	case errors.As(err, &fault):
		return z.broken(i, fault.Detail)
	case err != nil:
		return fmt.Errorf("zip %q cannot be read: %w", z.path, err)
	}
	return nil
}

// content makes entry i readable at any offset, until the next call.
func (z *zipFile) content(ctx context.Context, i int) (content, error) {
	e := &z.entries[i]
	z.stream.Open(ctx, z.archive, e)
	random := z.stream.Random()
	err := z.drain(i, io.Discard)
	return content{random, e.Size}, err
}

// digest is what pack.ContentDigest returns for what was packed.
func (z *zipFile) digest() string {
	all := sha256.New()
	for i, e := range z.entries {
		fmt.Fprintf(all, "%04o %d %x %s\n", permissions(&e), e.Size, z.sums[i], e.Name)
	}
	return hex.EncodeToString(all.Sum(nil))
}

// permissions returns those of an entry, or those of a plain file if it has none.
func permissions(e *zipscan.Entry) uint32 {
	if m, ok := e.UnixMode(); ok {
		return m & 0o7777
	}
	return 0o644
}

// modeOf describes the mode of an entry.
func modeOf(e *zipscan.Entry) string {
	m, ok := e.UnixMode()
	kind, known := map[uint32]string{0: "", 0o100000: "", 0o040000: " (directory)", 0o120000: " (symbolic link)"}[m&0o170000]
	switch {
	case !ok:
		return "none"
	case !known:
		kind = " (special file)"
	}
	return fmt.Sprintf("%04o%s", m&0o7777, kind)
}
