// Package image reads of a program where its sections are, and of a Go
// program how it was built and how large its functions are, without trusting
// any of it.
//
// It knows ELF and Mach-O of 64 bits in little endian, and PE; of any other
// kind it says no more than that. Package verify's reader goes by what the
// kernel loads; this one goes by the section headers, since what two programs
// differ in is told by the parts that their linkers named.
//
// # Bounds
//
// At most [MaxSections] sections with names of 64 bytes, 1 MiB of build
// information, and 64 MiB of a function table at a time; what is larger is
// not read, and that is said.
//
// # Sources
//
// System V ABI, "Object Files"; Apple's mach-o/loader.h; Microsoft's "PE
// Format"; Go's debug/buildinfo, and runtime/symtab.go for the function table.
package image

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
)

// MaxSections is how many sections are looked at.
const MaxSections = 512

// An Image is what a program says of itself.
type Image struct {
	Format   string // "ELF", "Mach-O", "PE"; "" for anything else
	Header   []Fact // fields of the header, always in the same order
	Sections []Section
}

// A Fact is one field of a header.
type Fact struct{ Name, Value string }

// A Kind says what a section holds.
type Kind int

// Kinds of section.
const (
	Other Kind = iota // symbols, tables of the linker, debug information
	Code
	Data // what the program loads and may hold strings
)

// A Section is a part of the file that has a name.
type Section struct {
	Name string
	Kind Kind
	Size int64 // as the program has it in memory
	Off  int64 // in the file
	File int64 // bytes in the file; 0 where there are none, or they lie outside
}

// Read reads the headers of a program of size bytes. Its error is r's own: a
// file that is no program, or whose headers are broken, is an Image with less
// in it.
func Read(r io.ReaderAt, size int64) (Image, error) {
	f := &file{r: r, size: size}
	head := f.bytes(0, min(size, 64))
	var i Image
	switch {
	case bytes.HasPrefix(head, []byte("\x7fELF")) && len(head) == 64:
		i = f.elf(head)
	case bytes.HasPrefix(head, []byte("\xcf\xfa\xed\xfe")) && len(head) >= 32:
		i = f.macho(head)
	case bytes.HasPrefix(head, []byte("MZ")) && len(head) == 64:
		i = f.pe(head)
	}
	return i, f.err
}

// IsProgram reports whether a file that begins with head is a program of one
// of the three kinds.
func IsProgram(head []byte) bool {
	for _, magic := range []string{"\x7fELF", "\xcf\xfa\xed\xfe", "MZ"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}

// Named returns the first section of one of the names.
func (i Image) Named(names ...string) (Section, bool) {
	for _, s := range i.Sections {
		if slices.Contains(names, s.Name) {
			return s, true
		}
	}
	return Section{}, false
}

// A file gives bounded pieces and keeps the first error.
type file struct {
	r    io.ReaderAt
	size int64
	err  error
}

// bytes reads n bytes at off; nil where they are not all in the file.
func (f *file) bytes(off, n int64) []byte {
	if f.err != nil || off < 0 || n <= 0 || off > f.size-n {
		return nil
	}
	b := make([]byte, n)
	if got, err := f.r.ReadAt(b, off); int64(got) < n {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		f.err = err
		return nil
	}
	return b
}

// section makes a Section whose bytes in the file are in the file.
func (f *file) section(name string, kind Kind, size, off, inFile uint64) Section {
	s := Section{Name: name[:min(len(name), 64)], Kind: kind, Size: int64(size & (1<<62 - 1))}
	if off <= uint64(f.size) && inFile <= uint64(f.size)-off {
		s.Off, s.File = int64(off), int64(inFile)
	}
	return s
}

func text(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

func u16(b []byte, at int) uint16 { return binary.LittleEndian.Uint16(b[at:]) }
func u32(b []byte, at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
func u64(b []byte, at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) }
