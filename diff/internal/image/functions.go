package image

import (
	"bytes"
	"io"
	"strings"
)

// Marks of Go's function table, in little endian with 64-bit pointers; the
// byte between them is the alignment of instructions (internal/abi,
// PCLnTabMagic). The layout has been the same since Go 1.18.
var (
	tableMark118 = []byte("\xf0\xff\xff\xff\x00\x00")
	TableMark    = []byte("\xf1\xff\xff\xff\x00\x00") // since Go 1.20
)

const (
	tableHeader = 72
	maxTable    = 64 << 20
	maxPackages = 1 << 16
	maxPackage  = 256 // bytes of a package's name
	maxFuncName = 1024
)

// A Table is where Go's function table of a program is.
type Table struct {
	off, end         int64 // in the file
	functions        int64
	names, files     int64 // offsets in the file
	namesEnd         int64
	filesEnd, lookup int64
}

// Files is where the names of the source files are, in the file.
func (t Table) Files() (from, to int64) { return t.files, t.filesEnd }

// Table finds the function table: in its section, which is there in stripped
// programs too, or at the offset seen, where that is not negative. It is
// false for a program without, or with one of an unknown form.
func (i Image) Table(r io.ReaderAt, size, seen int64) (Table, bool, error) {
	end := size
	if s, ok := i.Named(".gopclntab", ".data.rel.ro.gopclntab", "__gopclntab"); ok && s.File > 0 {
		seen, end = s.Off, s.Off+s.File
	}
	f := &file{r: r, size: size}
	h := f.bytes(seen, tableHeader)
	if !bytes.HasPrefix(h, TableMark) && !bytes.HasPrefix(h, tableMark118) || h[7] != 8 {
		return Table{}, false, f.err
	}
	t := Table{off: seen, end: end, functions: int64(min(u64(h, 8), 1<<40))}
	// In this order they stand in the file, each behind the one before.
	var at [5]int64
	last := int64(tableHeader)
	for k := range at {
		v := u64(h, 32+8*k)
		if v > uint64(end-seen) || int64(v) < last {
			return Table{}, false, f.err
		}
		last = int64(v)
		at[k] = seen + last
	}
	t.names, t.namesEnd, t.files, t.filesEnd, t.lookup = at[0], at[1], at[2], at[3], at[4]
	return t, true, f.err
}

// Packages returns how many bytes of code the functions of each package have.
// What the compiler and the linker made themselves is under "(made by the
// compiler)". ok is false where the table is larger than 64 MiB, or broken.
func (t Table) Packages(r io.ReaderAt) (sizes map[string]int64, ok bool, err error) {
	f := &file{r: r, size: t.end}
	rest := t.end - t.lookup
	if rest+t.namesEnd-t.names > maxTable || t.functions > rest/8 {
		return nil, false, nil
	}
	names := f.bytes(t.names, t.namesEnd-t.names)
	// The functions' records reach to the end of the section, or of the file
	// where there is no section.
	b := f.bytes(t.lookup, rest)
	if f.err != nil || names == nil || int64(len(b)) < t.functions*8+4 {
		return nil, false, f.err
	}
	sizes = map[string]int64{}
	for i := range t.functions {
		start, record, next := u32(b, int(i*8)), int64(u32(b, int(i*8+4))), u32(b, int(i*8+8))
		if next < start || record+8 > int64(len(b)) {
			return nil, false, nil
		}
		at := u32(b, int(record+4))
		if int64(at) >= int64(len(names)) {
			return nil, false, nil
		}
		p := packageOf(text(names[at:min(len(names), int(at)+maxFuncName)]))
		p = p[:min(len(p), maxPackage)]
		if _, known := sizes[p]; !known {
			// Not a part of the function's name, which would stay with it.
			if p = strings.Clone(p); len(sizes) >= maxPackages {
				p = "(others)"
			}
		}
		sizes[p] += int64(next - start)
	}
	return sizes, true, nil
}

// packageOf returns the package in the name of a function: up to the first
// dot behind the last slash, type arguments left out, in which there are
// slashes too.
func packageOf(function string) string {
	const made = "(made by the compiler)"
	name, _, _ := strings.Cut(function, "[")
	if strings.HasPrefix(name, "type:") || strings.HasPrefix(name, "go:") || name == "" {
		return made
	}
	slash := strings.LastIndexByte(name, '/') + 1
	dot := strings.IndexByte(name[slash:], '.')
	if dot < 0 {
		return made
	}
	// The linker writes a dot of the package's own name so.
	return strings.ReplaceAll(name[:slash+dot], "%2e", ".")
}
