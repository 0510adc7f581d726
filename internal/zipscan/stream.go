package zipscan

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A Stream reads the content of entries, one after the other, and checks it.
// The zero value is ready for [Stream.Open]; using one Stream for many entries
// and archives saves allocating its buffers.
type Stream struct {
	f   inflater
	e   *Entry
	r   io.ReaderAt
	crc uint32
	out int64

	points *Random
}

// Open begins to read the content of e, an entry of a for which [Archive.Readable] holds.
// Streams of one archive must not be used at the same time.
func (s *Stream) Open(ctx context.Context, a *Archive, e *Entry) {
	src := a.scan.r
	if e.Compressed <= scanBuffer/4 {
		src = &a.scan
	}
	s.f.reset(ctx, src, e.Data, e.Data+e.Compressed, e.Size)
	if e.Method == Store {
		s.f.state, s.f.stored, s.f.final = inStored, e.Compressed, true
	}
	s.e, s.r = e, a.scan.r
	s.crc, s.out, s.points = 0, 0, nil
}

// Readable reports whether the content of e can be read: the local headers were read,
// and the entry is stored or deflated and not encrypted.
func (a *Archive) Readable(e *Entry) bool {
	return a.Reached == ReachedEntries && e.Flags&1 == 0 && (e.Method == Store || e.Method == Deflate)
}

// Next returns the next piece of the content, valid until the next call, and
// io.EOF after the last. It returns a *[Fault] if the content is damaged or
// differs from the directory; it never decompresses more than one piece beyond the
// size in the directory. Any other error is the file's or the context's.
func (s *Stream) Next() ([]byte, error) {
	if r := s.points; r != nil && s.out >= r.next {
		r.points = append(r.points, s.f.point())
		r.next = s.out + r.step
	}
	p, err := s.f.read()
	if err == io.EOF {
		return nil, s.check()
	}
	var unread *readError
	switch {
	case errors.As(err, &unread):
		return nil, unread.error
	case err != nil:
		return nil, streamFault(FaultData, "%v, after %d bytes", err, s.out)
	}
	s.out += int64(len(p))
	if s.out > s.e.Size {
		return nil, streamFault(FaultSize, "it has more than the %d bytes of the directory", s.e.Size)
	}
	s.crc = crc32.Update(s.crc, crc32.IEEETable, p)
	return p, nil
}

// WriteTo implements io.WriterTo for the rest of the content. Its errors are those of
// [Stream.Next] and of w.
func (s *Stream) WriteTo(w io.Writer) (n int64, err error) {
	for {
		p, err := s.Next()
		if err == io.EOF {
			return n, nil
		}
		if err == nil {
			n += int64(len(p))
			_, err = w.Write(p)
		}
		if err != nil {
			return n, err
		}
	}
}

// check compares what was read with the directory.
func (s *Stream) check() error {
	switch used := s.f.consumed() - s.e.Data; {
	case s.out != s.e.Size:
		return streamFault(FaultSize, "it has %d bytes, and %d in the directory", s.out, s.e.Size)
	case used != s.e.Compressed:
		return streamFault(FaultData, "its compressed data ends %d bytes early", s.e.Compressed-used)
	case s.crc != s.e.CRC:
		return streamFault(FaultCRC, "its CRC-32 is %08x, and %08x in the directory", s.crc, s.e.CRC)
	}
	return io.EOF
}

func streamFault(kind, format string, args ...any) error {
	return &Fault{Kind: kind, Entry: -1, Detail: fmt.Sprintf(format, args...)}
}
