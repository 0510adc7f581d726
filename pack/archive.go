package pack

import (
	"archive/tar"
	"context"
	"io"
	"io/fs"
	"time"

	"github.com/mholt/archiver/v3"
)

// This file is the only one that uses archiver, and it uses only Create, Write and
// Close: everything in version 3 that reads archives has known vulnerabilities without
// a fix (GO-2024-2698, GO-2025-3605, GO-2025-4020). A test checks this.

// epoch is the time of every entry.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// writeZip writes a zip with the entries.
func writeZip(ctx context.Context, w io.Writer, entries []Entry) error {
	z := archiver.NewZip()
	// Otherwise an asset's name would decide whether it is compressed.
	z.SelectiveCompression = false
	// CompressionLevel keeps its default: only that one uses klauspost's deflate,
	// whose bytes do not change with the Go release.
	if err := z.Create(w); err != nil {
		return err
	}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := e.read(func(content io.Reader, size int64) error {
			h := tar.Header{Mode: int64(e.mode()), Size: size, ModTime: epoch}
			return z.Write(archiver.File{FileInfo: entryInfo{h.FileInfo(), e.Name}, ReadCloser: io.NopCloser(content)})
		})
		if err != nil {
			return err
		}
	}
	return z.Close()
}

// entryInfo is all that the archiver learns about a file: no times, modes or owners from
// the disk.
type entryInfo struct {
	fs.FileInfo
	name string // with its directories
}

func (e entryInfo) Name() string { return e.name }
