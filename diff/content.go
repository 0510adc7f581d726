package diff

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/bootzip/bootzip/internal/hint"
)

// A content is the bytes of one file of a zip, or of a file of its own.
type content struct {
	io.ReaderAt
	size int64
}

// each calls f with the bytes from from to to, in pieces.
func (c content) each(ctx context.Context, from, to int64, f func([]byte)) error {
	b := make([]byte, min(to-from, 64<<10))
	for off := from; off < to; {
		if err := ctx.Err(); err != nil {
			return err
		}
		p := b[:min(int64(len(b)), to-off)]
		if n, err := c.ReadAt(p, off); n < len(p) {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		f(p)
		off += int64(len(p))
	}
	return nil
}

// sameBytes compares n bytes of two files.
func sameBytes(ctx context.Context, a io.ReaderAt, atA int64, b io.ReaderAt, atB, n int64) (bool, error) {
	same := true
	buf := make([]byte, min(n, 64<<10))
	off := atB
	err := content{a, atA + n}.each(ctx, atA, atA+n, func(p []byte) {
		if !same {
			return
		}
		if got, _ := b.ReadAt(buf[:len(p)], off); got < len(p) || !bytes.Equal(p, buf[:len(p)]) {
			same = false
		}
		off += int64(len(p))
	})
	return same, err
}

// firstDifference is the offset of the first of size bytes that differs, or
// size.
func firstDifference(ctx context.Context, files [2]*os.File, size int64) (int64, error) {
	const step = 64 << 10
	for off := int64(0); off < size; off += step {
		n := min(step, size-off)
		same, err := sameBytes(ctx, files[0], off, files[1], off, n)
		if err != nil {
			return 0, err
		}
		if same {
			continue
		}
		var p [2][step]byte
		for i, f := range files {
			if _, err := f.ReadAt(p[i][:n], off); err != nil {
				return 0, err
			}
		}
		for k := range n {
			if p[0][k] != p[1][k] {
				return off + k, nil
			}
		}
	}
	return size, nil
}

// open opens a file and sums it.
func open(ctx context.Context, path string) (*os.File, Side, error) {
	const mend = "give the paths of two files that exist; packed functions are in dist/"
	info, err := os.Stat(path)
	if err != nil {
		return nil, Side{}, hint.Wrap(fmt.Errorf("file cannot be compared: %w", err), mend)
	}
	// Opening a pipe would wait for somebody to write into it.
	if !info.Mode().IsRegular() {
		return nil, Side{}, hint.New(mend, "file %q cannot be compared: it is no ordinary file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, Side{}, hint.Wrap(fmt.Errorf("file cannot be compared: %w", err), mend)
	}
	if info, err = f.Stat(); err != nil {
		f.Close()
		return nil, Side{}, fmt.Errorf("file cannot be compared: %w", err)
	}
	h := sha256.New()
	if err := (content{f, info.Size()}).each(ctx, 0, info.Size(), func(p []byte) { h.Write(p) }); err != nil {
		f.Close()
		return nil, Side{}, fmt.Errorf("file %q cannot be read: %w", path, err)
	}
	sum := h.Sum(nil)
	return f, Side{
		File: filepath.Base(path), Size: info.Size(),
		SHA256: hex.EncodeToString(sum), CodeSha256: base64.StdEncoding.EncodeToString(sum),
	}, nil
}

// both does the same for A and B at once, and returns A's error first.
func both(f func(i int) error) error {
	second := make(chan error, 1)
	go func() { second <- f(1) }()
	err := f(0)
	if other := <-second; err == nil {
		err = other
	}
	return err
}
