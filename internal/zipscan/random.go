package zipscan

import (
	"errors"
	"fmt"
	"io"
)

// A Random reads anywhere in the content of an entry that a [Stream] has read to its
// end. It keeps no content: it decompresses again from the nearest of about 64 places
// that the stream noted, each with the 32 KiB before it.
type Random struct {
	e      *Entry
	r      io.ReaderAt
	points []point
	next   int64 // where the next point is due
	step   int64

	f   *inflater
	buf []byte // the last piece
	off int64  // where it begins in the content
}

// maxPoints bounds the memory that points take: 2 MiB.
const maxPoints = 64

// Random makes s note places while it reads the entry that was just opened. The result
// can be used after s has returned io.EOF, and until s is opened again.
func (s *Stream) Random() *Random {
	r := &Random{e: s.e, r: s.r, f: &s.f, step: max(piece, s.e.Size/maxPoints+1)}
	if s.e.Method == Deflate {
		s.points = r
	}
	return r
}

// Size returns the bytes of the content.
func (r *Random) Size() int64 { return r.e.Size }

// ReadAt implements io.ReaderAt, except that calls must not be concurrent.
func (r *Random) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("content read at a negative offset")
	}
	if r.e.Method == Store {
		return io.NewSectionReader(r.r, r.e.Data, r.e.Compressed).ReadAt(p, off)
	}
	n := 0
	for n < len(p) {
		at := off + int64(n)
		if at >= r.e.Size {
			return n, io.EOF
		}
		if err := r.seek(at); err != nil {
			return n, err
		}
		n += copy(p[n:], r.buf[at-r.off:])
	}
	return n, nil
}

// seek makes r.buf the piece that contains offset at.
func (r *Random) seek(at int64) error {
	from := 0
	for from+1 < len(r.points) && r.points[from+1].out <= at {
		from++
	}
	end := r.off + int64(len(r.buf))
	if at >= r.off && at < end {
		return nil
	}
	if len(r.buf) == 0 || at < r.off || r.points[from].out > end {
		if len(r.points) == 0 {
			return fmt.Errorf("content at %d: %w", at, io.ErrUnexpectedEOF)
		}
		r.buf = nil
		if err := r.f.resume(r.points[from]); err != nil {
			return err
		}
		r.off = r.points[from].out
		end = r.off
	}
	for at >= end {
		b, err := r.f.read()
		if err != nil {
			r.buf = nil
			return fmt.Errorf("content at %d: %w", at, err)
		}
		r.off, r.buf = end, b
		end += int64(len(b))
	}
	return nil
}
