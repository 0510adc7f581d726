package image

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// build compiles a small program for a system, and returns its bytes.
func build(t *testing.T, system, arch string, flags ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":  "module example.com/a.b/hello\n\ngo 1.24.0\n",
		"main.go": "package main\n\nimport \"os\"\n\nfunc main() { os.Stdout.WriteString(\"hello\") }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", append([]string{"build", "-trimpath", "-buildvcs=false", "-o", "out"}, flags...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+arch, "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local")
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

func read(t *testing.T, b []byte) Image {
	t.Helper()
	i, err := Read(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return i
}

type span struct {
	name string
	off  int64
}

func spans(i Image) []span {
	var list []span
	for _, s := range i.Sections {
		if s.File > 0 {
			list = append(list, span{s.Name, s.Off})
		}
	}
	return list
}

// The standard library must see the same sections, build information and
// function sizes.
func TestReadAgreesWithTheStandardLibrary(t *testing.T) {
	for _, test := range []struct {
		system, arch, format string
		sections             func(*bytes.Reader) ([]span, error)
	}{
		{"linux", "amd64", "ELF", elfSections},
		{"linux", "arm64", "ELF", elfSections},
		{"darwin", "arm64", "Mach-O", machoSections},
		{"windows", "amd64", "PE", peSections},
	} {
		t.Run(test.system+" "+test.arch, func(t *testing.T) {
			b := build(t, test.system, test.arch, stripped)
			i := read(t, b)
			if i.Format != test.format || len(i.Header) < 4 || i.Header[0] != (Fact{"machine", test.arch}) {
				t.Errorf("%s, header %v", i.Format, i.Header)
			}
			want, err := test.sections(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			if got := spans(i); !slices.Equal(got, want) {
				t.Errorf("sections %v\nwant     %v", got, want)
			}
			marks := func(mark []byte) int64 {
				for from := 0; ; from++ {
					at := bytes.Index(b[from:], mark)
					if at < 0 {
						return -1
					}
					if from += at; from%16 == 0 && bytes.Equal(mark, GoMagic) || from%8 == 0 && b[from+7] == 8 {
						return int64(from)
					}
				}
			}
			r := bytes.NewReader(b)
			info, err := i.BuildInfo(r, r.Size(), marks(GoMagic))
			if err != nil || info == nil {
				t.Fatalf("build information %v, %v", info, err)
			}
			known, err := buildinfo.Read(r)
			if err != nil {
				t.Fatal(err)
			}
			if info.String() != known.String() {
				t.Errorf("build information\n%s\nwant\n%s", info, known)
			}
			table, ok, err := i.Table(r, r.Size(), marks(TableMark))
			if !ok || err != nil {
				t.Fatalf("no function table: %v", err)
			}
			sizes, ok, err := table.Packages(r)
			if !ok || err != nil || sizes["runtime"] < 100_000 || sizes["main"] < 16 || sizes["os"] < 1000 {
				t.Errorf("packages %v, %v, %v", sizes, ok, err)
			}
			from, to := table.Files()
			if !bytes.Contains(b[from:to], []byte("\x00example.com/a.b/hello/main.go\x00")) {
				t.Error("the names of files do not hold main.go")
			}
		})
	}
}

func elfSections(r *bytes.Reader) ([]span, error) {
	f, err := elf.NewFile(r)
	if err != nil {
		return nil, err
	}
	var list []span
	for _, s := range f.Sections {
		if s.Type != elf.SHT_NOBITS && s.FileSize > 0 {
			list = append(list, span{s.Name, int64(s.Offset)})
		}
	}
	return list, nil
}

func machoSections(r *bytes.Reader) ([]span, error) {
	f, err := macho.NewFile(r)
	if err != nil {
		return nil, err
	}
	var list []span
	for _, s := range f.Sections {
		if s.Flags&0xff != machoZeroFill && s.Size > 0 {
			list = append(list, span{s.Name, int64(s.Offset)})
		}
	}
	return list, nil
}

func peSections(r *bytes.Reader) ([]span, error) {
	f, err := pe.NewFile(r)
	if err != nil {
		return nil, err
	}
	var list []span
	for _, s := range f.Sections {
		if s.Size > 0 {
			list = append(list, span{s.Name, int64(s.Offset)})
		}
	}
	return list, nil
}

// The sizes of a stripped program are those that the symbol table of an
// unstripped one gives, but for the space between functions.
func TestPackagesAgreeWithTheSymbols(t *testing.T) {
	b := build(t, "linux", "amd64")
	f, err := elf.NewFile(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{}
	functions := int64(0)
	for _, s := range symbols {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			want[packageOf(s.Name)] += int64(s.Size)
			functions++
		}
	}
	b = build(t, "linux", "amd64", stripped)
	r := bytes.NewReader(b)
	table, _, err := read(t, b).Table(r, r.Size(), -1)
	if err != nil {
		t.Fatal(err)
	}
	got, ok, err := table.Packages(r)
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	for _, name := range []string{"runtime", "os", "main", "syscall", "internal/poll"} {
		if got[name] < want[name] || got[name] > want[name]+32*functions {
			t.Errorf("%s has %d bytes, and %d by its symbols", name, got[name], want[name])
		}
		if got[name] > want[name]*5/4+64 {
			t.Errorf("%s has %d bytes, and only %d by its symbols", name, got[name], want[name])
		}
	}
}

func TestPackageOf(t *testing.T) {
	for function, want := range map[string]string{
		"main.main":                      "main",
		"net/http.(*Server).Serve.func1": "net/http",
		"example.com/a/b%2ev3.F":         "example.com/a/b.v3",
		"slices.SortFunc[go.shape.[]example.com/x/y.T,...]": "slices",
		"type:.eq.net/http.Cookie":                          "(made by the compiler)",
		"go:buildid":                                        "(made by the compiler)",
		"_rt0_amd64_linux":                                  "(made by the compiler)",
		"":                                                  "(made by the compiler)",
	} {
		if got := packageOf(function); got != want {
			t.Errorf("%q is of %q, not %q", function, got, want)
		}
	}
}

// What is cut off or changed anywhere must be read without a panic, and
// nothing of it may lie outside of the file.
func TestReadOfBrokenPrograms(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, system := range []string{"linux", "darwin", "windows"} {
		whole := build(t, system, "amd64", stripped)
		for n := range 400 {
			b := bytes.Clone(whole)
			for range 1 + random.IntN(8) {
				// Headers are in the first kilobytes.
				b[random.IntN(4096)] = byte(random.IntN(256))
			}
			if n%4 == 0 {
				b = b[:random.IntN(len(b))]
			}
			consistent(t, b)
		}
	}
}

func consistent(t *testing.T, b []byte) {
	t.Helper()
	i := read(t, b)
	size := int64(len(b))
	if len(i.Sections) > MaxSections || len(i.Header) > 600 {
		t.Errorf("%d sections, %d fields", len(i.Sections), len(i.Header))
	}
	for _, s := range i.Sections {
		if s.Off < 0 || s.File < 0 || s.Off > size-s.File || s.Size < 0 || len(s.Name) > 64 {
			t.Fatalf("section %+v of a file of %d bytes", s, size)
		}
	}
	r := bytes.NewReader(b)
	for _, seen := range []int64{-1, 0, size / 2, size} {
		if _, err := i.BuildInfo(r, size, seen); err != nil {
			t.Fatal(err)
		}
		table, ok, err := i.Table(r, size, seen)
		if err != nil {
			t.Fatal(err)
		}
		if from, to := table.Files(); ok && (from < 0 || to < from || to > size) {
			t.Fatalf("names of files from %d to %d of %d", from, to, size)
		}
		if ok {
			if _, _, err := table.Packages(r); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// FuzzRead gives any bytes to the reader.
func FuzzRead(f *testing.F) {
	f.Add([]byte("\x7fELF\x02\x01\x01"))
	f.Add([]byte("\xcf\xfa\xed\xfe"))
	f.Add([]byte("MZ"))
	f.Fuzz(func(t *testing.T, b []byte) { consistent(t, b) })
}
