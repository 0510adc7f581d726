package elfscan

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"runtime/debug"
)

// GoBuild is what a Go program records about its build.
type GoBuild struct {
	Version  string
	Path     string
	Settings map[string]string // CGO_ENABLED, GOARCH, -trimpath, vcs.modified …
	Info     *debug.BuildInfo  // all of it, with the modules; nil if it cannot be parsed
}

// GoMagic begins Go's build information, at a multiple of 16 bytes.
var GoMagic = []byte("\xff Go buildinf:")

const maxGoBuild = 1 << 20

// goBuild reads Go's build information. Since Go 1.18 it is two strings after the
// header; before, it was two pointers to string headers.
func (f *reader) goBuild(magic int64) {
	off := magic
	if s, ok := f.named(".go.buildinfo"); ok && s.Type != elf.SHT_NOBITS && s.Off <= uint64(f.size) {
		off = int64(s.Off)
	}
	if off < 0 || off > f.size {
		return
	}
	b := f.bytes(off, min(f.size-off, 8192))
	if len(b) < 32 || !bytes.HasPrefix(b, GoMagic) {
		return
	}
	var version, module string
	if b[15]&2 != 0 {
		if s, rest, ok := f.varString(b[32:], off+32); ok {
			version = s
			module, _, _ = f.varString(f.bytes(rest, min(f.size-rest, 8192)), rest)
		}
	} else if b[14] == 8 && b[15]&1 == 0 {
		version = f.pointedString(u64(b, 16))
		module = f.pointedString(u64(b, 24))
	}
	if version == "" {
		return
	}
	f.Go = &GoBuild{Version: version, Settings: map[string]string{}}
	// The text is between two 16-byte marks.
	if len(module) >= 33 && module[len(module)-17] == '\n' {
		module = module[16 : len(module)-16]
	}
	info, err := debug.ParseBuildInfo(module)
	if err != nil {
		return
	}
	info.GoVersion = version
	f.Go.Info, f.Go.Path = info, info.Path
	for _, s := range info.Settings {
		f.Go.Settings[s.Key] = s.Value
	}
}

// varString reads a length and a string of that length from b, which begins at off, and
// from the file if b is too short. rest is the offset after the string.
func (f *reader) varString(b []byte, off int64) (s string, rest int64, ok bool) {
	n, used := binary.Uvarint(b)
	if used <= 0 || n > maxGoBuild {
		return "", 0, false
	}
	start := off + int64(used)
	if int(n) <= len(b)-used {
		return string(b[used : used+int(n)]), start + int64(n), true
	}
	b = f.bytes(start, int64(n))
	return string(b), start + int64(n), b != nil
}

// pointedString reads the string whose header is at addr.
func (f *reader) pointedString(addr uint64) string {
	off, n, ok := f.offset(addr, 16)
	if !ok || n < 16 {
		return ""
	}
	h := f.bytes(off, 16)
	if h == nil {
		return ""
	}
	size := u64(h, 8)
	off, n, ok = f.offset(u64(h, 0), maxGoBuild)
	if !ok || size > uint64(n) {
		return ""
	}
	return string(f.bytes(off, int64(size)))
}
