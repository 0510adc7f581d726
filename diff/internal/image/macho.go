package image

import (
	"fmt"
	"slices"
)

// Load commands and flags of Mach-O that are looked at (mach-o/loader.h).
const (
	machoSegment      = 0x19
	machoUUID         = 0x1b
	machoBuildVersion = 0x32

	machoZeroFill = 1
	machoCode     = 0x80000400 // instructions, all or some
)

var machoCPUs = map[uint32]string{0x01000007: "amd64", 0x0100000c: "arm64"}

// machoTables are loaded sections that hold tables, no strings of the source.
var machoTables = []string{"__gopclntab", "__go_buildinfo", "__go_fipsinfo", "__go_module", "__typelink", "__itablink", "__gosymtab"}

// macho reads the header and the load commands.
func (f *file) macho(head []byte) Image {
	i := Image{Format: "Mach-O"}
	add := func(name, format string, args ...any) {
		i.Header = append(i.Header, Fact{name, fmt.Sprintf(format, args...)})
	}
	add("machine", "%s", named(machoCPUs, u32(head, 4)))
	add("type", "%d", u32(head, 12))
	add("load commands", "%d", u32(head, 16))
	add("flags", "%#x", u32(head, 24))
	b := f.bytes(32, int64(min(u32(head, 20), 256<<10)))
	for len(b) >= 8 {
		size := int64(u32(b, 4))
		if size < 8 || size > int64(len(b)) {
			break
		}
		c := b[:size]
		b = b[size:]
		switch u32(c, 0) {
		case machoUUID:
			if size >= 24 {
				add("UUID", "%x", c[8:24])
			}
		case machoBuildVersion:
			if size >= 20 {
				add("oldest system", "%d.%d", u16(c, 14), c[13])
				add("SDK", "%d.%d", u16(c, 18), c[17])
			}
		case machoSegment:
			f.machoSections(&i, c)
		}
	}
	return i
}

// machoSections reads the section headers in one segment command.
func (f *file) machoSections(i *Image, c []byte) {
	if len(c) < 72 {
		return
	}
	for s := c[72:]; len(s) >= 80 && len(i.Sections) < MaxSections; s = s[80:] {
		name, segment := text(s[:16]), text(s[16:32])
		flags, inFile := u32(s, 64), u64(s, 40)
		if flags&0xff == machoZeroFill {
			inFile = 0
		}
		kind := Data
		switch {
		case flags&machoCode != 0:
			kind = Code
		case segment == "__DWARF" || segment == "__LINKEDIT" || slices.Contains(machoTables, name):
			kind = Other
		}
		i.Sections = append(i.Sections, f.section(name, kind, u64(s, 40), uint64(u32(s, 48)), inFile))
	}
}
