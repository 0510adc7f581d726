package diff

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"debug/elf"
	"debug/gosym"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// A Part is a part of a file, or of what is packed in it.
type Part struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // docs/size.md lists them

	// Size is in bytes, uncompressed. The sizes of Parts add up to it.
	Size int64 `json:"size"`

	// Packed is how many bytes of a zip the part takes; 0 for the parts of a file in the
	// zip. The values of a zip's parts add up to the size of the zip.
	Packed int64 `json:"packed,omitempty"`

	Parts []Part `json:"parts,omitempty"` // the largest first
}

// bytes returns the size of a file on disk.
func (p Part) bytes() int64 { return cmp.Or(p.Packed, p.Size) }

// Kinds of parts.
const (
	partZip      = "zip"
	PartImage    = "image"
	partProgram  = "program"
	partFile     = "file"
	partHeaders  = "headers" // of a zip or a program, and padding
	partSection  = "section"
	partData     = "data"     // a part of a section
	partModule   = "module"   // of Go, in a section of code
	partPackage  = "package"  // of Go
	partFunction = "function" // of Go
	partObject   = "object"   // a source file or a library, as the symbol table names it
	partSymbol   = "symbol"
	partEmbedded = "embedded" // a file of an embed.FS of Go
)

// Sizes measures what takes up the space in a zip, or in a program for Linux, macOS or
// Windows. Code of a Go program is divided by module, package and function, as its function
// table has them; that of another program by object, if it has a symbol table. Its errors
// are those of [Files].
func Sizes(ctx context.Context, path string) (p Part, err error) {
	f, err := open(ctx, path)
	if err != nil {
		return Part{}, err
	}
	defer f.Close()
	if f.format != "" {
		p, err = sizesOfProgram(ctx, f.content)
		p.Name = printable(f.File, maxValue)
	} else {
		p, err = sizesOfZip(ctx, f)
	}
	if err != nil && ctx.Err() != nil {
		return Part{}, fmt.Errorf("sizes of %q: %w", path, ctx.Err())
	}
	return p, err
}

func sizesOfZip(ctx context.Context, f *input) (Part, error) {
	z, err := readZip(ctx, f)
	if err != nil {
		return Part{}, err
	}
	all := Part{Name: printable(f.File, maxValue), Kind: partZip, Packed: f.Size}
	headers := f.Size
	for i, e := range z.entries {
		c, err := z.content(ctx, i)
		if err != nil {
			return Part{}, err
		}
		one := Part{Kind: partFile, Size: e.Size}
		if e.Size > 0 {
			if one, err = sizesOfProgram(ctx, c); err != nil {
				return Part{}, fmt.Errorf("file%s cannot be read: %w", called(e.Name), err)
			}
		}
		one.Name, one.Packed = printable(e.Name, maxValue), e.Compressed
		headers -= e.Compressed
		all.Size += e.Size
		all.Parts = append(all.Parts, one)
	}
	all.Parts = append(all.Parts, Part{Name: "headers of the zip", Kind: partHeaders, Packed: headers})
	sortParts(all.Parts)
	return all, nil
}

// sizesOfProgram divides a program by section. Any other file has no parts.
func sizesOfProgram(ctx context.Context, c content) (Part, error) {
	p, err := readProgram(ctx, c)
	if err != nil {
		return Part{}, err
	}
	all := Part{Kind: partFile, Size: c.size}
	if p.format == "" || p.damaged {
		return all, nil
	}
	all.Kind = partProgram
	objects, err := p.objects()
	if err != nil {
		return Part{}, err
	}
	for _, s := range p.sections {
		one := Part{Name: printable(s.name, maxValue), Kind: partSection, Size: s.to - s.from}
		switch {
		case s.name == betweenSections:
			one.Name, one.Kind, one.Size = "headers and padding", partHeaders, s.size
		case s.code && p.functions != nil && (s.name == ".text" || s.name == "__text"):
			one.Parts = p.modules()
		case s.name == ".gopclntab":
			one.Parts, err = p.tableParts(s)
		case s.name == ".rodata" && p.info != nil && p.elf64:
			one.Parts, err = p.readOnlyParts(s)
		default:
			one.Parts = objects[s.number].list()
		}
		if err != nil {
			return Part{}, err
		}
		if one.Size > 0 {
			one.Parts = withRest(one.Parts, one.Size)
			all.Parts = append(all.Parts, one)
		}
	}
	sortParts(all.Parts)
	return all, nil
}

// withRest adds the rest of a size to its parts. If the parts exceed the size, it drops them:
// the table that they come from is about something else.
func withRest(parts []Part, size int64) []Part {
	if len(parts) == 0 {
		return nil
	}
	for _, p := range parts {
		size -= p.Size
	}
	if size < 0 {
		return nil
	}
	if size > 0 {
		parts = append(parts, Part{Name: "other", Kind: partData, Size: size})
	}
	sortParts(parts)
	return parts
}

func sortParts(parts []Part) {
	slices.SortStableFunc(parts, func(a, b Part) int {
		return cmp.Or(cmp.Compare(max(b.Size, b.Packed), max(a.Size, a.Packed)), strings.Compare(a.Name, b.Name))
	})
}

// parts has the parts of something, by a key.
type parts map[string]*Part

// of returns the part with a key, and makes it if there is none.
func (all parts) of(key, name, kind string) *Part {
	if all[key] == nil {
		all[key] = &Part{Name: printable(name, maxValue), Kind: kind}
	}
	return all[key]
}

// list returns the parts that are not empty, the largest first.
func (all parts) list() (list []Part) {
	for _, p := range all {
		sortParts(p.Parts)
		if p.Size > 0 {
			list = append(list, *p)
		}
	}
	sortParts(list)
	return list
}

// modules divides the code of a Go program by module, package and function. Padding
// counts for the function before it.
func (p *program) modules() []Part {
	packages, modules := parts{}, parts{}
	for name, n := range p.functions {
		path := packageOf(name)
		one := packages.of(path, cmp.Or(path, "assembly, and made by the compiler"), partPackage)
		if n > 0 {
			one.Size += n
			one.Parts = append(one.Parts, Part{Name: printable(name, maxValue), Kind: partFunction, Size: n})
		}
	}
	for path, one := range packages {
		sortParts(one.Parts)
		name := p.moduleOf(path)
		m := modules.of(name, name, partModule)
		m.Size += one.Size
		m.Parts = append(m.Parts, *one)
	}
	return modules.list()
}

// packageOf returns the path of a function's package, or "".
func packageOf(function string) string {
	if strings.HasPrefix(function, "type:") || strings.HasPrefix(function, "go:") {
		return "" // made by the compiler, such as type:.eq.T
	}
	path := (&gosym.Sym{Name: function}).PackageName()
	// Dots of the last element are escaped (cmd/internal/objabi, PathToPrefix).
	for _, escape := range [][2]string{{"%2e", "."}, {"%22", `"`}, {"%25", "%"}} {
		path = strings.ReplaceAll(path, escape[0], escape[1])
	}
	return path
}

const standardLibrary = "standard library"

// moduleOf returns the module of a package of the program, by its build information.
func (p *program) moduleOf(path string) string {
	if p.info == nil {
		return "Go"
	}
	if path == "main" {
		return cmp.Or(p.info.Main.Path, "main package")
	}
	best := ""
	consider := func(module string) {
		if len(module) > len(best) && (path == module || strings.HasPrefix(path, module+"/")) {
			best = module
		}
	}
	consider(p.info.Main.Path)
	for _, d := range p.info.Deps {
		consider(d.Path)
	}
	first, _, _ := strings.Cut(path, "/")
	if best == "" && !strings.Contains(first, ".") {
		return standardLibrary
	}
	return cmp.Or(best, "other modules")
}

// tableParts divides the function table, whose header says where its parts are
// (runtime/symtab.go, pcHeader).
func (p *program) tableParts(s section) ([]Part, error) {
	b, err := p.bytes(s.from, min(s.to, s.from+72))
	if err != nil || len(b) < 72 || b[7] != 8 || p.functions == nil {
		return nil, err
	}
	var parts []Part
	words := []string{3: "names of functions", 4: "compilation units", 5: "names of files", 6: "tables of code addresses", 7: "records of functions"}
	for i := 3; i <= 7; i++ {
		from, to := int64(binary.LittleEndian.Uint64(b[8+8*i:])), s.to-s.from
		if i < 7 {
			to = int64(binary.LittleEndian.Uint64(b[16+8*i:]))
		}
		if from < 0 || to < from || to > s.to-s.from {
			return nil, nil
		}
		if to > from {
			parts = append(parts, Part{Name: words[i], Kind: partData, Size: to - from})
		}
	}
	return parts, nil
}

// maxEmbedded is the largest section that is searched for embedded files, in bytes.
const maxEmbedded = 256 << 20

// readOnlyParts finds type descriptions and embedded files among the constants of a Go
// program.
func (p *program) readOnlyParts(s section) ([]Part, error) {
	n, err := p.typeData(s)
	if err != nil {
		return nil, err
	}
	list, err := p.embedded(s)
	if n > 0 {
		list = append(list, Part{Name: "descriptions of types", Kind: partData, Size: n})
	}
	return list, err
}

// typeSize is the least size of a type description, in bytes (internal/abi, Type).
const typeSize = 48

// typeData returns how many bytes at the beginning of the constants describe types: up to
// the last type that the section .typelink lists by offset (runtime/symtab.go, moduledata).
// A few more may follow; in a stripped program nothing distinguishes them from strings.
func (p *program) typeData(s section) (int64, error) {
	b, err := p.load(p.named(".typelink"), maxTable)
	if err != nil {
		return 0, err
	}
	end := int64(0)
	for ; len(b) >= 4; b = b[4:] {
		end = max(end, int64(binary.LittleEndian.Uint32(b))+typeSize)
	}
	if end > s.to-s.from {
		return 0, nil // they are offsets from elsewhere
	}
	return end, nil
}

// isEmbedHash reports whether hash is one that the compiler gives data: the beginning of its
// SHA-256, with the first byte inverted or computed with a byte before the data
// (cmd/internal/hash), or, before Go 1.24, with all bits inverted (cmd/internal/notsha256).
func isEmbedHash(hash, data []byte) bool {
	sum := sha256.Sum256(data)
	if bytes.Equal(hash[1:], sum[1:16]) && hash[0] == ^sum[0] {
		return true
	}
	for i := range sum {
		sum[i] = ^sum[i]
	}
	preceded := sha256.New()
	preceded.Write([]byte{1})
	preceded.Write(data)
	return bytes.Equal(hash, sum[:16]) || bytes.Equal(hash, preceded.Sum(nil)[:16])
}

// embedded finds the files of each embed.FS. The compiler writes for each file where its name
// and its data are, and a hash of the data (cmd/compile/internal/staticdata, WriteEmbed),
// which other bytes do not match by chance.
func (p *program) embedded(s section) ([]Part, error) {
	text, err := p.load(&s, maxEmbedded)
	if err != nil || text == nil {
		return nil, err
	}
	at := func(addr, n uint64) []byte {
		off := addr - s.addr
		if addr < s.addr || off > uint64(len(text)) || n > uint64(len(text))-off {
			return nil
		}
		return text[off : off+n]
	}
	var parts []Part
	seen := map[uint64]bool{}
	for _, name := range []string{".rodata", ".data", ".data.rel.ro", ".noptrdata"} {
		b, err := p.load(p.named(name), maxEmbedded)
		if err != nil {
			return nil, err
		}
		for i := 0; i+48 <= len(b); i += 8 {
			word := func(n int) uint64 { return binary.LittleEndian.Uint64(b[i+8*n:]) }
			if word(1) == 0 || word(1) > 4096 || word(3) == 0 || seen[word(2)] {
				continue
			}
			name, data := at(word(0), word(1)), at(word(2), word(3))
			if name == nil || data == nil || !embeddable(name) || !isEmbedHash(b[i+32:i+48], data) {
				continue
			}
			seen[word(2)] = true
			parts = append(parts, Part{Name: printable(string(name), maxValue), Kind: partEmbedded, Size: int64(word(3))})
		}
	}
	return parts, nil
}

// embeddable reports whether an embedded file may have this name: a path with slashes.
func embeddable(name []byte) bool {
	return name[0] != '/' && !bytes.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0xfffd || r == '\\' })
}

// The bounds of a symbol table, and of the name of one symbol, in bytes.
const (
	maxSymbols    = 64 << 20
	maxSymbolName = 256
)

// objects divides sections, by number, using the symbol table of a program that is not in
// Go: local symbols by the file that precedes them in the table, global ones by their own
// names.
func (p *program) objects() (map[int]parts, error) {
	if !p.elf64 || p.info != nil || p.sameNames {
		return nil, nil
	}
	symbols, err := p.load(p.named(".symtab"), maxSymbols)
	if err != nil {
		return nil, err
	}
	text, err := p.load(p.named(".strtab"), maxSymbols)
	if err != nil || text == nil {
		return nil, err
	}
	found := map[int]parts{}
	for _, s := range p.sections {
		found[s.number] = parts{}
	}
	taken := map[[2]uint64]bool{} // addresses: several symbols may name the same bytes
	object := ""
	for ; len(symbols) >= elf.Sym64Size; symbols = symbols[elf.Sym64Size:] {
		name := symbolName(text, binary.LittleEndian.Uint32(symbols))
		kind, bind := elf.ST_TYPE(symbols[4]), elf.ST_BIND(symbols[4])
		section := int(binary.LittleEndian.Uint16(symbols[6:]))
		value, size := binary.LittleEndian.Uint64(symbols[8:]), binary.LittleEndian.Uint64(symbols[16:])
		switch {
		case kind == elf.STT_FILE:
			object = name
			continue
		case section == 0 || found[section] == nil || size == 0 || size > uint64(p.size) || taken[[2]uint64{value, size}]:
			continue
		case kind != elf.STT_FUNC && kind != elf.STT_OBJECT && kind != elf.STT_GNU_IFUNC:
			continue
		}
		taken[[2]uint64{value, size}] = true
		key, partKind := name, partSymbol
		if bind == elf.STB_LOCAL && object != "" {
			key, partKind = object, partObject
		}
		found[section].of(key, key, partKind).Size += int64(size)
	}
	return found, nil
}

func symbolName(text []byte, at uint32) string {
	if int64(at) >= int64(len(text)) {
		return ""
	}
	name, _, _ := bytes.Cut(text[at:min(int(at)+maxSymbolName, len(text))], []byte{0})
	return string(name)
}
