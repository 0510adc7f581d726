// Package digest computes the SHA-256 of files.
package digest

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"sync"

	"github.com/bootzip/bootzip/internal/regular"
)

// buffers are larger than io.Copy's: a run of many functions reads gigabytes.
var buffers = sync.Pool{New: func() any { return new([256 << 10]byte) }}

// File returns the SHA-256 of a file's content, in hexadecimal, and its size in bytes.
// Links are followed; anything but a regular file is an error.
func File(name string) (sum string, size int64, err error) {
	f, err := regular.Open(name)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	b := buffers.Get().(*[256 << 10]byte)
	defer buffers.Put(b)
	h := sha256.New()
	// Only a Reader: otherwise io.CopyBuffer would use the file's WriteTo, not the buffer.
	if size, err = io.CopyBuffer(h, struct{ io.Reader }{f}, b[:]); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}
