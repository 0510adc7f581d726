package diff

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/regular"
)

// An input is one of the two files that are compared.
type input struct {
	path string
	content
	io.Closer
	format string // see formatOf
	Side
}

// open opens a file and hashes it.
func open(ctx context.Context, path string) (*input, error) {
	const remedy = "give the path of a file that exists; packed functions are in dist/"
	f, err := regular.Open(path)
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("file cannot be read: %w", err), remedy)
	}
	h, c := sha256.New(), content{f, 0}
	var head []byte
	info, err := f.Stat()
	if err == nil {
		c.size = info.Size()
		err = c.each(ctx, 0, c.size, func(p []byte) { h.Write(p) })
	}
	if err == nil {
		head, err = c.bytes(0, min(c.size, 4))
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("file %q cannot be read: %w", path, err)
	}
	sum := h.Sum(nil)
	return &input{path, c, f, formatOf(head), Side{
		File: filepath.Base(path), Size: c.size,
		SHA256: hex.EncodeToString(sum), CodeSha256: base64.StdEncoding.EncodeToString(sum),
	}}, nil
}

// A content is the bytes of a file, or of an entry of a zip.
type content struct {
	io.ReaderAt
	size int64
}

// each calls f with the bytes from offset from up to to, in pieces.
func (c content) each(ctx context.Context, from, to int64, f func([]byte)) error {
	b := make([]byte, min(to-from, 64<<10))
	for off := from; off < to; off += int64(len(b)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		b = b[:min(int64(len(b)), to-off)]
		if err := readFull(c, b, off); err != nil {
			return err
		}
		f(b)
	}
	return nil
}

// bytes reads from offset from up to to into memory.
func (c content) bytes(from, to int64) ([]byte, error) {
	b := make([]byte, to-from)
	return b, readFull(c, b, from)
}

// readFull fills p: io.ReaderAt may return io.EOF with the last bytes.
func readFull(r io.ReaderAt, p []byte, off int64) error {
	_, err := io.ReadFull(io.NewSectionReader(r, off, int64(len(p))), p)
	return err
}

// both calls f for A and B at once, and returns A's error first.
func both(f func(i int) error) error {
	second := make(chan error, 1)
	go func() { second <- f(1) }()
	err := f(0)
	if other := <-second; err == nil {
		err = other
	}
	return err
}
