package diff

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bootzip/bootzip/internal/zipscan"
)

// Sizes of the fixed parts of a local header and a directory entry
// (APPNOTE.TXT 4.3.7 and 4.3.12).
const (
	localHeader   = 30
	centralHeader = 46
)

func u16(b []byte, at int) uint16 { return binary.LittleEndian.Uint16(b[at:]) }

// headers compares the headers of the zips, except for what follows from the
// contents and for what the layer of entries reports. A field that differs in
// the same way in many files is one line.
func (c *comparison) headers(ctx context.Context, a, b *zipFile, pairs []pair) error {
	var list []Field // without the names of files
	files := map[Field][]int{}
	err := c.archives(a, b)
	for n := 0; err == nil && n < len(pairs); n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		var x, y []field
		if x, err = a.header(pairs[n].a); err != nil {
			break
		}
		y, err = b.header(pairs[n].b)
		for _, f := range differing(x, y) {
			if files[f] == nil && len(list) < maxLayerFields {
				list = append(list, f)
			}
			if files[f] != nil || len(files) < maxLayerFields {
				files[f] = append(files[f], pairs[n].a)
			}
		}
	}
	if err != nil {
		return fmt.Errorf("zips %q and %q cannot be read: %w", a.path, b.path, err)
	}
	for _, f := range list {
		name := printable(a.entries[files[f][0]].Name, maxName)
		if more := len(files[f]) - 1; more > 0 {
			name += fmt.Sprintf(" and %d more", more)
		}
		c.differ(layerZipHeaders, name+": "+f.Name, f.A, f.B)
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
			c.because(causeCompressor, "by their flags, files are compressed with the level %q in A and %q in B", f.A, f.B)
		case f.Name == headerMethod:
			c.because(causeCompressor, "files are %s in A and %s in B", f.A, f.B)
		case strings.HasPrefix(f.Name, extraTimes) && len(times) > 0 && f.A != absent && f.B != absent:
			// The same time again.
		case !slices.Contains(tool, f.Name):
			tool = append(tool, f.Name)
		}
	}
	c.becauseOf(times, 1, causeZipTime, "the files have other times in the zip: %s")
	c.becauseOf(tool, 6, causeZipTool, "the zips were likely written by different programs, or with other options: they differ in %s")
}

// archives compares what does not belong to a single file: the comment of the zip,
// and faults that do not keep it from being read.
func (c *comparison) archives(a, b *zipFile) error {
	var lists [2][]field
	for i, z := range []*zipFile{a, b} {
		comment, err := z.bytes(z.size-int64(z.archive.Comment), z.size)
		if err != nil {
			return err
		}
		lists[i] = []field{{"comment of the zip", cmp.Or(whole(comment), absent)}}
		for _, f := range z.archive.Faults {
			if !slices.ContainsFunc(lists[i], func(x field) bool { return x.name == f.Kind }) {
				lists[i] = append(lists[i], field{f.Kind, f.Detail})
			}
		}
	}
	for _, f := range differing(lists[0], lists[1]) {
		c.differ(layerZipHeaders, f.Name, f.A, f.B)
		c.because(causeZipTool, "the zips differ in %s", f.Name)
	}
	return nil
}

// Names of fields from which causes are inferred.
const (
	headerTime   = "time"
	headerMethod = "method"
	headerLevel  = "level of compression"
	extraTimes   = "extra field 0x5455"
)

// header describes the headers of entry i, always in the same order.
func (z *zipFile) header(i int) ([]field, error) {
	e := &z.entries[i]
	h, err := z.bytes(e.Header, e.Header+centralHeader)
	var names, local []byte
	if err == nil {
		end := e.Header + centralHeader + int64(u16(h, 28)) + int64(u16(h, 30)) + int64(u16(h, 32))
		names, err = z.bytes(e.Header+centralHeader, end)
	}
	if err == nil {
		local, err = z.bytes(e.Offset, e.Data)
	}
	if err != nil {
		return nil, err
	}
	extra := names[len(e.Name):]
	extra, comment := extra[:u16(h, 30)], extra[u16(h, 30):]
	list := []field{
		{"made by", fmt.Sprintf("system %d, version %d.%d", e.Creator>>8, e.Creator&0xff/10, e.Creator&0xff%10)},
		{"version needed", fmt.Sprintf("%d.%d", e.Needed/10, e.Needed%10)},
		{"version needed, in the local header", fmt.Sprintf("%d.%d", u16(local, 4)/10, u16(local, 4)%10)},
		{headerMethod, map[bool]string{true: "stored", false: "deflated"}[e.Method == zipscan.Store]},
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

// whole returns a text, or its beginning and digest if it is long: two that differ
// must not look the same.
func whole(b []byte) string {
	if len(b) <= maxValue/2 {
		return string(b)
	}
	return fmt.Sprintf("%s… (%s, %s)", b[:maxValue/4], byteCount(int64(len(b))), shortSum(sha256.Sum256(b)))
}

// flagsOf describes the flags of an entry, without those of the level
// (APPNOTE.TXT 4.4.4).
func flagsOf(flags uint16) string {
	words := fmt.Sprintf("%#04x", flags)
	if flags&zipscan.FlagDescriptor != 0 {
		words += ", data descriptor"
	}
	if flags&zipscan.FlagUTF8 != 0 {
		words += ", UTF-8 name"
	}
	return words
}

// dosTime is the time of an entry, which has no zone (APPNOTE.TXT 4.4.6).
func dosTime(e *zipscan.Entry) time.Time {
	t, d := int(e.Time), int(e.Date)
	return time.Date(1980+d>>9, time.Month(d>>5&15), d&31, t>>11, t>>5&63, t&31*2, 0, time.UTC)
}
