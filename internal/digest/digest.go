// Package digest computes the SHA-256 of files.
package digest

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"sync"
)

// buffers are larger than io.Copy's: a run of many functions reads gigabytes.
var buffers = sync.Pool{New: func() any { return new([256 << 10]byte) }}

// File returns the SHA-256 of what is in a file, in hexadecimal, and how many
// bytes that is. Links are followed; a directory is an error.
func File(name string) (sum string, size int64, err error) {
	f, err := os.Open(name)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	b := buffers.Get().(*[256 << 10]byte)
	defer buffers.Put(b)
	h := sha256.New()
	for {
		n, err := f.Read(b[:])
		h.Write(b[:n])
		size += int64(n)
		if err == io.EOF {
			return hex.EncodeToString(h.Sum(nil)), size, nil
		}
		if err != nil {
			return "", 0, err
		}
	}
}
