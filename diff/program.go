package diff

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
)

const (
	// maxHeaders is how many bytes of a file debug/elf, debug/macho and debug/pe
	// may read. They copy the name of each section and symbol, and in a hostile
	// file all of these may be the same long string: their memory grows with
	// the square of what they read, here to less than 100 MB.
	maxHeaders = 64 << 10

	// maxBuildInfo is how many bytes debug/buildinfo may read. It needs 1 MiB of
	// them where the program has no section for build information.
	maxBuildInfo = 3 << 20
)

// A program is what was read from one file.
type program struct {
	content
	format    string // "ELF", "Mach-O" or "PE"; "" for any other file
	elf64     bool   // little-endian ELF of 64 bits
	damaged   bool   // headers that are broken or too large
	sameNames bool   // several sections have the same name
	header    []field
	sections  []section
	info      *debug.BuildInfo // nil if it has none
	functions map[string]int64 // bytes of code by function; nil if they are not known
}

// formatOf returns the format of a file that begins with head.
func formatOf(head []byte) string {
	for _, magic := range []struct{ bytes, format string }{{elf.ELFMAG, "ELF"}, {"\xcf\xfa\xed\xfe", "Mach-O"}, {"MZ", "PE"}} {
		if bytes.HasPrefix(head, []byte(magic.bytes)) {
			return magic.format
		}
	}
	return ""
}

// readProgram reads the headers of a file and hashes its sections. It returns an
// error only if the file cannot be read: broken headers are not an error.
func readProgram(ctx context.Context, f content) (*program, error) {
	p := &program{content: f}
	head, err := f.bytes(0, min(f.size, 4))
	if err != nil {
		return nil, err
	}
	if p.format = formatOf(head); p.format == "" {
		return p, nil
	}
	r := &boundedReader{f, maxHeaders, nil}
	if err := p.readHeaders(r); err != nil {
		p.damaged, p.sections = true, nil
	}
	if r.err != nil {
		return nil, r.err
	}
	if err := p.hash(ctx); err != nil || p.damaged {
		return p, err
	}
	// It reads the headers again, and they are known to be within the bound.
	r = &boundedReader{f, maxBuildInfo, nil}
	if p.info, err = buildinfo.Read(r); err != nil {
		p.info = nil
	}
	if r.err != nil {
		return nil, r.err
	}
	return p, p.readFunctions()
}

func (p *program) readHeaders(r io.ReaderAt) error {
	switch p.format {
	case "ELF":
		f, err := elf.NewFile(r)
		if err != nil {
			return err
		}
		p.fact("class", "%s", f.Class)
		p.fact("byte order", "%s", f.Data)
		p.fact("machine", "%s", f.Machine)
		p.fact("type", "%s", f.Type)
		p.fact("OS ABI", "%s", f.OSABI)
		p.fact("entry point", "%#x", f.Entry)
		p.fact("program headers", "%d", len(f.Progs))
		p.fact("section headers", "%d", len(f.Sections))
		p.elf64 = f.Class == elf.ELFCLASS64 && f.Data == elf.ELFDATA2LSB
		for i, s := range f.Sections {
			if s.Type != elf.SHT_NULL {
				p.section(section{name: s.Name, number: i, addr: s.Addr, code: s.Flags&elf.SHF_EXECINSTR != 0}, s.FileSize, s.Offset, s.Type != elf.SHT_NOBITS)
			}
		}
	case "Mach-O":
		f, err := macho.NewFile(r)
		if err != nil {
			return err
		}
		const instructions, zeroFill = 0x80000400, 1 // mach-o/loader.h
		p.fact("machine", "%s", f.Cpu)
		p.fact("type", "%s", f.Type)
		p.fact("load commands", "%d", f.Ncmd)
		p.fact("flags", "%#x", f.Flags)
		for _, s := range f.Sections {
			p.section(section{name: s.Name, code: s.Flags&instructions != 0}, s.Size, uint64(s.Offset), s.Flags&0xff != zeroFill)
		}
	case "PE":
		f, err := pe.NewFile(r)
		if err != nil {
			return err
		}
		p.fact("machine", "%#x", f.Machine)
		// Linkers with an option for reproducible builds write a digest here, Go's 0.
		p.fact(timeStamp, "%#x", f.TimeDateStamp)
		p.fact("characteristics", "%#x", f.Characteristics)
		for _, s := range f.Sections {
			// The file may have less of .data than memory has, and more of .text.
			p.section(section{name: s.Name, code: s.Characteristics&pe.IMAGE_SCN_CNT_CODE != 0}, uint64(s.Size), uint64(s.Offset), true)
		}
	}
	return nil
}

const timeStamp = "time stamp"

func (p *program) fact(name, format string, value any) {
	p.header = append(p.header, field{name, fmt.Sprintf(format, value)})
}

// A boundedReader limits how much a parser that trusts its input reads.
type boundedReader struct {
	io.ReaderAt
	left int64
	err  error // of the file itself
}

func (r *boundedReader) ReadAt(p []byte, off int64) (int, error) {
	if r.left -= int64(len(p)); r.left < 0 || off < 0 {
		return 0, errors.New("headers are too large, or lie outside of the file")
	}
	n, err := r.ReaderAt.ReadAt(p, off)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}

// contents compares two versions of one file.
func (c *comparison) contents(ctx context.Context, file string, a, b content) error {
	var sides [2]*program
	err := both(func(i int) (err error) {
		sides[i], err = readProgram(ctx, [2]content{a, b}[i])
		return err
	})
	if err != nil {
		return fmt.Errorf("file%s cannot be read: %w", called(file), err)
	}
	x, y := sides[0], sides[1]
	c.before = len(c.causes)
	if x.format != y.format {
		v, w := describe(x.format), describe(y.format)
		c.differ(layerHeader, in(file, "format"), v, w)
		id := causeArchitecture
		if x.format == "" || y.format == "" {
			id = causeContent
		}
		c.because(id, "the file%s is %s in A and %s in B", called(file), v, w)
		return nil
	}
	example := ""
	if x.format == "" {
		err = c.lines(file, a, b)
	} else {
		c.programHeaders(file, x, y)
		c.programSections(file, x, y)
		c.buildInfo(file, x.info, y.info)
		c.programFunctions(file, x, y)
		example, err = c.programStrings(file, x, y)
	}
	if err != nil {
		return fmt.Errorf("file%s cannot be read: %w", called(file), err)
	}
	if len(c.causes) == c.before {
		c.explainRest(file, x, y, example)
	}
	return nil
}

func describe(format string) string {
	if format == "" {
		return "not a program"
	}
	return "a program (" + format + ")"
}

func (c *comparison) programHeaders(file string, a, b *program) {
	for _, f := range differing(a.header, b.header) {
		c.differ(layerHeader, in(file, f.Name), f.A, f.B)
		switch f.Name {
		case "machine":
			c.because(causeArchitecture, "the program%s is for %s in A and %s in B", called(file), f.A, f.B)
		case timeStamp:
			c.because(causeTime, "the header of the program%s has another time stamp, or a digest instead of one", called(file))
		}
	}
}

// explainRest names a cause if no other was found. example is text that differs,
// to follow a sentence.
func (c *comparison) explainRest(file string, a, b *program, example string) {
	untrimmed := func(p *program) bool { return p.info != nil && settingsOf(p.info)["-trimpath"] != "true" }
	switch {
	case a.format == "":
		c.because(causeContent, "the file%s differs", called(file))
	case a.damaged || b.damaged:
		c.because(causeContent, "the program%s differs; its headers are broken, or have more than %s with its symbols", called(file), byteCount(maxHeaders))
	case untrimmed(a) && untrimmed(b):
		c.because(causePath, "both programs%s were built without -trimpath: paths of the build machine are in them, and the directories likely differ%s", called(file), example)
	case a.info != nil:
		c.because(causeSource, "the program%s has the same build information and other code or data: likely an uncommitted change, "+
			"or a value that -ldflags -X set, such as a version or a time%s", called(file), example)
	default:
		c.because(causeSource, "the headers of the program%s are the same: likely other source, another directory, or other libraries or compiler options%s",
			called(file), example)
	}
}
