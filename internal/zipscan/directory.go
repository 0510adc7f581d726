package zipscan

import (
	"bytes"
	"cmp"
	"context"
)

const headerSize = 46 // of a directory entry, without its name, extra fields and comment

var headerSignature = []byte("PK\x01\x02")

// readDirectory reads the central directory, which must lie between the last
// entry and the end record and be filled by its entries to the last byte.
func (a *Archive) readDirectory(ctx context.Context) (bool, error) {
	if end := a.dirOffset + a.dirSize; end != a.endOffset {
		return a.stop(FaultDirectory, "the end record is at %[3]d and puts the directory at %[1]d to %[2]d", a.dirOffset, end, a.endOffset)
	}
	if want := min(a.dirCount, int(a.dirSize/headerSize)); want > 0 {
		a.Entries = make([]Entry, 0, want)
	}
	names := 0
	for off := a.dirOffset; off < a.endOffset; {
		if len(a.Entries)%1024 == 0 && ctx.Err() != nil {
			return false, ctx.Err()
		}
		if len(a.Entries) == a.dirCount {
			return a.stop(FaultDirectory, "the directory has more than the %d entries that the end record gives", a.dirCount)
		}
		left := a.endOffset - off
		if left < headerSize {
			return a.stop(FaultDirectory, "the directory ends inside its entry %d", len(a.Entries)+1)
		}
		b, err := a.scan.at(off, headerSize)
		if err != nil {
			return false, err
		}
		if !bytes.HasPrefix(b, headerSignature) {
			return a.stop(FaultDirectory, "entry %d of the directory does not begin with its signature", len(a.Entries)+1)
		}
		n, m, k := int(u16(b, 28)), int(u16(b, 30)), int(u16(b, 32))
		if left < int64(headerSize+n+m+k) {
			return a.stop(FaultDirectory, "the directory ends inside its entry %d", len(a.Entries)+1)
		}
		if b, err = a.scan.at(off, headerSize+n+m); err != nil {
			return false, err
		}
		if names += n; names > maxNames {
			return a.stop(FaultTooMany, "the names of all entries exceed %d bytes", maxNames)
		}
		a.addEntry(off, b, n)
		off += int64(headerSize + n + m + k)
	}
	if len(a.Entries) != a.dirCount {
		return a.stop(FaultDirectory, "the directory has %d entries, and the end record gives %d", len(a.Entries), a.dirCount)
	}
	return true, nil
}

// addEntry adds the directory's entry at off. b holds its header, its name of n
// bytes and its extra fields.
func (a *Archive) addEntry(off int64, b []byte, n int) {
	e := Entry{
		Header:     off,
		Name:       string(b[headerSize : headerSize+n]),
		Creator:    u16(b, 4),
		Needed:     u16(b, 6),
		Flags:      u16(b, 8),
		Method:     u16(b, 10),
		Time:       u16(b, 12),
		Date:       u16(b, 14),
		CRC:        u32(b, 16),
		Compressed: int64(u32(b, 20)),
		Size:       int64(u32(b, 24)),
		External:   u32(b, 38),
		Offset:     int64(u32(b, 42)),
	}
	i := len(a.Entries)
	a.Entries = append(a.Entries, e)
	if disk := u16(b, 34); disk != 0 {
		a.fault(FaultMultiDisk, i, "it begins on disk %d", disk)
	}
	if e.Size == 1<<32-1 || e.Compressed == 1<<32-1 || e.Offset == 1<<32-1 {
		a.fault(FaultZip64, i, "its size or offset is in a ZIP64 field")
	}
	const encrypted = 1<<0 | 1<<6 | 1<<13
	const known = encrypted | 1<<1 | 1<<2 | FlagDescriptor | FlagUTF8
	if e.Flags&encrypted != 0 {
		a.fault(FaultEncrypted, i, "it is marked as encrypted")
	}
	if rest := e.Flags &^ known; rest != 0 {
		a.fault(FaultFlags, i, "flags %#04x", rest)
	}
	if e.Method != Store && e.Method != Deflate {
		a.fault(FaultMethod, i, "method %d (%s)", e.Method, cmp.Or(methodNames[e.Method], "unknown"))
	}
	a.version(i, e.Needed)
	a.extra(i, b[headerSize+n:], e.Name)
}

// version checks the version needed to extract. Readers that support neither encryption
// nor newer methods are at version 4.5, and some of them refuse a higher one.
func (a *Archive) version(i int, needed uint16) {
	if needed > 45 {
		a.fault(FaultVersion, i, "it needs version %d.%d of the format to extract", needed/10, needed%10)
	}
}

// methodNames are the methods that are seen in the wild (APPNOTE.TXT 4.4.5).
var methodNames = map[uint16]string{
	1: "shrink", 6: "implode", 9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "zstd", 95: "xz", 99: "AES",
}
