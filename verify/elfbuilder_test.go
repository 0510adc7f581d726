package verify_test

import (
	"bytes"
	"encoding/binary"
)

// An elfspec is a program that the tests write. The zero value gives a small
// static program for Linux on amd64, stripped, with segments for code and
// data, which exits with status 0.
type elfspec struct {
	arm64   bool
	machine uint16 // default: that of arm64 or amd64
	class   byte   // default 2
	data    byte   // default 1
	abi     byte
	kind    uint16 // default 2, an executable
	entry   uint64 // default the code

	interp   string
	needed   []string
	runpath  string
	rpath    string
	versions map[string][]string // of libraries
	weak     uint16              // flags of the versions
	dynamic  [][2]uint64         // more tags
	textRel  bool

	stack     uint32 // flags of PT_GNU_STACK; default read and write
	noStack   bool
	codeFlags uint32 // default read and execute
	notes     [][]byte
	sections  []elfsection
	strings   string // any text, in the data
	goBuild   string // settings; the version is go1.26.8
	goPointer bool   // in the form before Go 1.18
	noLoad    bool
	noProgs   bool
	header    func(h []byte)
	progs     func(p [][]byte) // each 56 bytes
	finish    func(b []byte) []byte
}

type elfsection struct {
	name string
	kind uint32
	data string
}

const (
	codeAddr = 0x400000
	dataAddr = 0x600000
)

func (s elfspec) bytes() []byte {
	orZero := func(v, other uint64) uint64 {
		if v == 0 {
			return other
		}
		return v
	}
	machine := uint64(62)
	code := []byte{0x31, 0xff, 0xb8, 0x3c, 0, 0, 0, 0x0f, 0x05} // xor edi,edi; mov eax,60; syscall
	if s.arm64 {
		machine = 183
		code = []byte{0, 0, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 1, 0, 0, 0xd4} // mov x0,0; mov x8,93; svc 0
	}
	const base = 0x1000 // the code and the data begin at page boundaries
	data := s.dataSegment()

	var progs [][]byte
	prog := func(kind, flags uint32, off, addr, size, align uint64) {
		p := le.AppendUint32(nil, kind)
		p = le.AppendUint32(p, flags)
		for _, v := range []uint64{off, addr, addr, size, size, align} {
			p = le.AppendUint64(p, v)
		}
		progs = append(progs, p)
	}
	dataOff := uint64(2 * base)
	if !s.noLoad {
		prog(1, uint32(orZero(uint64(s.codeFlags), 5)), base, codeAddr, uint64(len(code)), 0x1000)
		prog(1, 6, dataOff, dataAddr, uint64(len(data.bytes)), 0x1000)
	}
	if s.interp != "" {
		prog(3, 4, dataOff+data.interp, dataAddr+data.interp, uint64(len(s.interp)+1), 1)
	}
	if data.dynSize > 0 {
		prog(2, 6, dataOff+data.dyn, dataAddr+data.dyn, data.dynSize, 8)
	}
	if data.noteSize > 0 {
		prog(4, 4, dataOff+data.note, dataAddr+data.note, data.noteSize, 4)
	}
	if !s.noStack {
		prog(0x6474e551, uint32(orZero(uint64(s.stack), 6)), 0, 0, 0, 16)
	}
	if s.progs != nil {
		s.progs(progs)
	}
	if s.noProgs {
		progs = nil
	}

	h := make([]byte, 64)
	copy(h, "\x7fELF")
	h[4], h[5], h[6], h[7] = byte(orZero(uint64(s.class), 2)), byte(orZero(uint64(s.data), 1)), 1, s.abi
	order := binary.ByteOrder(le)
	if s.data == 2 {
		order = binary.BigEndian
	}
	order.PutUint16(h[16:], uint16(orZero(uint64(s.kind), 2)))
	order.PutUint16(h[18:], uint16(orZero(uint64(s.machine), machine)))
	order.PutUint32(h[20:], 1)
	entry := orZero(s.entry, codeAddr)
	if s.entry == noEntry {
		entry = 0
	}
	le.PutUint64(h[24:], entry)
	le.PutUint64(h[32:], 64)
	le.PutUint16(h[52:], 64)
	le.PutUint16(h[54:], 56)
	le.PutUint16(h[56:], uint16(len(progs)))
	le.PutUint16(h[58:], 64)

	out := bytes.NewBuffer(bytes.Join(append([][]byte{h}, progs...), nil))
	out.Write(make([]byte, base-out.Len()))
	out.Write(code)
	out.Write(make([]byte, int(dataOff)-out.Len()))
	out.Write(data.bytes)
	s.writeSections(out, h)
	b := out.Bytes()
	if s.header != nil {
		s.header(h)
	}
	copy(b, h)
	if s.finish != nil {
		return s.finish(b)
	}
	return b
}

const noEntry = 1 << 63

// A segment is the data of a program, with the places of its parts.
type segment struct {
	bytes                                []byte
	interp, dyn, dynSize, note, noteSize uint64
}

// dataSegment writes what the program headers point to.
func (s elfspec) dataSegment() segment {
	var d segment
	align := func(n int) {
		for len(d.bytes)%n != 0 {
			d.bytes = append(d.bytes, 0)
		}
	}
	d.bytes = append(d.bytes, "data"...)
	d.interp = uint64(len(d.bytes))
	d.bytes = append(append(d.bytes, s.interp...), 0)
	align(8)
	d.note = uint64(len(d.bytes))
	for _, n := range s.notes {
		d.bytes = append(d.bytes, n...)
	}
	d.noteSize = uint64(len(d.bytes)) - d.note
	align(16)
	if s.goBuild != "" {
		d.bytes = append(d.bytes, s.goInfo(dataAddr+uint64(len(d.bytes)))...)
	}
	d.bytes = append(append(d.bytes, s.strings...), 0)

	strs := "\x00"
	name := func(n string) uint64 {
		strs += n + "\x00"
		return uint64(len(strs) - len(n) - 1)
	}
	tags := append([][2]uint64(nil), s.dynamic...)
	for _, n := range s.needed {
		tags = append(tags, [2]uint64{1, name(n)})
	}
	if s.runpath != "" {
		tags = append(tags, [2]uint64{29, name(s.runpath)})
	}
	if s.rpath != "" {
		tags = append(tags, [2]uint64{15, name(s.rpath)})
	}
	if s.textRel {
		tags = append(tags, [2]uint64{22, 0})
	}
	if len(s.versions) > 0 {
		align(8)
		tags = append(tags, [2]uint64{0x6ffffffe, dataAddr + uint64(len(d.bytes))}, [2]uint64{0x6fffffff, uint64(len(s.versions))})
		d.bytes = append(d.bytes, s.versionNeeds(name)...)
	}
	if len(tags) == 0 {
		return d
	}
	tags = append(tags, [2]uint64{5, dataAddr + uint64(len(d.bytes))}, [2]uint64{10, uint64(len(strs))}, [2]uint64{0, 0})
	d.bytes = append(d.bytes, strs...)
	align(8)
	d.dyn = uint64(len(d.bytes))
	for _, t := range tags {
		d.bytes = le.AppendUint64(le.AppendUint64(d.bytes, t[0]), t[1])
	}
	d.dynSize = uint64(len(d.bytes)) - d.dyn
	return d
}

// versionNeeds writes Elf64_Verneed and Elf64_Vernaux records.
func (s elfspec) versionNeeds(name func(string) uint64) []byte {
	var b []byte
	left := len(s.versions)
	for library, list := range s.versions {
		left--
		b = le.AppendUint16(b, 1)
		b = le.AppendUint16(b, uint16(len(list)))
		b = le.AppendUint32(b, uint32(name(library)))
		b = le.AppendUint32(b, 16)
		next := uint32(16 + 16*len(list))
		if left == 0 {
			next = 0
		}
		b = le.AppendUint32(b, next)
		for i, v := range list {
			b = le.AppendUint32(b, 0)
			b = le.AppendUint16(b, s.weak)
			b = le.AppendUint16(b, 2)
			b = le.AppendUint32(b, uint32(name(v)))
			next := uint32(16)
			if i == len(list)-1 {
				next = 0
			}
			b = le.AppendUint32(b, next)
		}
	}
	return b
}

// goInfo writes Go's build information for the address addr.
func (s elfspec) goInfo(addr uint64) []byte {
	const version = "go1.26.8"
	mark := "0123456789abcdef"
	module := mark + "path\texample.com/hello\nmod\texample.com/hello\t(devel)\t\n" + s.goBuild + mark
	b := []byte("\xff Go buildinf:\x08\x02")
	b = append(b, make([]byte, 16)...)
	if !s.goPointer {
		b = append(b, byte(len(version)))
		b = append(b, version...)
		return append(binary.AppendUvarint(b, uint64(len(module))), module...)
	}
	b[15] = 0
	le.PutUint64(b[16:], addr+32)
	le.PutUint64(b[24:], addr+48)
	for _, v := range []uint64{addr + 64, uint64(len(version)), addr + 64 + uint64(len(version)), uint64(len(module))} {
		b = le.AppendUint64(b, v)
	}
	return append(append(b, version...), module...)
}

// writeSections writes sections and their headers, and says so in h.
func (s elfspec) writeSections(out *bytes.Buffer, h []byte) {
	if len(s.sections) == 0 {
		return
	}
	names := "\x00"
	headers := make([]byte, 64)
	all := append(append([]elfsection(nil), s.sections...), elfsection{name: ".shstrtab", kind: 3})
	for i, sec := range all {
		at := len(names)
		names += sec.name + "\x00"
		body := sec.data
		if i == len(all)-1 {
			body = names
		}
		e := le.AppendUint32(nil, uint32(at))
		e = le.AppendUint32(e, sec.kind)
		for _, v := range []uint64{0, 0, uint64(out.Len()), uint64(len(body)), 0, 1, 0} {
			e = le.AppendUint64(e, v)
		}
		headers = append(headers, e[:64]...)
		out.WriteString(body)
	}
	le.PutUint64(h[40:], uint64(out.Len()))
	le.PutUint16(h[60:], uint16(len(all)+1))
	le.PutUint16(h[62:], uint16(len(all)))
	out.Write(headers)
}

// note makes one note.
func note(name string, kind uint32, desc string) []byte {
	b := le.AppendUint32(nil, uint32(len(name)+1))
	b = le.AppendUint32(b, uint32(len(desc)))
	b = le.AppendUint32(b, kind)
	b = append(append(b, name...), 0)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	b = append(b, desc...)
	for len(b)%8 != 0 {
		b = append(b, 0)
	}
	return b
}
