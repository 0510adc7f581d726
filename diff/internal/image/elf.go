package image

import (
	"fmt"
	"slices"
	"strings"
)

// Values of ELF that are looked at (System V ABI, "Sections").
const (
	elfNoBits     = 8
	elfAlloc      = 2
	elfExecute    = 4
	elfCompressed = 0x800
)

var elfMachines = map[uint16]string{3: "386", 40: "arm", 62: "amd64", 183: "arm64", 243: "riscv64"}

var elfTypes = map[uint16]string{1: "object file", 2: "program at a fixed address", 3: "program at any address, or library"}

// elf reads the ELF header and the section headers.
func (f *file) elf(head []byte) Image {
	i := Image{Format: "ELF"}
	add := func(name, format string, args ...any) {
		i.Header = append(i.Header, Fact{name, fmt.Sprintf(format, args...)})
	}
	if head[4] != 2 || head[5] != 1 {
		add("class and byte order", "%d, %d", head[4], head[5])
		return i
	}
	add("machine", "%s", named(elfMachines, u16(head, 18)))
	add("type", "%s", named(elfTypes, u16(head, 16)))
	add("OS ABI", "%d", head[7])
	add("flags", "%#x", u32(head, 48))
	add("entry point", "%#x", u64(head, 24))
	add("program headers", "%d", u16(head, 56))
	n, names := int(u16(head, 60)), int(u16(head, 62))
	add("section headers", "%d", n)
	if u16(head, 58) != 64 {
		return i
	}
	b := f.bytes(int64(u64(head, 40)&(1<<62-1)), int64(min(n, MaxSections))*64)
	var table []byte
	if at := names * 64; at+64 <= len(b) {
		table = f.bytes(int64(u64(b, at+24)&(1<<62-1)), int64(min(u64(b, at+32), 1<<20)))
	}
	for ; len(b) >= 64; b = b[64:] {
		if u32(b, 4) == 0 {
			continue // the header that stands for none
		}
		name := ""
		if at := int64(u32(b, 0)); at < int64(len(table)) {
			name = text(table[at:min(int64(len(table)), at+64)])
		}
		size, inFile := u64(b, 32), u64(b, 32)
		if u32(b, 4) == elfNoBits {
			inFile = 0
		}
		i.Sections = append(i.Sections, f.section(name, elfKind(name, u64(b, 8)), size, u64(b, 24), inFile))
	}
	return i
}

// elfTables are loaded sections that hold tables, no strings of the source.
var elfTables = []string{".eh_frame", ".eh_frame_hdr", ".gcc_except_table", ".typelink", ".itablink", ".gosymtab", ".hash", ".gnu.hash", ".dynsym",
	".gopclntab", ".data.rel.ro.gopclntab", ".go.buildinfo", ".go.fipsinfo", ".go.module"}

// elfStrings are sections that are not loaded, and hold strings.
var elfStrings = []string{".comment", ".debug_str", ".debug_line_str", ".debug_line"}

func elfKind(name string, flags uint64) Kind {
	switch {
	case flags&elfExecute != 0:
		return Code
	case flags&elfCompressed != 0, slices.Contains(elfTables, name), strings.HasPrefix(name, ".rela"), strings.HasPrefix(name, ".note"):
		return Other
	case flags&elfAlloc != 0, slices.Contains(elfStrings, name):
		return Data
	}
	return Other
}

func named[N ~uint16 | ~uint32](names map[N]string, n N) string {
	if s, ok := names[n]; ok {
		return s
	}
	return fmt.Sprintf("%d", n)
}
