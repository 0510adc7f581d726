package elfscan

import (
	"debug/elf"
	"math/bits"
)

// A Note is an ELF note: a vendor's record in a program.
type Note struct {
	Name string
	Type uint32
	Desc []byte
}

const (
	maxNoteSegment = 64 << 10
	maxNotes       = 64
)

// notes reads the note segments.
func (f *reader) notes() {
	segments := 0
	for _, p := range f.Progs {
		if p.Type != elf.PT_NOTE || segments == 8 {
			continue
		}
		segments++
		if !f.has(p.Off, p.Filesz) {
			continue
		}
		align := 4
		if p.Align == 8 {
			align = 8
		}
		b := f.bytes(int64(p.Off), int64(min(p.Filesz, maxNoteSegment)))
		for len(b) >= 12 && len(f.Notes) < maxNotes {
			if left := uint32(len(b)); u32(b, 0) > left || u32(b, 4) > left {
				break
			}
			n, d := int(u32(b, 0)), int(u32(b, 4))
			start := (12 + n + align - 1) / align * align
			if start > len(b) || d > len(b)-start {
				break
			}
			f.Notes = append(f.Notes, Note{cString(b[12 : 12+n]), u32(b, 8), b[start : start+d]})
			b = b[min(len(b), start+(d+align-1)/align*align):]
		}
	}
}

// ISALevel returns the x86-64 level that the program says it needs, such as 4 for
// x86-64-v4, or 0 if it names none (x86-64 psABI, GNU_PROPERTY_X86_ISA_1_NEEDED).
func (f *File) ISALevel() int {
	const gnuProperty, isaNeeded = 5, 0xc0008002
	level := 0
	for _, n := range f.Notes {
		if n.Name != "GNU" || n.Type != gnuProperty {
			continue
		}
		for b := n.Desc; len(b) >= 8; {
			if u32(b, 4) > uint32(len(b)-8) {
				break
			}
			kind, size := u32(b, 0), int(u32(b, 4))
			if kind == isaNeeded && size >= 4 {
				level = max(level, bits.Len32(u32(b, 8)))
			}
			b = b[min(len(b), 8+(size+7)/8*8):]
		}
	}
	return level
}
