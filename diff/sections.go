package diff

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/diff/internal/image"
)

// headerFacts compares the headers of two programs.
func (c *comparison) headerFacts(file string, a, b *program) {
	if a.Format == b.Format && a.Format != "ELF" {
		c.format = strings.ToLower(a.Format)
	}
	if a.Format != b.Format {
		c.format = "program"
		x, y := orUnknown(a.Format), orUnknown(b.Format)
		c.differ(LayerHeader, in(file, "format"), x, y)
		id := CauseArchitecture
		if a.Format == "" || b.Format == "" {
			id = CauseContent
		}
		c.because(id, "the file%s is %s in A and %s in B", called(file), x, y)
		return
	}
	for _, f := range differing(facts(a.Header), facts(b.Header)) {
		c.differ(LayerHeader, in(file, f.Name), f.A, f.B)
		switch f.Name {
		case "machine":
			c.because(CauseArchitecture, "the program%s is for %s in A and %s in B", called(file), f.A, f.B)
		case "time stamp":
			c.because(CauseTime, "the header of the program%s has another time stamp, or digest in its place", called(file))
		}
	}
}

func orUnknown(format string) string {
	if format == "" {
		return "not a program"
	}
	return "a program (" + format + ")"
}

func facts(list []image.Fact) []field {
	var all []field
	for _, f := range list {
		all = append(all, field{f.Name, f.Value})
	}
	return all
}

// marksOf are sections in which compilers say something of themselves.
var marksOf = []string{".comment", ".interp"}

// regionsDiffer compares the sections by name, a name that is there twice in
// turn.
func (c *comparison) regionsDiffer(file string, a, b *program) {
	x, names := a.byName()
	y, more := b.byName()
	for _, n := range more {
		if _, ok := x[n]; !ok {
			names = append(names, n)
		}
	}
	differs := map[string]bool{}
	for _, n := range append(names, betweenSections) {
		r, inA := x[n]
		s, inB := y[n]
		if inA && inB && r.size == s.size && r.sum == s.sum {
			continue
		}
		// What is between sections follows them, mostly: tables of headers,
		// and padding.
		if n == betweenSections && len(differs) > 0 {
			continue
		}
		differs[n] = true
		c.region(file, n, [2]*program{a, b}, [2]region{r, s}, [2]bool{inA, inB})
	}
	if a.Format != b.Format {
		return
	}
	symbols := func(r map[string]region) bool {
		for n := range r {
			if n == ".symtab" || strings.HasPrefix(n, ".debug_") || strings.HasPrefix(n, "__debug_") {
				return true
			}
		}
		return false
	}
	if s, t := symbols(x), symbols(y); s != t {
		word := map[bool]string{true: "is there", false: "is stripped"}
		c.because(CauseStripped, "a symbol table or debug information %s in A and %s in B%s", word[s], word[t], behind(file))
	}
	_, inA := x[".note.gnu.property"]
	_, inB := y[".note.gnu.property"]
	if differs[".note.gnu.property"] && inA && inB {
		c.because(CauseCPULevel, "the note in which compilers name the processors for which they made code differs%s (.note.gnu.property)", behind(file))
	}
	ids := len(differs) > 0
	for n := range differs {
		ids = ids && (n == ".note.gnu.build-id" || n == ".note.go.buildid")
	}
	if ids {
		c.because(CauseBuildID, "the identifier that the linker wrote is all that differs%s", behind(file))
	}
}

func nth(name string, n int) string {
	if name == "" {
		name = "(without a name)"
	}
	if n > 0 {
		return fmt.Sprintf("%s, number %d", name, n+1)
	}
	return name
}

// byName returns the regions by name, and the names in the order of the file.
// All that is between sections is one region, which is not among the names.
func (p *program) byName() (map[string]region, []string) {
	m := map[string]region{}
	var names []string
	seen := map[string]int{}
	between, gaps := sha256.New(), region{name: betweenSections}
	for _, r := range p.regions {
		if r.name == betweenSections {
			between.Write(r.sum[:])
			gaps.size += r.size
			continue
		}
		n := nth(r.name, seen[r.name])
		seen[r.name]++
		m[n] = r
		names = append(names, n)
	}
	between.Sum(gaps.sum[:0])
	m[betweenSections] = gaps
	return m, names
}

// region reports one section that differs.
func (c *comparison) region(file, name string, p [2]*program, r [2]region, there [2]bool) {
	var v [2]string
	for i := range v {
		switch {
		case !there[i]:
			v[i] = absent
		case slices.Contains(marksOf, name) || strings.HasPrefix(name, ".note"):
			v[i] = p[i].mark(r[i])
		case r[0].size == r[1].size && there[0] && there[1]:
			v[i] = fmt.Sprintf("%s, %s", byteCount(r[i].size), shortSum(r[i].sum))
		case i == 1 && there[0]:
			v[i] = grown(r[0].size, r[1].size)
		default:
			v[i] = byteCount(r[i].size)
		}
	}
	c.differ(LayerSections, in(file, name), v[0], v[1])
	if name == ".comment" && there[0] && there[1] {
		c.because(CauseCompiler, "the program%s was made by %s in A and by %s in B", called(file), quote(v[0]), quote(v[1]))
	}
}

// mark is the content of a small section: its texts, or, of a note, the
// numbers.
func (p *program) mark(r region) string {
	b := make([]byte, min(r.to-r.from, 256))
	if _, err := p.ReadAt(b, r.from); err != nil {
		return byteCount(r.size)
	}
	if strings.HasPrefix(r.name, ".note") && len(b) > 16 {
		// Behind three numbers and a name of four bytes.
		desc := bytes.TrimRight(b[16:], "\x00")
		if bytes.ContainsFunc(desc, func(c rune) bool { return c < ' ' || c > '~' }) {
			return fmt.Sprintf("%x", desc[:min(len(desc), 32)])
		}
		return string(desc)
	}
	return string(bytes.Join(bytes.FieldsFunc(b, func(c rune) bool { return c == 0 }), []byte("; ")))
}
