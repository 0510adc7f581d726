package diff

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// compileGo compiles a small program, and returns its bytes.
func compileGo(t testing.TB, system string, flags ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":  "module example.com/hello\n\ngo 1.24.0\n",
		"main.go": "package main\n\nfunc main() { println(\"hello\") }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", append([]string{"build", "-trimpath", "-buildvcs=false", "-o", "out"}, flags...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH=amd64", "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, text)
	}
	b, err := os.ReadFile(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const stripped = "-ldflags=-s -w"

// read reads a program, and checks what holds for every program.
func read(t testing.TB, b []byte) *program {
	t.Helper()
	p, err := readProgram(context.Background(), content{bytes.NewReader(b), int64(len(b))})
	if err != nil {
		t.Fatal(err)
	}
	covered := int64(0)
	for _, s := range p.sections {
		if s.name == betweenSections {
			covered += s.size
		}
		if s.from < 0 || s.to < s.from || s.to > p.size || s.size < 0 {
			t.Fatalf("section %+v of a file of %d bytes", s, p.size)
		}
		covered += s.to - s.from
	}
	if p.format != "" && covered != p.size {
		t.Fatalf("sections cover %d of %d bytes", covered, p.size)
	}
	return p
}

// allocated returns how many bytes f allocates in total.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Stripped Go programs for every system say how they were built, and how large their
// functions are if the linker names the table.
func TestReadProgram(t *testing.T) {
	for system, format := range map[string]string{"linux": "ELF", "darwin": "Mach-O", "windows": "PE"} {
		p := read(t, compileGo(t, system, stripped))
		if p.format != format || p.damaged || p.info == nil || p.info.Path != "example.com/hello" || len(p.header) < 3 || len(p.sections) < 5 {
			t.Errorf("%s: %q, damaged %v, info %v, header %v, %d sections", system, p.format, p.damaged, p.info, p.header, len(p.sections))
		}
		if p.functions["main.main"] < 16 && format != "PE" {
			t.Errorf("%s: main.main has %d bytes", system, p.functions["main.main"])
		}
	}
}

// The sizes of functions in a stripped program are those that the symbol table
// of an unstripped one has, except for the space between functions.
func TestFunctionsAgreeWithTheSymbols(t *testing.T) {
	f, err := elf.NewFile(bytes.NewReader(compileGo(t, "linux")))
	if err != nil {
		t.Fatal(err)
	}
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	want, times := map[string]int64{}, map[string]int64{}
	for _, s := range symbols {
		if strings.HasPrefix(s.Name, "runtime.") && elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			name := strings.TrimSuffix(s.Name, ".abi0")
			want[name] += int64(s.Size)
			times[name]++
		}
	}
	if len(want) < 500 {
		t.Errorf("only %d functions are compared", len(want))
	}
	got := read(t, compileGo(t, "linux", stripped)).functions
	for name, size := range want {
		if got[name] < size || got[name] > size+64*times[name] {
			t.Errorf("%s has %d bytes, and %d by its symbols", name, got[name], size)
		}
	}
}

// A program whose sections all have the same long name.
func elfWithLongNames(sections, name int) []byte {
	b := make([]byte, 64+64*sections+name)
	copy(b, "\x7fELF\x02\x01\x01")
	le := binary.LittleEndian
	le.PutUint16(b[16:], 2)
	le.PutUint16(b[18:], 62)
	le.PutUint32(b[20:], 1)
	le.PutUint64(b[40:], 64)
	le.PutUint16(b[58:], 64)
	le.PutUint16(b[60:], uint16(sections))
	le.PutUint16(b[62:], 1) // the section of names; 0 is none
	for i := range sections {
		s := b[64+64*i:]
		le.PutUint32(s[4:], 3)
		le.PutUint64(s[24:], uint64(64+64*sections))
		le.PutUint64(s[32:], uint64(name))
	}
	for i := range name - 1 {
		b[64+64*sections+i] = 'x'
	}
	return b
}

// The same for the symbols of Mach-O.
func machoWithLongNames(symbols, name int) []byte {
	b := make([]byte, 32+24+16*symbols+name)
	le := binary.LittleEndian
	for i, v := range []uint32{0xfeedfacf, 0x01000007, 3, 2, 1, 24, 0, 0, 2, 24, 56, uint32(symbols), uint32(56 + 16*symbols), uint32(name)} {
		le.PutUint32(b[4*i:], v)
	}
	for i := range name - 1 {
		b[56+16*symbols+i] = 'x'
	}
	return b
}

// Readers of the standard library copy each name. A small file in which many
// names are the same long one must not take gigabytes.
func TestHeadersAreBounded(t *testing.T) {
	for name, b := range map[string][]byte{
		"sections, within the bound": elfWithLongNames(400, 30_000),
		"sections":                   elfWithLongNames(5000, 300_000),
		"symbols, within the bound":  machoWithLongNames(2000, 30_000),
		"symbols":                    machoWithLongNames(5000, 300_000),
	} {
		t.Run(name, func(t *testing.T) {
			var p *program
			n := allocated(func() { p = read(t, b) })
			if n > 200<<20 {
				t.Errorf("%d bytes were allocated for a file of %d", n, len(b))
			}
			if within := strings.Contains(name, "within"); p.damaged == within {
				t.Errorf("damaged: %v", p.damaged)
			}
		})
	}
}

// functionTable returns a table of n functions. All have the same name, but each begins
// one byte later in it.
func functionTable(n, name int) []byte {
	const header = 72
	records := header + name
	b := make([]byte, records+8*n+8+44*n)
	le := binary.LittleEndian
	copy(b, "\xf1\xff\xff\xff\x00\x00\x01\x08")
	for i, v := range []int{n, 0, 0, header, records, records, records, records} {
		le.PutUint64(b[8+8*i:], uint64(v))
	}
	for i := range name - 1 {
		b[header+i] = 'x'
	}
	for i := range n {
		le.PutUint32(b[records+8*i:], uint32(16*i))
		le.PutUint32(b[records+8*i+4:], uint32(8*n+8+44*i))
		le.PutUint32(b[records+8*n+8+44*i+4:], uint32(i%name))
	}
	le.PutUint32(b[records+8*n:], uint32(16*n))
	return b
}

func TestFunctionTableIsBounded(t *testing.T) {
	functions := func(table []byte) (p *program, n uint64) {
		p = &program{content: content{bytes.NewReader(table), int64(len(table))}}
		p.sections = []section{{name: ".gopclntab", to: int64(len(table))}}
		n = allocated(func() {
			if err := p.readFunctions(); err != nil {
				t.Fatal(err)
			}
		})
		return p, n
	}
	p, n := functions(functionTable(20_000, 100_000))
	if n > 200<<20 || len(p.functions) == 0 {
		t.Errorf("%d functions; %d bytes were allocated", len(p.functions), n)
	}
	for name := range p.functions {
		if len(name) > maxFunctionName {
			t.Fatalf("a name has %d bytes", len(name))
		}
	}
	if p, _ := functions(functionTable(maxFunctions+1, 100)); p.functions != nil {
		t.Error("too many functions were read")
	}
	// Numbers that the table cannot hold.
	for _, word := range []int{0, 1, 3, 7} {
		table := functionTable(10, 100)
		binary.LittleEndian.PutUint64(table[8+8*word:], 1<<60)
		if p, _ := functions(table); p.functions != nil {
			t.Errorf("word %d is not bounded", word)
		}
	}
	// A name that begins in the records.
	table := append(functionTable(10, 100), bytes.Repeat([]byte("y"), 2000)...)
	if p, _ := functions(table); p.functions != nil {
		t.Error("a long name in the records was read")
	}
}

// A program that is cut off or changed anywhere is read without a panic, and none of its
// sections lies outside of the file.
func TestBrokenPrograms(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, system := range []string{"linux", "darwin", "windows"} {
		whole := compileGo(t, system, stripped)
		for n := range 60 {
			b := bytes.Clone(whole)
			for range 1 + random.IntN(8) {
				b[random.IntN(4096)] = byte(random.IntN(256)) // where headers are
			}
			if n%4 == 0 {
				b = b[:random.IntN(len(b))]
			}
			read(t, b)
		}
	}
}

// FuzzProgram gives arbitrary bytes to the readers of programs.
func FuzzProgram(f *testing.F) {
	f.Add([]byte("\xcf\xfa\xed\xfe"))
	f.Add([]byte("MZ"))
	f.Add(elfWithLongNames(3, 20))
	f.Add(machoWithLongNames(3, 20))
	// A table in a section of its name.
	table := functionTable(5, 100)
	b := append(elfWithLongNames(2, 12), table...)
	copy(b[len(b)-len(table)-12:], "\x00.gopclntab\x00")
	first := b[64:]
	first[0] = 1
	binary.LittleEndian.PutUint64(first[24:], uint64(len(b)-len(table)))
	binary.LittleEndian.PutUint64(first[32:], uint64(len(table)))
	if len(read(f, b).functions) == 0 {
		f.Fatal("the functions of the seed are not read")
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) { read(t, b) })
}
