package zipscan

import (
	"encoding/binary"
	"fmt"
	"io"
)

// A scanner returns pieces of a file that is read mostly forwards, through one
// buffer.
type scanner struct {
	r    io.ReaderAt
	size int64
	buf  []byte
	base int64 // offset of buf[0]
}

// scanBuffer is how many bytes a scanner reads at once: enough for a few hundred
// headers.
const scanBuffer = 32 << 10

// at returns n bytes from off, valid until the next call. The error for bytes outside
// the file wraps io.ErrUnexpectedEOF.
func (s *scanner) at(off int64, n int) ([]byte, error) {
	if off < 0 || off+int64(n) > s.size {
		return nil, fmt.Errorf("read of %d bytes at %d: %w", n, off, io.ErrUnexpectedEOF)
	}
	if i := off - s.base; i >= 0 && i+int64(n) <= int64(len(s.buf)) {
		return s.buf[i : i+int64(n)], nil
	}
	want := int(min(int64(max(n, scanBuffer)), s.size-off))
	if cap(s.buf) < want {
		s.buf = make([]byte, want)
	}
	s.buf = s.buf[:want]
	s.base = off
	if _, err := readAt(s.r, s.buf, off); err != nil {
		s.buf = s.buf[:0]
		return nil, fmt.Errorf("read of %d bytes at %d: %w", want, off, err)
	}
	return s.buf[:n], nil
}

// readAt reads all of p. The error at the end of the file is io.ErrUnexpectedEOF.
func readAt(r io.ReaderAt, p []byte, off int64) (n int, err error) {
	n, err = r.ReadAt(p, off)
	switch {
	case n == len(p):
		return n, nil
	case err == nil || err == io.EOF:
		return n, io.ErrUnexpectedEOF
	}
	return n, err
}

// ReadAt reads through the buffer. For small entries that follow one another,
// one read of the file for each would cost more than decompressing them.
func (s *scanner) ReadAt(p []byte, off int64) (int, error) {
	b, err := s.at(off, len(p))
	return copy(p, b), err
}

func u16(b []byte, at int) uint16 { return binary.LittleEndian.Uint16(b[at:]) }
func u32(b []byte, at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
