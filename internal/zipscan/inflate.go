package zipscan

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
)

const (
	window   = 32 << 10  // how far back deflate refers
	piece    = 128 << 10 // what one call decompresses at most
	inSize   = 64 << 10  // what is read at once
	maxMatch = 258
	slack    = 8 // matches are copied eight bytes at a time and may write past their end
)

var (
	errDeflate = errors.New("invalid deflate data")
	errCutOff  = errors.New("deflate data is cut off")
)

// An inflater decompresses deflate data (RFC 1951) in pieces. It can resume from any
// [point] that it noted earlier, so that parts of a program in a zip can be read without
// keeping the program in memory.
//
// compress/flate and github.com/klauspost/compress/flate (v1.11.4) were measured as
// replacements: bench/README.md, "verify". With either, a check takes longer than
// "unzip -t", and a large program needs a temporary file. Both also accept codes that
// zlib, and therefore unzip, refuse; klauspost's accepts data that is cut off inside the
// extra bits of a match.
type inflater struct {
	ctx  context.Context
	src  io.ReaderAt
	next int64 // offset in src of what follows in
	end  int64 // offset in src where the data ends

	in   []byte
	ipos int
	bits uint64 // read and not yet used; bits above n repeat what follows
	n    uint

	out  []byte // the last 32 KiB, then what is new
	room int    // where in out a piece ends, with room for a match after it
	w    int
	done int64 // bytes given out by earlier calls

	state  state
	final  bool
	stored int64 // bytes left of a stored block
	header int64 // bit offset of the block's header
	lit    table
	dist   table
	lens   table
	code   [320]uint8
}

type state int

const (
	atHeader state = iota
	inStored
	inBlock
	atEnd
)

// A point is a place in the data from which decompression can resume.
type point struct {
	header, bit int64 // bit offsets of the block's header and of the next symbol
	stored      int64
	state       state
	final       bool
	out         int64 // bytes decompressed before
	history     []byte
}

// reset makes the inflater ready for the bytes from..end of src. size is a hint: how many
// bytes they probably decompress to.
func (f *inflater) reset(ctx context.Context, src io.ReaderAt, from, end, size int64) {
	// Small entries get by with small buffers.
	inWant := int(min(max(end-from, 512), inSize))
	if cap(f.in) < inWant {
		f.in = make([]byte, 0, inWant)
	}
	f.room = window + int(min(max(size, 4096), piece-maxMatch))
	if len(f.out) < f.room+maxMatch+slack {
		f.out = make([]byte, f.room+maxMatch+slack)
	}
	f.ctx, f.src, f.end = ctx, src, end
	f.w, f.done = window, 0
	f.state, f.final, f.stored = atHeader, false, 0
	f.in, f.ipos, f.next, f.bits, f.n = f.in[:0], 0, from, 0, 0
}

// point returns the current place.
func (f *inflater) point() point {
	have := int(min(int64(window), f.done+int64(f.w-window)))
	return point{
		header: f.header, bit: f.position(), stored: f.stored, state: f.state, final: f.final,
		out:     f.done + int64(f.w-window),
		history: bytes.Clone(f.out[f.w-have : f.w]),
	}
}

// resume continues from a point noted earlier.
func (f *inflater) resume(p point) error {
	f.w = window
	copy(f.out[window-len(p.history):], p.history)
	f.done = p.out
	if p.state == inBlock {
		if err := f.seek(p.header); err != nil {
			return err
		}
		if err := f.blockHeader(); err != nil {
			return err
		}
	}
	if err := f.seek(p.bit); err != nil {
		return err
	}
	f.state, f.final, f.stored, f.header = p.state, p.final, p.stored, p.header
	return nil
}

// position returns the offset in src of the next bit.
func (f *inflater) position() int64 {
	return (f.next-int64(len(f.in)-f.ipos))*8 - int64(f.n)
}

// consumed returns the offset in src of the first byte that was not needed.
func (f *inflater) consumed() int64 { return (f.position() + 7) / 8 }

func (f *inflater) seek(bit int64) error {
	f.in, f.ipos, f.next, f.bits, f.n = f.in[:0], 0, bit/8, 0, 0
	_, err := f.take(uint(bit % 8))
	return err
}

// fill appends input to what is left in the buffer.
func (f *inflater) fill() error {
	kept := copy(f.in[:cap(f.in)], f.in[f.ipos:])
	if err := f.ctx.Err(); err != nil {
		return &readError{err}
	}
	want := int(min(int64(cap(f.in)-kept), f.end-f.next))
	f.in, f.ipos = f.in[:kept+want], 0
	if want == 0 {
		return nil
	}
	got, err := readAt(f.src, f.in[kept:], f.next)
	if err != nil {
		f.in = f.in[:kept+got]
		return &readError{err}
	}
	f.next += int64(want)
	return nil
}

// A readError is an error of the file or of the context, not of the data.
type readError struct{ error }

func (e *readError) Unwrap() error { return e.error }

// need makes n bits available, at most 48, or as many as are left.
func (f *inflater) need(n uint) error {
	f.more()
	if f.n >= n || f.next == f.end {
		return nil
	}
	err := f.fill()
	f.more()
	return err
}

// more moves bytes from the input to bits while there is room.
func (f *inflater) more() {
	f.bits &= 1<<f.n - 1
	for f.n <= 48 && f.ipos < len(f.in) {
		f.bits |= uint64(f.in[f.ipos]) << f.n
		f.ipos++
		f.n += 8
	}
}

func (f *inflater) drop(n uint) { f.bits >>= n; f.n -= n }

// take returns the next n bits, at most 16.
func (f *inflater) take(n uint) (int, error) {
	if err := f.need(n); err != nil {
		return 0, err
	}
	if f.n < n {
		return 0, errCutOff
	}
	v := int(f.bits & (1<<n - 1))
	f.drop(n)
	return v, nil
}

// read decompresses the next piece and returns it, valid until the next call; at the
// end of the data it returns io.EOF.
func (f *inflater) read() ([]byte, error) {
	if f.w > window {
		f.done += int64(f.w - window)
		copy(f.out, f.out[f.w-window:f.w])
		f.w = window
	}
	for f.w < f.room {
		var err error
		switch f.state {
		case atHeader:
			err = f.blockHeader()
		case inStored:
			err = f.storedBlock()
		case inBlock:
			err = f.block()
		case atEnd:
			if f.w == window {
				return nil, io.EOF
			}
			return f.out[window:f.w], nil
		}
		if err != nil {
			return nil, err
		}
	}
	return f.out[window:f.w], nil
}

// endBlock continues after a block.
func (f *inflater) endBlock() {
	f.state = atHeader
	if f.final {
		f.state = atEnd
	}
}

func (f *inflater) storedBlock() error {
	for f.stored > 0 && f.n >= 8 && f.w < f.room {
		f.out[f.w] = byte(f.bits)
		f.w++
		f.drop(8)
		f.stored--
	}
	for f.stored > 0 && f.w < f.room {
		if f.ipos == len(f.in) {
			if err := f.fill(); err != nil {
				return err
			}
			if len(f.in) == 0 {
				return errCutOff
			}
		}
		n := copy(f.out[f.w:f.room], f.in[f.ipos:min(int64(len(f.in)), int64(f.ipos)+f.stored)])
		f.w += n
		f.ipos += n
		f.stored -= int64(n)
	}
	if f.stored == 0 {
		f.endBlock()
	}
	return nil
}

// block decodes symbols until the block or the room for output ends. It decodes most of
// them with fast, and those near the end of the input one by one.
func (f *inflater) block() error {
	for f.state == inBlock && f.w < f.room {
		if err := f.fast(); err != nil {
			return err
		}
		if f.state == inBlock && f.w < f.room {
			if err := f.symbol(); err != nil {
				return err
			}
		}
	}
	return nil
}

// symbol decodes one symbol with all checks: a literal, the end of the block, or a match.
func (f *inflater) symbol() error {
	e, err := f.lookup(&f.lit)
	if err != nil {
		return err
	}
	switch e & kindMask {
	case kindLiteral:
		f.out[f.w] = byte(e >> 16)
		f.w++
		return nil
	case kindEnd:
		f.endBlock()
		return nil
	}
	length, err := f.value(e)
	if err != nil {
		return err
	}
	if e, err = f.lookup(&f.dist); err != nil {
		return err
	}
	distance, err := f.value(e)
	if err != nil {
		return err
	}
	if int64(distance) > f.done+int64(f.w-window) {
		return errDeflate
	}
	for range length {
		f.out[f.w] = f.out[f.w-distance]
		f.w++
	}
	return nil
}

// value adds the extra bits that follow a code word of a length or a distance to its base.
func (f *inflater) value(e uint32) (int, error) {
	extra, err := f.take(uint(e >> 4 & 15))
	return int(e>>16) + extra, err
}

// lookup decodes one code word.
func (f *inflater) lookup(t *table) (uint32, error) {
	if err := f.need(maxCode); err != nil {
		return 0, err
	}
	e := t.entries[f.bits&(1<<t.bits-1)]
	used := uint(0)
	if e&kindMask == kindTable && e>>16 != 0 {
		used = t.bits
		e = t.entries[e>>16+uint32(f.bits>>used&(1<<(e>>4&15)-1))]
	}
	n := uint(e&15) + used
	if e&15 == 0 || e&kindMask == kindTable {
		return 0, errDeflate
	}
	if n > f.n {
		return 0, errCutOff
	}
	f.drop(n)
	return e, nil
}

// fast decodes while there are 16 bytes of input and room for a match. It keeps the state
// in local variables. A round decodes at most two literals, a length and a distance, 70
// bits in all. It refills at most twice, each time to 56 bits or more and from the next
// eight bytes.
func (f *inflater) fast() error {
	in, ipos := f.in, f.ipos
	b, n := f.bits, f.n
	out, w := f.out, f.w
	lit, dist := f.lit.entries, f.dist.entries
	litMask, distMask := uint64(1)<<f.lit.bits-1, uint64(1)<<f.dist.bits-1
	var err error
loop:
	for ipos+16 <= len(in) && w < f.room {
		b |= binary.LittleEndian.Uint64(in[ipos:]) << n
		ipos += int(63-n) >> 3
		n |= 56
		e := lit[b&litMask]
		for i := 0; i < 2 && e&kindMask == kindLiteral; i++ {
			b >>= e & 15
			n -= uint(e & 15)
			out[w] = byte(e >> 16)
			w++
			e = lit[b&litMask]
		}
		if e&kindMask == kindTable && e>>16 != 0 {
			b >>= e & 15
			n -= uint(e & 15)
			e = lit[e>>16+uint32(b&(1<<(e>>4&15)-1))]
		}
		if e&15 == 0 || e&kindMask == kindTable {
			err = errDeflate
			break
		}
		b >>= e & 15
		n -= uint(e & 15)
		switch e & kindMask {
		case kindLiteral:
			out[w] = byte(e >> 16)
			w++
			continue
		case kindEnd:
			f.endBlock()
			break loop
		}
		extra := e >> 4 & 15
		length := int(e>>16) + int(b&(1<<extra-1))
		b >>= extra
		n -= uint(extra)
		if n < 28 { // two literals and a length may have used 42 bits
			b |= binary.LittleEndian.Uint64(in[ipos:]) << n
			ipos += int(63-n) >> 3
			n |= 56
		}
		e = dist[b&distMask]
		if e&kindMask == kindTable && e>>16 != 0 {
			b >>= e & 15
			n -= uint(e & 15)
			e = dist[e>>16+uint32(b&(1<<(e>>4&15)-1))]
		}
		if e&15 == 0 || e&kindMask == kindTable {
			err = errDeflate
			break
		}
		b >>= e & 15
		n -= uint(e & 15)
		extra = e >> 4 & 15
		d := int(e>>16) + int(b&(1<<extra-1))
		b >>= extra
		n -= uint(extra)
		if int64(d) > f.done+int64(w-window) {
			err = errDeflate
			break
		}
		to := w + length
		if d >= 8 {
			for s := w - d; w < to; s, w = s+8, w+8 {
				binary.LittleEndian.PutUint64(out[w:], binary.LittleEndian.Uint64(out[s:]))
			}
		} else {
			for ; w < to; w++ {
				out[w] = out[w-d]
			}
		}
		w = to
	}
	f.ipos, f.bits, f.n, f.w = ipos, b, n, w
	return err
}
