package image

import (
	"bytes"
	"fmt"
)

// Characteristics of a section ("PE Format", "Section Flags").
const (
	peCode        = 0x20
	peInitialized = 0x40
	peDiscardable = 0x02000000
)

var peMachines = map[uint16]string{0x14c: "386", 0x8664: "amd64", 0xaa64: "arm64"}

// pe reads the COFF header, what of the optional header tells builds apart,
// and the section headers.
func (f *file) pe(head []byte) Image {
	at := int64(u32(head, 60))
	coff := f.bytes(at, 24)
	if !bytes.HasPrefix(coff, []byte("PE\x00\x00")) {
		return Image{}
	}
	i := Image{Format: "PE"}
	add := func(name, format string, args ...any) {
		i.Header = append(i.Header, Fact{name, fmt.Sprintf(format, args...)})
	}
	add("machine", "%s", named(peMachines, u16(coff, 4)))
	// Linkers that are told to be reproducible write a digest here, Go's 0.
	add("time stamp", "%#x", u32(coff, 8))
	add("symbols", "%d", u32(coff, 16))
	add("characteristics", "%#x", u16(coff, 22))
	optional := int64(u16(coff, 20))
	if o := f.bytes(at+24, min(optional, 72)); len(o) == 72 {
		add("linker", "%d.%d", o[2], o[3])
		add("entry point", "%#x", u32(o, 16))
		add("check sum", "%#x", u32(o, 64))
		add("subsystem", "%d", u16(o, 68))
	}
	n := min(int(u16(coff, 6)), MaxSections)
	for b := f.bytes(at+24+optional, int64(n)*40); len(b) >= 40; b = b[40:] {
		flags := u32(b, 36)
		kind := Other
		switch {
		case flags&peCode != 0:
			kind = Code
		case flags&peInitialized != 0 && flags&peDiscardable == 0:
			kind = Data
		}
		i.Sections = append(i.Sections, f.section(text(b[:8]), kind, uint64(u32(b, 8)), uint64(u32(b, 20)), uint64(u32(b, 16))))
	}
	return i
}
