// Package elfscan reads from an ELF file what decides whether Linux starts it,
// without trusting any of it.
//
// debug/elf is made for the output of known compilers: it needs valid section
// headers, which the kernel does not, and reports little of what the kernel does
// need. This reader uses the program headers, as the kernel and the dynamic linker
// do, and section headers only for what they alone contain (symbols, comments).
//
// # Bounds
//
// It makes at most about thirty reads of at most 4 MiB each, and keeps at most
// 8 MiB; what exceeds those bounds is reported as a [Fault].
//
// # Sources
//
// System V ABI, "Object Files" and "Program Loading and Dynamic Linking"; the
// x86-64 psABI (GNU property notes); Linux's fs/binfmt_elf.c; Go's
// debug/buildinfo for the form of Go's build information.
package elfscan

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/bootzip/bootzip/internal/regular"
)

// A File is the result of reading an ELF file.
type File struct {
	Class   byte // 1: 32 bit, 2: 64 bit
	Data    byte // 1: little endian, 2: big endian
	OSABI   elf.OSABI
	Type    elf.Type
	Machine elf.Machine
	Entry   uint64
	Progs   []elf.ProgHeader

	HasInterp bool
	Interp    string

	Needed    []string // libraries
	Soname    bool     // it has a name as a library
	Runpath   []string // RUNPATH, else RPATH
	Inherited bool     // Runpath is an RPATH, which also holds for the libraries' libraries
	Versions  []Version
	TextRel   bool
	PIE       bool // the DF_1_PIE mark

	Sections []Section
	Symbols  bool     // a symbol table in addition to the dynamic one
	Debug    bool     // sections with debug information
	Comments []string // of the compilers, from .comment
	Notes    []Note
	Go       *GoBuild // nil if it is not a Go program

	Faults []Fault
}

// A Section is a section header.
type Section struct {
	Name string
	Type elf.SectionType
	Off  uint64
	Size uint64
}

// A Version is a version of a library that a program needs.
type Version struct{ Library, Name string }

// A Fault is something wrong with the file.
type Fault struct{ Kind, Detail string }

// Kinds of fault.
const (
	FaultHeader   = "header"   // the ELF header or the program headers
	FaultSegment  = "segment"  // a segment lies outside the file, or overlaps another
	FaultDynamic  = "dynamic"  // the dynamic section
	FaultSections = "sections" // the section headers, which the kernel does not read
)

const (
	// HeaderSize is how many bytes the ELF header of a 64-bit file has.
	HeaderSize = 64
	progSize   = 56
	// The kernel takes at most 64 KiB of program headers
	// (fs/binfmt_elf.c, load_elf_phdrs).
	maxProgs = 65536 / progSize
	headSize = 4096
	// Nothing may be mapped below this address (the usual value of Linux's
	// vm.mmap_min_addr in distributions).
	lowest     = 65536
	maxStrings = 4 << 20
)

// IsELF reports whether a file that begins with head is ELF.
func IsELF(head []byte) bool { return bytes.HasPrefix(head, []byte("\x7fELF")) }

// ErrNotELF is wrapped in the error of [ReadFile] for a file that is not ELF.
var ErrNotELF = errors.New("not an ELF file")

// ReadFile reads an ELF file from the file system.
func ReadFile(name string) (*File, error) {
	r, err := regular.Open(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	info, err := r.Stat()
	if err != nil {
		return nil, err
	}
	head := make([]byte, 4)
	if _, err := io.ReadFull(r, head); err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	if !IsELF(head) {
		return nil, fmt.Errorf("%s: %w", name, ErrNotELF)
	}
	return Read(r, info.Size(), -1)
}

// ReadHeader reads class, byte order, ABI, type and machine from the first
// bytes of an ELF file, which should be [HeaderSize] or more.
func ReadHeader(head []byte) *File {
	f := &File{}
	if len(head) < 20 || !IsELF(head) {
		f.fault(FaultHeader, "the file has %d bytes and ends inside the ELF header", len(head))
		return f
	}
	f.Class, f.Data, f.OSABI = head[4], head[5], elf.OSABI(head[7])
	order := binary.ByteOrder(binary.LittleEndian)
	if f.Data == 2 {
		order = binary.BigEndian
	}
	f.Type, f.Machine = elf.Type(order.Uint16(head[16:])), elf.Machine(order.Uint16(head[18:]))
	return f
}

type reader struct {
	*File
	r    io.ReaderAt
	size int64
	head []byte
	err  error // of r
}

// Read reads an ELF file of size bytes. goMagic is the offset at which
// [GoMagic] was seen, or -1; it is used if no section says where Go's build
// information is. The error is r's own; faults of the file are in File.Faults. If the
// file is not 64-bit and little-endian, only its header is read.
func Read(r io.ReaderAt, size, goMagic int64) (*File, error) {
	f := &reader{r: r, size: size}
	f.head = f.bytes(0, min(size, headSize))
	f.File = ReadHeader(f.head)
	if len(f.Faults) > 0 || f.Class != 2 || f.Data != 1 || f.err != nil {
		return f.File, f.err
	}
	if len(f.head) < HeaderSize {
		f.fault(FaultHeader, "the file has %d bytes and ends inside the ELF header", size)
		return f.File, nil
	}
	f.Entry = u64(f.head, 24)
	f.progs()
	f.segments()
	f.interp()
	f.sections()
	f.dynamic()
	f.notes()
	f.comments()
	f.goBuild(goMagic)
	return f.File, f.err
}

func (f *File) fault(kind, format string, args ...any) {
	if len(f.Faults) < 20 {
		f.Faults = append(f.Faults, Fault{kind, fmt.Sprintf(format, args...)})
	}
}

// has reports whether the file has n bytes at off.
func (f *reader) has(off, n uint64) bool {
	return off <= uint64(f.size) && n <= uint64(f.size)-off
}

// bytes reads n bytes at off; nil if they are not all in the file, or more than
// maxStrings.
func (f *reader) bytes(off, n int64) []byte {
	if f.err != nil || off < 0 || n < 0 || n > maxStrings || off > f.size-n {
		return nil
	}
	if off+n <= int64(len(f.head)) {
		return f.head[off : off+n]
	}
	b := make([]byte, n)
	got, err := f.r.ReadAt(b, off)
	if int64(got) < n {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		f.err = fmt.Errorf("ELF file at %d: %w", off, err)
		return nil
	}
	return b
}

// progs reads the program headers.
func (f *reader) progs() {
	off, size, n := u64(f.head, 32), u16(f.head, 54), int(u16(f.head, 56))
	switch {
	case n == 0:
		f.fault(FaultHeader, "the file has no program headers: there is nothing to load")
		return
	case size != progSize:
		f.fault(FaultHeader, "the program header size is %d bytes, want %d", size, progSize)
		return
	case n > maxProgs:
		f.fault(FaultHeader, "%d program headers; Linux accepts %d", n, maxProgs)
		return
	case !f.has(off, uint64(n*progSize)):
		f.fault(FaultHeader, "the program headers lie outside the file: it is cut off")
		return
	}
	b := f.bytes(int64(off), int64(n*progSize))
	for ; len(b) >= progSize; b = b[progSize:] {
		f.Progs = append(f.Progs, elf.ProgHeader{
			Type: elf.ProgType(u32(b, 0)), Flags: elf.ProgFlag(u32(b, 4)), Off: u64(b, 8), Vaddr: u64(b, 16),
			Filesz: u64(b, 32), Memsz: u64(b, 40), Align: u64(b, 48),
		})
	}
}

// segments checks what the kernel maps.
func (f *reader) segments() {
	if len(f.Progs) == 0 {
		return
	}
	loads, last := 0, uint64(0)
	inside, executable := false, false
	for i, p := range f.Progs {
		if p.Type != elf.PT_LOAD {
			continue
		}
		end := p.Vaddr + p.Memsz
		switch {
		case !f.has(p.Off, p.Filesz):
			f.fault(FaultSegment, "segment %d lies outside the file: it is cut off", i)
		case p.Filesz > p.Memsz:
			f.fault(FaultSegment, "segment %d is larger in the file than in memory", i)
		case end < p.Vaddr || end >= 1<<47:
			f.fault(FaultSegment, "segment %d lies outside the address space", i)
		case f.Type == elf.ET_EXEC && p.Memsz > 0 && p.Vaddr < lowest:
			f.fault(FaultSegment, "segment %d is at %#x, where Linux maps nothing", i, p.Vaddr)
		case (p.Vaddr^p.Off)&4095 != 0:
			f.fault(FaultSegment, "segment %d has an address and a file offset that cannot be mapped together", i)
		case loads > 0 && p.Vaddr < last:
			f.fault(FaultSegment, "segment %d overlaps or precedes the one before", i)
		}
		loads++
		last = max(last, end)
		if f.Entry >= p.Vaddr && f.Entry < p.Vaddr+p.Filesz {
			inside = true
			executable = executable || p.Flags&elf.PF_X != 0
		}
	}
	switch {
	case loads == 0:
		f.fault(FaultSegment, "the file has no segment to load")
	case f.Entry == 0 && f.Type == elf.ET_DYN:
		// A shared object, which the caller reports.
	case !inside:
		f.fault(FaultSegment, "the entry point %#x is in no segment", f.Entry)
	case !executable:
		f.fault(FaultSegment, "the entry point %#x is in a segment that cannot be executed", f.Entry)
	}
}

// offset translates an address into an offset in the file, and returns how many
// bytes of the same segment follow, at most limit.
func (f *reader) offset(addr uint64, limit int64) (off, n int64, ok bool) {
	for _, p := range f.Progs {
		if p.Type != elf.PT_LOAD || addr < p.Vaddr || addr-p.Vaddr >= p.Filesz || !f.has(p.Off, p.Filesz) {
			continue
		}
		in := addr - p.Vaddr
		return int64(p.Off + in), int64(min(p.Filesz-in, uint64(limit))), true
	}
	return 0, 0, false
}

// interp reads the name of the dynamic linker.
func (f *reader) interp() {
	for _, p := range f.Progs {
		if p.Type != elf.PT_INTERP {
			continue
		}
		f.HasInterp = true
		// Linux takes 2 to PATH_MAX bytes, the last of them 0.
		if p.Filesz < 2 || p.Filesz > 4096 || p.Off > uint64(f.size) {
			f.fault(FaultHeader, "the name of the interpreter has %d bytes", p.Filesz)
			return
		}
		b := f.bytes(int64(p.Off), int64(p.Filesz))
		if len(b) == 0 || b[len(b)-1] != 0 {
			f.fault(FaultHeader, "the name of the interpreter is not terminated, or lies outside the file")
			return
		}
		f.Interp = cString(b)
		return
	}
}

// cString returns the text before the first zero byte.
func cString(b []byte) string {
	text, _, _ := bytes.Cut(b, []byte{0})
	return string(text)
}

func u16(b []byte, at int) uint16 { return binary.LittleEndian.Uint16(b[at:]) }
func u32(b []byte, at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
func u64(b []byte, at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) }
