package zipscan

import (
	"bytes"
	"cmp"
	"context"
	"slices"
)

const localSize = 30 // of a local header, without its name and extra fields

var descriptorSignature = []byte("PK\x07\x08")

// readEntries walks from the first byte to the directory: each local header
// must say what the directory says, and each entry must begin where the previous
// one ends.
func (a *Archive) readEntries(ctx context.Context) (bool, error) {
	order := a.Order()
	usable := true
	pos := int64(0)
	for n, i := range order {
		if n%1024 == 0 && ctx.Err() != nil {
			return false, ctx.Err()
		}
		e := &a.Entries[i]
		if e.Offset < pos {
			a.fault(FaultOverlap, i, "it begins at %d, before the previous entry ends at %d", e.Offset, pos)
			return false, nil
		}
		if e.Offset > pos && e.Offset < a.dirOffset {
			a.fault(FaultUnaccounted, i, "%d bytes before it belong to no entry", e.Offset-pos)
		}
		next := a.dirOffset
		if n+1 < len(order) {
			next = a.Entries[order[n+1]].Offset
		}
		end, err := a.readLocal(i, next)
		if err != nil {
			return false, err
		}
		if end < 0 {
			usable = false
			end = max(pos, next)
		}
		pos = end
	}
	if pos > a.dirOffset {
		return a.stop(FaultOverlap, "the last entry ends at %d, inside the directory at %d", pos, a.dirOffset)
	}
	if pos < a.dirOffset {
		a.fault(FaultUnaccounted, -1, "%d bytes before the directory belong to no entry", a.dirOffset-pos)
	}
	return usable, nil
}

// Order returns the indices of the entries, sorted by their place in the file.
func (a *Archive) Order() []int {
	order := make([]int, len(a.Entries))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(x, y int) int {
		return cmp.Or(cmp.Compare(a.Entries[x].Offset, a.Entries[y].Offset), cmp.Compare(x, y))
	})
	return order
}

// readLocal compares the local header of entry i with the directory, and returns
// where the entry ends, or -1 if that is unknown. next is where the following entry
// or the directory begins.
func (a *Archive) readLocal(i int, next int64) (int64, error) {
	e := &a.Entries[i]
	if e.Offset+localSize > a.dirOffset {
		a.fault(FaultLocalHeader, i, "its local header at %d would overlap the directory", e.Offset)
		return -1, nil
	}
	b, err := a.scan.at(e.Offset, localSize)
	if err != nil {
		return 0, err
	}
	if !bytes.HasPrefix(b, entrySignature) {
		a.fault(FaultLocalHeader, i, "no local header at %d", e.Offset)
		return -1, nil
	}
	n, m := int(u16(b, 26)), int(u16(b, 28))
	data := e.Offset + localSize + int64(n+m)
	end := data + e.Compressed
	if end > a.dirOffset {
		a.fault(FaultOverlap, i, "it would end at %d, inside the directory at %d", end, a.dirOffset)
		return -1, nil
	}
	if b, err = a.scan.at(e.Offset, localSize+n+m); err != nil {
		return 0, err
	}
	a.compare(i, b[:localSize], b[localSize:localSize+n])
	a.version(i, u16(b, 4))
	if u32(b, 18) == 1<<32-1 || u32(b, 22) == 1<<32-1 {
		a.fault(FaultZip64, i, "its sizes refer to a ZIP64 field")
	}
	a.extra(i, b[localSize+n:], e.Name)
	e.Data = data
	if e.Flags&FlagDescriptor == 0 {
		return end, nil
	}
	return a.readDescriptor(i, end, next)
}

// compare reports where a local header differs from the directory. Bits 1 and
// 2 of the flags only say how hard the compressor tried.
func (a *Archive) compare(i int, b, name []byte) {
	e := &a.Entries[i]
	differ := func(field string, local, directory any) {
		a.fault(FaultLocalHeader, i, "%s is %v in its local header and %v in the directory", field, local, directory)
	}
	if string(name) != e.Name {
		a.fault(FaultLocalHeader, i, "its local header names it %q", name)
	}
	if f := u16(b, 6); (f^e.Flags)&^(1<<1|1<<2) != 0 {
		differ("flags", f, e.Flags)
	}
	if m := u16(b, 8); m != e.Method {
		differ("method", m, e.Method)
	}
	if t, d := u16(b, 10), u16(b, 12); t != e.Time || d != e.Date {
		differ("time", uint32(d)<<16|uint32(t), uint32(e.Date)<<16|uint32(e.Time))
	}
	// With a data descriptor, the header may leave these at zero.
	streamed := e.Flags&FlagDescriptor != 0
	if c := u32(b, 14); c != e.CRC && !(streamed && c == 0) {
		differ("CRC-32", c, e.CRC)
	}
	// A size with all bits set refers to a ZIP64 field, which is reported as such.
	if s := int64(u32(b, 18)); s != e.Compressed && !(streamed && s == 0) && s != 1<<32-1 {
		differ("compressed size", s, e.Compressed)
	}
	if s := int64(u32(b, 22)); s != e.Size && !(streamed && s == 0) && s != 1<<32-1 {
		differ("size", s, e.Size)
	}
}

// readDescriptor compares the data descriptor at off with the directory. Its
// signature is optional (APPNOTE.TXT 4.3.9.3).
func (a *Archive) readDescriptor(i int, off, next int64) (int64, error) {
	e := &a.Entries[i]
	size := int64(16)
	switch next - off {
	case 12:
		size = 12
	case 20, 24:
		a.fault(FaultDescriptor, i, "its data descriptor is a ZIP64 one")
		return next, nil
	}
	if off+size > a.dirOffset || next < off {
		a.fault(FaultDescriptor, i, "its data descriptor is missing")
		return off, nil
	}
	b, err := a.scan.at(off, int(size))
	if err != nil {
		return 0, err
	}
	if size == 16 {
		if !bytes.HasPrefix(b, descriptorSignature) {
			a.fault(FaultDescriptor, i, "its data descriptor is missing")
			return off, nil
		}
		b = b[4:]
	}
	if u32(b, 0) != e.CRC || int64(u32(b, 4)) != e.Compressed || int64(u32(b, 8)) != e.Size {
		a.fault(FaultDescriptor, i, "its data descriptor differs from the directory")
	}
	return off + size, nil
}
