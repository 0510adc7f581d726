package image

import (
	"bytes"
	"encoding/binary"
	"io"
	"runtime/debug"
)

// GoMagic begins Go's build information, at a multiple of 16 bytes.
var GoMagic = []byte("\xff Go buildinf:")

const maxBuildInfo = 1 << 20

// BuildInfo reads Go's build information, nil where there is none. It is
// looked for in its section, or else at the offset seen, where that is not
// negative. Programs of Go 1.17 and older, which keep it in another form,
// count as without.
func (i Image) BuildInfo(r io.ReaderAt, size, seen int64) (*debug.BuildInfo, error) {
	if s, ok := i.Named(".go.buildinfo", "__go_buildinfo"); ok && s.File > 0 {
		seen = s.Off
	}
	f := &file{r: r, size: size}
	head := f.bytes(seen, 32)
	if !bytes.HasPrefix(head, GoMagic) || head[15]&2 == 0 {
		return nil, f.err
	}
	version, at := f.varString(seen + 32)
	module, _ := f.varString(at)
	if version == "" {
		return nil, f.err
	}
	// The text stands between two marks of 16 bytes.
	if len(module) >= 33 && module[len(module)-17] == '\n' {
		module = module[16 : len(module)-16]
	}
	info, err := debug.ParseBuildInfo(module)
	if err != nil {
		info = &debug.BuildInfo{}
	}
	info.GoVersion = version
	return info, f.err
}

// varString reads a string behind its length at off; rest is where it ends.
func (f *file) varString(off int64) (s string, rest int64) {
	b := f.bytes(off, min(binary.MaxVarintLen64, f.size-off))
	n, used := binary.Uvarint(b)
	if used <= 0 || n > maxBuildInfo {
		return "", f.size
	}
	off += int64(used)
	return string(f.bytes(off, int64(n))), off + int64(n)
}
