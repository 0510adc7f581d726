package diff

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
)

// A section is a part of a program that its linker named.
type section struct {
	name     string
	number   int // of ELF
	addr     uint64
	code     bool
	size     int64 // in memory
	from, to int64 // in the file, without what an earlier section covers
	sum      [32]byte
}

// What stands for a name.
const (
	betweenSections = "(between sections)"
	unnamed         = "(unnamed)"
)

// section notes a section. One that is not in the file, or not all of it, has
// no bytes.
func (p *program) section(s section, size, off uint64, inFile bool) {
	s.name, s.size = cmp.Or(s.name, unnamed), int64(min(size, 1<<62))
	if inFile && off <= uint64(p.size) && size <= uint64(p.size)-off {
		s.from, s.to = int64(off), int64(off+size)
	}
	p.sections = append(p.sections, s)
}

// hash hashes every byte of the file once: as part of the first section that covers
// it, or of the space between sections. It also makes the sections' names unique.
func (p *program) hash(ctx context.Context) error {
	slices.SortStableFunc(p.sections, func(a, b section) int { return cmp.Compare(a.from, b.from) })
	h, gaps := sha256.New(), sha256.New()
	between := section{name: betweenSections}
	pos := int64(0)
	gap := func(to int64) error {
		from := pos
		pos = max(pos, to)
		between.size += pos - from
		return p.each(ctx, from, pos, func(b []byte) { gaps.Write(b) })
	}
	seen := map[string]int{}
	for i := range p.sections {
		s := &p.sections[i]
		if seen[s.name]++; seen[s.name] > 1 {
			p.sameNames = p.sameNames || s.name != unnamed
			s.name = fmt.Sprintf("%s, number %d", s.name, seen[s.name])
		}
		if s.from == s.to {
			continue
		}
		if err := gap(s.from); err != nil {
			return err
		}
		s.from, s.to = pos, max(pos, s.to)
		pos = s.to
		h.Reset()
		if err := p.each(ctx, s.from, s.to, func(b []byte) { h.Write(b) }); err != nil {
			return err
		}
		h.Sum(s.sum[:0])
	}
	if err := gap(p.size); err != nil {
		return err
	}
	gaps.Sum(between.sum[:0])
	p.sections = append(p.sections, between)
	return nil
}

// named returns the section with a name, nil if there is none.
func (p *program) named(name string) *section {
	for i := range p.sections {
		if p.sections[i].name == name {
			return &p.sections[i]
		}
	}
	return nil
}

// load returns the bytes of a section in the file: nil if s is nil, or if there are more
// than limit.
func (p *program) load(s *section, limit int64) ([]byte, error) {
	if s == nil || s.to-s.from > limit {
		return nil, nil
	}
	return p.bytes(s.from, s.to)
}

// programSections compares the sections by name.
func (c *comparison) programSections(file string, a, b *program) {
	var names, changed []string
	for _, s := range slices.Concat(a.sections, b.sections) {
		if !slices.Contains(names, s.name) {
			names = append(names, s.name)
		}
	}
	for _, name := range names {
		x, y := a.named(name), b.named(name)
		switch {
		case x != nil && y != nil && x.size == y.size && x.sum == y.sum:
			continue
		case name == betweenSections && len(changed) > 0:
			// Tables of headers, and padding: they follow from the sections.
			continue
		}
		changed = append(changed, name)
		v, w := a.describe(x), b.describe(y)
		switch {
		case x == nil || y == nil || name == ".comment":
		case x.size == y.size:
			v, w = v+", "+shortSum(x.sum), w+", "+shortSum(y.sum)
		default:
			w = grown(x.size, y.size)
		}
		c.differ(layerSections, in(file, name), v, w)
		if name == ".comment" && x != nil && y != nil {
			c.because(causeCompiler, "the program%s was made by %s in A and by %s in B", called(file), quote(v), quote(w))
		}
	}
	if s, t := a.symbols(), b.symbols(); s != t {
		word := map[bool]string{true: "is there", false: "is stripped"}
		c.because(causeStripped, "for the program%s, a symbol table or debug information %s in A and %s in B", called(file), word[s], word[t])
	}
	if len(changed) == 1 && (changed[0] == ".note.gnu.build-id" || changed[0] == ".note.go.buildid") {
		c.because(causeBuildID, "the identifier that the linker wrote is all that differs in the program%s", called(file))
	}
}

// describe returns the size of a section or, for .comment, the text in which compilers
// name themselves.
func (p *program) describe(s *section) string {
	if s == nil {
		return absent
	}
	if s.name == ".comment" {
		b, err := p.bytes(s.from, min(s.to, s.from+256))
		if err == nil {
			return strings.Join(strings.FieldsFunc(string(b), func(r rune) bool { return r == 0 }), "; ")
		}
	}
	return byteCount(s.size)
}

// symbols reports whether a program has a symbol table or debug information.
func (p *program) symbols() bool {
	return slices.ContainsFunc(p.sections, func(s section) bool {
		return s.name == ".symtab" || strings.HasPrefix(s.name, ".debug_") || strings.HasPrefix(s.name, "__debug_")
	})
}
