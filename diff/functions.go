package diff

import (
	"bytes"
	"cmp"
	"debug/gosym"
	"encoding/binary"
	"fmt"
	"slices"
)

// The bounds of a function table. One of 8 MB has 20,000 functions (the Go
// compiler's own), and its longest name has 510 bytes.
const (
	maxTable        = 32 << 20
	maxFunctions    = 1 << 17
	maxFunctionName = 512
)

// readFunctions reads the function table of a Go program, which is there in
// stripped programs too. What debug/gosym does not know, such as the table of a
// later Go, is not read.
func (p *program) readFunctions() error {
	var s *section
	for _, name := range []string{".gopclntab", ".data.rel.ro.gopclntab", "__gopclntab"} {
		s = cmp.Or(s, p.named(name))
	}
	b, err := p.load(s, maxTable)
	if err != nil || !boundTable(b) {
		return err
	}
	// Sizes do not depend on where the code begins.
	t, err := gosym.NewTable(nil, gosym.NewLineTable(b, 0))
	if err != nil || len(t.Funcs) == 0 {
		return nil
	}
	p.functions = map[string]int64{}
	for _, f := range t.Funcs {
		if f.End < f.Entry {
			p.functions = nil
			break
		}
		p.functions[f.Name] += int64(f.End - f.Entry)
	}
	return nil
}

// boundTable makes a table safe for debug/gosym, which trusts it, and copies the
// name of every function, up to the next NUL, and of every source file. boundTable
// refuses numbers that are too large, and cuts names in b. It returns false for a
// table that is broken, too large, not of a 64-bit program, or not of the layout
// that Go has had since 1.18 (runtime/symtab.go, pcHeader).
func boundTable(b []byte) bool {
	if len(b) < 72 || b[7] != 8 || !bytes.HasPrefix(b, []byte("\xf0\xff\xff\xff\x00\x00")) && !bytes.HasPrefix(b, []byte("\xf1\xff\xff\xff\x00\x00")) {
		return false
	}
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8+8*i:]) }
	names, records := word(3), word(7)
	if word(0) > maxFunctions || word(1) > maxFunctions || names > records || records > uint64(len(b)) {
		return false
	}
	run := 0 // bytes since the last NUL
	for i := names; i < uint64(len(b)); i++ {
		if run++; b[i] == 0 {
			run = 0
		}
		if run < maxFunctionName {
			continue
		}
		if i >= records {
			return false // never so long in the records of functions
		}
		// After the names come tables that are not needed here.
		b[i], run = 0, 0
	}
	return true
}

// programFunctions compares how much code each function of a Go program has,
// the largest change first. The code's bytes are not compared, as they contain the
// distances to other functions.
func (c *comparison) programFunctions(file string, a, b *program) {
	if a.functions == nil || b.functions == nil {
		return
	}
	var all [2]int64
	var changed []string
	for _, name := range keys(a.functions, b.functions) {
		x, y := a.functions[name], b.functions[name]
		all[0] += x
		all[1] += y
		if x != y {
			changed = append(changed, name)
		}
	}
	if len(changed) == 0 {
		return
	}
	change := func(name string) int64 {
		d := a.functions[name] - b.functions[name]
		return max(d, -d)
	}
	slices.SortStableFunc(changed, func(x, y string) int { return cmp.Compare(change(y), change(x)) })
	c.differ(layerFunctions, in(file, "all code"), byteCount(all[0]), grown(all[0], all[1]))
	var names []string
	for _, name := range changed {
		x, inA := a.functions[name]
		y, inB := b.functions[name]
		v, w := byteCount(x), grown(x, y)
		if !inA {
			v, w = absent, byteCount(y)
		} else if !inB {
			w = absent
		}
		c.differ(layerFunctions, in(file, name), v, w)
		names = append(names, fmt.Sprintf("%q", name))
	}
	if a.info != nil && !c.has(causeLanguage, causeArchitecture, causeGoVersion, causeCompiler, causeCPULevel, causeModule, causeGoFlags) {
		c.because(causeSource, "the program%s has the same Go version, recorded settings and modules in both, and another size of %s: "+
			"likely other source, such as an uncommitted change", called(file), some(names, 3))
	}
}
