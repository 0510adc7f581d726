// Package zipscan reads a zip byte by byte and reports everything that two readers
// could interpret differently.
//
// Go's archive/zip, Python's zipfile and Info-ZIP each tolerate many faults, and not
// the same ones, so what one of them accepts says little about what another
// unpacks. This reader tolerates no fault that affects names, modes, sizes or
// contents. Every byte of the file must belong to exactly one of: a local header,
// its data, its data descriptor, the central directory, the end record. It never
// writes to disk.
//
// # How it reads
//
// [Open] reads the end record, the central directory and each local header,
// and compares them; it does not decompress. A [Stream] then decompresses one entry
// at a time in pieces of at most 128 KiB, and checks its size and its CRC-32; a
// [Random] reads anywhere in an entry that has already been streamed.
//
// # Bounds
//
// Memory: for each entry about 120 bytes and its name, at most 12 MiB for all names
// together, and at most 2.5 MiB for each stream, whatever the size of the zip. Time:
// linear in the bytes of the file and in the bytes that the caller lets a stream
// decompress. Overlapping entries, which let a small file unpack to a huge one, are
// found before anything is decompressed.
//
// # What is not read
//
// ZIP64, encryption, archives in several parts, and methods other than store
// and deflate are recognised and reported, not read. Comments and internal
// attributes are ignored: unpacking does not depend on them.
//
// The layout is that of PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 and 4.4; the
// compressed format is that of RFC 1951.
package zipscan

import (
	"context"
	"fmt"
	"io"
)

// maxNames is how many bytes the names of an archive's entries may have together.
// 65,535 names of 190 bytes fit.
const maxNames = 12 << 20

// maxFaults is how many faults of one kind an archive reports. Each kind is counted
// separately: many harmless faults must not hide a serious one.
const maxFaults = 25

// A Reach says how far [Open] got; 0: not even the end record was read.
type Reach int

// The order in which an archive is read. A later part is read only if the earlier
// ones are reliable.
const (
	ReachedEnd       Reach = 1 + iota // the end record was read
	ReachedDirectory                  // and the central directory
	ReachedEntries                    // and each local header; entries can be streamed
)

// An Archive is a zip whose headers were read.
type Archive struct {
	Entries []Entry // in the order of the central directory
	Faults  []Fault // at most 25 of each kind
	Reached Reach
	Comment int   // bytes of the archive's comment
	Size    int64 // bytes of the file

	counts    map[string]int // of faults, by kind
	scan      scanner
	endOffset int64 // of the end record
	dirOffset int64
	dirSize   int64
	dirCount  int
}

// An Entry is one file or directory, as the central directory has it.
type Entry struct {
	Name       string // unchanged; not cleaned
	Header     int64  // offset of its header in the directory
	Offset     int64  // of the local header
	Data       int64  // offset of the content; 0 until the local header was read
	Compressed int64  // bytes in the file
	Size       int64  // bytes when decompressed
	CRC        uint32
	External   uint32 // external attributes; for Unix, the mode is in the upper half
	Creator    uint16 // version made by; the upper byte is the system
	Needed     uint16 // version needed to extract
	Method     uint16
	Flags      uint16
	Time       uint16 // MS-DOS time and date
	Date       uint16
}

// UnixMode returns the mode of an entry, and whether it has one: only entries made on a Unix
// system do (APPNOTE.TXT 4.4.2: 3 is Unix, 19 macOS). Readers differ in whether they use these
// bits of other entries.
func (e *Entry) UnixMode() (mode uint32, ok bool) {
	if system := e.Creator >> 8; system != 3 && system != 19 {
		return 0, false
	}
	return e.External >> 16, true
}

// Methods and flags that entries of a plain zip have (APPNOTE.TXT 4.4.4 and
// 4.4.5).
const (
	Store   = 0
	Deflate = 8

	FlagDescriptor = 1 << 3
	FlagUTF8       = 1 << 11
)

// Open reads the end record, the central directory and the local headers of a
// zip of size bytes. Faults of the zip are in Archive.Faults; the error is
// r's own, or ctx's.
func Open(ctx context.Context, r io.ReaderAt, size int64) (*Archive, error) {
	a := &Archive{Size: size, counts: map[string]int{}, scan: scanner{r: r, size: size}}
	for _, step := range []func(context.Context) (bool, error){a.readEnd, a.readDirectory, a.readEntries} {
		ok, err := step(ctx)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		a.Reached++
	}
	a.scan.buf = nil
	return a, nil
}

// stop records a fault of the archive itself, after which nothing more is read.
func (a *Archive) stop(kind, format string, args ...any) (bool, error) {
	a.fault(kind, -1, format, args...)
	return false, nil
}

// fault records a fault; entry is -1 for the archive itself.
func (a *Archive) fault(kind string, entry int, format string, args ...any) {
	if a.counts[kind]++; a.counts[kind] <= maxFaults {
		a.Faults = append(a.Faults, Fault{Kind: kind, Entry: entry, Detail: fmt.Sprintf(format, args...)})
	}
}
