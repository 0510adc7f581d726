package diff

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/diff/internal/image"
)

// A program is what was read of one file whose content differs; a file that
// is no program has one region.
type program struct {
	content
	image.Image
	plain    bool // text, read by lines
	regions  []region
	strings  tokenSet
	returns  int64 // carriage returns in a text
	info     *debug.BuildInfo
	packages map[string]int64 // bytes of code; nil where they are not known
	table    image.Table
}

// A region is a part of the file, in which no other lies.
type region struct {
	name     string
	kind     image.Kind
	from, to int64
	size     int64 // in memory
	sum      [32]byte
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
	if (x.Format == "") != (y.Format == "") {
		c.headerFacts(file, x, y)
		return nil // there is nothing that they could have in common
	}
	if x.Format != "" {
		c.headerFacts(file, x, y)
		c.regionsDiffer(file, x, y)
		c.buildInfo(file, x, y)
		c.packageSizes(file, x, y)
	}
	found, err := c.stringData(ctx, file, x, y)
	if err != nil {
		return fmt.Errorf("file%s cannot be read: %w", called(file), err)
	}
	c.remaining(file, x, y, found)
	return nil
}

// readProgram reads a file once, and its headers.
func readProgram(ctx context.Context, f content) (*program, error) {
	p := &program{content: f}
	head := make([]byte, min(f.size, 4096))
	err := f.each(ctx, 0, int64(len(head)), func(b []byte) { copy(head, b) })
	if err != nil {
		return nil, err
	}
	if p.Image, err = image.Read(f, f.size); err != nil {
		return nil, err
	}
	p.plain = p.Format == "" && bytes.IndexByte(head, 0) < 0
	table, inSection, err := p.Table(f, f.size, -1)
	if err != nil {
		return nil, err
	}
	p.table = table
	p.layOut()
	marks, err := p.read(ctx)
	if err != nil || p.Format == "" {
		return p, err
	}
	if p.info, err = p.BuildInfo(f, f.size, marks.build); err != nil {
		return nil, err
	}
	if !inSection {
		if table, inSection, err = p.Table(f, f.size, marks.table); err != nil {
			return nil, err
		}
	}
	if inSection {
		if p.packages, _, err = table.Packages(f); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// layOut makes regions of the sections, and of what is between them. Where
// sections lie on one another, each byte belongs to the first.
func (p *program) layOut() {
	sections := slices.Clone(p.Sections)
	slices.SortStableFunc(sections, func(a, b image.Section) int { return cmp.Compare(a.Off, b.Off) })
	pos := int64(0)
	gap := func(to int64) {
		if to > pos {
			kind := image.Other
			if len(p.Sections) == 0 {
				kind = image.Data
			}
			p.regions = append(p.regions, region{name: betweenSections, kind: kind, from: pos, to: to, size: to - pos})
			pos = to
		}
	}
	for _, s := range sections {
		if s.File > 0 {
			gap(s.Off)
		}
		end := max(pos, s.Off+s.File)
		p.regions = append(p.regions, region{name: s.Name, kind: s.Kind, from: pos, to: end, size: s.Size})
		if s.File == 0 {
			p.regions[len(p.regions)-1].to = pos
			continue
		}
		pos = end
	}
	gap(p.size)
}

// eachString hands what may hold strings of the source to a tokenizer.
func (p *program) eachString(ctx context.Context, emit func(token []byte, begins, ends bool)) error {
	t := newTokenizer(p.plain)
	t.emit = emit
	for _, r := range p.regions {
		from, to := p.texts(r)
		if err := p.each(ctx, from, to, t.write); err != nil {
			return err
		}
		t.end()
	}
	return nil
}

// texts is the part of a region that may hold strings of the source.
func (p *program) texts(r region) (from, to int64) {
	if r.kind == image.Data {
		return r.from, r.to
	}
	// The names of Go's source files are in the function table.
	from, to = p.table.Files()
	from, to = max(from, r.from), min(to, r.to)
	return from, max(from, to)
}

// read sums each region, and takes its strings.
func (p *program) read(ctx context.Context) (marks, error) {
	m := marks{build: -1, table: -1}
	for i := range p.regions {
		r := &p.regions[i]
		h := sha256.New()
		err := p.each(ctx, r.from, r.to, func(b []byte) {
			h.Write(b)
			if p.plain {
				p.returns += int64(bytes.Count(b, []byte("\r")))
			}
			if r.kind == image.Data && (p.Format == "PE" || len(p.Sections) == 0) {
				m.look(b)
			}
			m.off += int64(len(b))
		})
		if err != nil {
			return m, err
		}
		sumInto(h, &r.sum)
	}
	err := p.eachString(ctx, p.strings.add)
	p.strings.sort()
	return m, err
}

func sumInto(h hash.Hash, sum *[32]byte) { h.Sum(sum[:0]) }

// marks are where the marks of Go's tables were seen. PE has no sections for
// them, and programs that were stripped of their section headers have none at
// all. One stands at a multiple of 16 and has as many bytes at most, the
// other of 8, so no piece that is read cuts one.
type marks struct {
	build, table int64
	off          int64
}

func (m *marks) look(b []byte) {
	for mark, text := range map[*int64][]byte{&m.build: image.GoMagic, &m.table: image.TableMark} {
		align := int64(16)
		if mark == &m.table {
			align = 8
		}
		for from := 0; *mark < 0; {
			i := bytes.Index(b[from:], text)
			if i < 0 {
				break
			}
			from += i
			// Behind the table's mark come the alignment of instructions
			// and the size of a pointer.
			whole := mark == &m.build || from+8 <= len(b) && b[from+7] == 8
			if off := m.off + int64(from); off%align == 0 && whole {
				*mark = off
			}
			from++
		}
	}
}

// remaining names causes that only what is left over tells.
func (c *comparison) remaining(file string, a, b *program, found findings) {
	if len(c.causes) > c.before {
		return
	}
	if a.Format == "" && b.Format == "" {
		c.plainContent(file, a, b, found)
		return
	}
	strs := ""
	if list := found.examples(); list != "" {
		strs = "; strings that differ: " + list
	}
	switch {
	case a.info != nil && b.info != nil:
		c.because(CauseSource, "the program%s has the same Go version, recorded settings and modules in both, so the source is likely another: "+
			"an uncommitted change, or a value that -ldflags -X set%s", called(file), strs)
	default:
		c.because(CauseSource, "the program%s has the same marks of its compiler in both, so the source is likely another, or the options or libraries are%s", called(file), strs)
	}
}

// plainContent explains a file that is no program.
func (c *comparison) plainContent(file string, a, b *program, found findings) {
	if a.plain && b.plain && a.returns != b.returns && !a.strings.full && a.strings.equal(b.strings) {
		c.differ(LayerStrings, in(file, "line ends"), count(a.returns)+" CRLF", count(b.returns)+" CRLF")
		c.because(CauseLineEnds, "the file%s has the same lines in both, and other ends of lines: %s end in CRLF in A and %s in B", called(file), count(a.returns), count(b.returns))
		return
	}
	example := ""
	if list := found.examples(); list != "" {
		example = ": " + list
	}
	c.because(CauseContent, "the file%s differs%s", called(file), strings.TrimSuffix(example, ": "))
}
