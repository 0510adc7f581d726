package diff

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bootzip/bootzip/internal/zipraw"
)

// Sizes of the fixed parts of a local header, a directory entry and the end
// record (APPNOTE.TXT 4.3.7, 4.3.12 and 4.3.16).
const (
	localHeader   = 30
	centralHeader = 46
	endRecord     = 22
)

// findCentral notes where each entry's header is in the directory. zipraw has
// walked it before, so it is there.
func (z *zipSide) findCentral(size int64) error {
	off := int64(0)
	end, err := z.read(size-endRecord-int64(z.archive.Comment), endRecord)
	if err == nil {
		off = int64(binary.LittleEndian.Uint32(end[16:]))
	}
	for range z.archive.Entries {
		if err != nil {
			break
		}
		z.central = append(z.central, off)
		var h []byte
		h, err = z.read(off, centralHeader)
		if err == nil {
			off += centralHeader + int64(u16(h, 28)) + int64(u16(h, 30)) + int64(u16(h, 32))
		}
	}
	if err != nil {
		return fmt.Errorf("zip %q cannot be read: %w", z.path, err)
	}
	return nil
}

func u16(b []byte, at int) uint16 { return binary.LittleEndian.Uint16(b[at:]) }

func (z *zipSide) read(off, n int64) ([]byte, error) {
	b := make([]byte, n)
	got, err := z.file.ReadAt(b, off)
	if int64(got) == n {
		err = nil
	}
	return b, err
}

// headers compares the headers of the zips, field by field, but for what
// follows from the contents and for what the layer of entries reports. A
// field in which many files differ alike is one line.
func (c *comparison) headers(ctx context.Context, a, b *zipSide, pairs []pair) error {
	for _, kind := range faultKinds(a, b) {
		if x, y := a.fault(kind), b.fault(kind); x != y {
			c.differ(LayerZipHeaders, kind, x, y)
			c.because(CauseZipTool, "the zips are not equally sound: %s", kind)
		}
	}
	if err := c.comments(a, b); err != nil {
		return err
	}
	var list []Field // without the names of files
	files := map[Field][]int{}
	for n, p := range pairs {
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		x, err := a.header(p.a)
		if err != nil {
			return err
		}
		y, err := b.header(p.b)
		if err != nil {
			return err
		}
		for _, f := range differing(x, y) {
			if files[f] == nil && len(list) < maxLayerFields {
				list = append(list, f)
			}
			if files[f] != nil || len(files) < maxLayerFields {
				files[f] = append(files[f], p.a)
			}
		}
	}
	for _, f := range list {
		name := printable(a.name(files[f][0]), maxPrefix)
		if more := len(files[f]) - 1; more > 0 {
			name += fmt.Sprintf(" and %d more", more)
		}
		c.differ(LayerZipHeaders, name+": "+f.Name, f.A, f.B)
	}
	c.explainHeaders(list)
	return nil
}

// explainHeaders names the likely causes of headers that differ.
func (c *comparison) explainHeaders(list []Field) {
	var tool, times []string
	for _, f := range list {
		switch {
		case f.Name == headerTime:
			times = append(times, fmt.Sprintf("%s in A and %s in B", f.A, f.B))
		case f.Name == headerLevel:
			c.because(CauseCompressor, "by their flags, files are compressed with the level %q in A and %q in B", f.A, f.B)
		case f.Name == headerMethod:
			c.because(CauseCompressor, "files are %s in A and %s in B", f.A, f.B)
		case strings.HasPrefix(f.Name, extraTimes) && len(times) > 0 && f.A != absent && f.B != absent:
			// The same time again.
		case !slices.Contains(tool, f.Name):
			tool = append(tool, f.Name)
		}
	}
	if len(times) > 0 {
		c.because(CauseZipTime, "the files have other times in the zip: %s", some(times, 1))
	}
	if len(tool) > 0 {
		c.because(CauseZipTool, "the zips were likely written by different programs, or with other options: they differ in %s", some(tool, 6))
	}
}

// faultKinds are the kinds of fault of either zip.
func faultKinds(a, b *zipSide) []string {
	var kinds []string
	for _, f := range slices.Concat(a.archive.Faults, b.archive.Faults) {
		if !slices.Contains(kinds, f.Kind) {
			kinds = append(kinds, f.Kind)
		}
	}
	return kinds
}

// fault is the first fault of a kind.
func (z *zipSide) fault(kind string) string {
	for _, f := range z.archive.Faults {
		if f.Kind == kind {
			return f.Detail
		}
	}
	return "none"
}

// comments compares the comments of the archives.
func (c *comparison) comments(a, b *zipSide) error {
	var text [2]string
	for i, z := range [2]*zipSide{a, b} {
		text[i] = absent
		if n := int64(z.archive.Comment); n > 0 {
			b, err := z.read(z.archive.Size-n, n)
			if err != nil {
				return fmt.Errorf("zip %q cannot be read: %w", z.path, err)
			}
			text[i] = whole(b)
		}
	}
	if text[0] != text[1] {
		c.differ(LayerZipHeaders, "comment of the zip", text[0], text[1])
		c.because(CauseZipTool, "the zips have other comments")
	}
	return nil
}

// The names of fields that causes are inferred from.
const (
	headerTime   = "time"
	headerMethod = "method"
	headerLevel  = "level of compression"
	extraTimes   = "extra field 0x5455"
)

// header describes the headers of one entry, in a fixed order.
func (z *zipSide) header(i int) ([]field, error) {
	e := &z.archive.Entries[i]
	h, err := z.read(z.central[i], centralHeader)
	var names, local []byte
	if err == nil {
		names, err = z.read(z.central[i]+centralHeader, int64(u16(h, 28))+int64(u16(h, 30))+int64(u16(h, 32)))
	}
	if err == nil {
		local, err = z.read(e.Offset, e.Data-e.Offset)
	}
	if err != nil {
		return nil, fmt.Errorf("zip %q cannot be read: %w", z.path, err)
	}
	extra := names[len(e.Name):]
	extra, comment := extra[:u16(h, 30)], extra[u16(h, 30):]
	list := []field{
		{"made by", fmt.Sprintf("system %d, version %d.%d", e.Creator>>8, e.Creator&0xff/10, e.Creator&0xff%10)},
		{"version needed", fmt.Sprintf("%d.%d", e.Needed/10, e.Needed%10)},
		{"version needed, in the local header", fmt.Sprintf("%d.%d", u16(local, 4)/10, u16(local, 4)%10)},
		{headerMethod, methodOf(e)},
		{headerLevel, []string{"normal", "maximum", "fast", "super fast"}[e.Flags>>1&3]},
		{"flags", flagsOf(e.Flags &^ 6)},
		{headerTime, dosTime(e).Format(time.DateTime)},
		{"internal attributes", fmt.Sprintf("%#x", u16(h, 36))},
		// The mode is reported with the entries.
		{"MS-DOS attributes", fmt.Sprintf("%#x", e.External&0xffff)},
		{"comment", whole(comment)},
	}
	list = append(list, extras("", extra)...)
	return append(list, extras(", in the local header", local[localHeader+int(u16(local, 26)):])...), nil
}

// whole is a text, or enough of it and its digest: two that differ must not
// look the same.
func whole(b []byte) string {
	if len(b) <= maxValue/2 {
		return string(b)
	}
	return fmt.Sprintf("%s… (%s, %s)", b[:maxValue/4], byteCount(int64(len(b))), shortSum(sha256.Sum256(b)))
}

func methodOf(e *zipraw.Entry) string {
	if e.Method == zipraw.Store {
		return "stored"
	}
	return "deflated"
}

// flagsOf describes the flags of an entry, without those of the level
// (APPNOTE.TXT 4.4.4).
func flagsOf(flags uint16) string {
	words := []string{fmt.Sprintf("%#04x", flags)}
	if flags&zipraw.FlagDescriptor != 0 {
		words = append(words, "data descriptor")
	}
	if flags&zipraw.FlagUTF8 != 0 {
		words = append(words, "UTF-8 name")
	}
	return strings.Join(words, ", ")
}

// dosTime is the time of an entry, which has no zone (APPNOTE.TXT 4.4.6).
func dosTime(e *zipraw.Entry) time.Time {
	t, d := int(e.Time), int(e.Date)
	return time.Date(1980+d>>9, time.Month(d>>5&15), d&31, t>>11, t>>5&63, t&31*2, 0, time.UTC)
}
