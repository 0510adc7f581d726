package zipscan

import (
	"encoding/binary"
	"fmt"
	"io"
)

// A scanner gives pieces of a file that is read more or less forwards,
// through one buffer.
type scanner struct {
	r    io.ReaderAt
	size int64
	buf  []byte
	base int64 // offset of buf[0]
}

// scanBuffer is what a scanner reads at once: enough for some hundred
// headers.
const scanBuffer = 32 << 10

// at returns n bytes from off, valid until the next call. The caller has
// made sure that they are inside the file.
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
	got, err := s.r.ReadAt(s.buf, off)
	if got < want {
		s.buf = s.buf[:0]
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("read of %d bytes at %d: %w", want, off, err)
	}
	return s.buf[:n], nil
}

// cached reads through a scanner's buffer: for small entries that follow one
// another, a read of the file each would cost more than their content.
type cached struct{ s *scanner }

func (c cached) ReadAt(p []byte, off int64) (int, error) {
	b, err := c.s.at(off, len(p))
	return copy(p, b), err
}

func u16(b []byte, at int) uint16 { return binary.LittleEndian.Uint16(b[at:]) }
func u32(b []byte, at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
