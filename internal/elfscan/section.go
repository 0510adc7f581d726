package elfscan

import (
	"debug/elf"
	"strings"
)

const (
	sectionSize = 64
	maxSections = 4096
	maxNames    = 1 << 20
	maxComment  = 64 << 10
)

// sections reads the section headers. Programs do not need them, so an error in
// them does not make the program faulty.
func (f *reader) sections() {
	off, size, n, names := u64(f.head, 40), u16(f.head, 58), int(u16(f.head, 60)), int(u16(f.head, 62))
	if n == 0 || off == 0 {
		return
	}
	if size != sectionSize || n > maxSections || !f.has(off, uint64(n*sectionSize)) {
		f.fault(FaultSections, "the section headers lie outside the file, or have an unknown size")
		return
	}
	b := f.bytes(int64(off), int64(n*sectionSize))
	index := make([]uint32, 0, n)
	for ; len(b) >= sectionSize; b = b[sectionSize:] {
		index = append(index, u32(b, 0))
		f.Sections = append(f.Sections, Section{Type: elf.SectionType(u32(b, 4)), Off: u64(b, 24), Size: u64(b, 32)})
	}
	for i, s := range f.Sections {
		if s.Type != elf.SHT_NULL && s.Type != elf.SHT_NOBITS && !f.has(s.Off, s.Size) {
			f.fault(FaultSections, "section %d lies outside the file", i)
			break
		}
	}
	if names == 0 || names >= len(f.Sections) {
		return
	}
	table := f.section(f.Sections[names], maxNames)
	for i := range f.Sections {
		s := &f.Sections[i]
		if index[i] < uint32(len(table)) {
			at := int(index[i])
			s.Name = cString(table[at:min(len(table), at+256)])
		}
		f.Symbols = f.Symbols || s.Type == elf.SHT_SYMTAB
		f.Debug = f.Debug || strings.HasPrefix(s.Name, ".debug_") || strings.HasPrefix(s.Name, ".zdebug_")
	}
}

// section reads the content of a section, limit bytes at most.
func (f *reader) section(s Section, limit int64) []byte {
	if s.Type == elf.SHT_NOBITS || !f.has(s.Off, s.Size) {
		return nil
	}
	return f.bytes(int64(s.Off), min(int64(s.Size), limit))
}

// named returns the first section with a name, if there is one.
func (f *File) named(name string) (Section, bool) {
	for _, s := range f.Sections {
		if s.Name == name {
			return s, true
		}
	}
	return Section{}, false
}

// comments reads the names that compilers recorded.
func (f *reader) comments() {
	s, ok := f.named(".comment")
	if !ok {
		return
	}
	for _, c := range strings.Split(string(f.section(s, maxComment)), "\x00") {
		if c != "" && len(f.Comments) < 50 {
			f.Comments = append(f.Comments, c)
		}
	}
}
