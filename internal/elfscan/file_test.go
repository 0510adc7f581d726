package elfscan

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

// programs are ELF files that exist wherever the tests run on Linux: this test itself,
// and what it finds of other compilers' output.
func programs(t *testing.T) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	list := []string{self}
	for _, name := range []string{"sh", "go", "python3", "unzip", "gcc"} {
		if path, err := exec.LookPath(name); err == nil {
			if path, err = filepath.EvalSymlinks(path); err == nil {
				list = append(list, path)
			}
		}
	}
	return slices.DeleteFunc(list, func(path string) bool {
		b, err := os.ReadFile(path)
		return err != nil || !IsELF(b) || b[4] != 2
	})
}

// ownProgram is this test, which is a Go program.
func ownProgram(t *testing.T) string {
	t.Helper()
	list := programs(t)
	if self, err := os.Executable(); err != nil || len(list) == 0 || list[0] != self {
		t.Skip("this test is no 64-bit ELF program")
	}
	return list[0]
}

func read(t *testing.T, path string, magic int64) *File {
	t.Helper()
	r, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	info, err := r.Stat()
	if err != nil {
		t.Fatal(err)
	}
	f, err := Read(r, info.Size(), magic)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestReadAgreesWithTheStandardLibrary(t *testing.T) {
	list := programs(t)
	if len(list) == 0 {
		t.Skip("this system's programs are no ELF files")
	}
	for _, path := range list {
		f := read(t, path, -1)
		if len(f.Faults) > 0 {
			t.Errorf("%s: faults %v", path, f.Faults)
		}
		want, err := elf.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer want.Close()
		if f.Type != want.Type || f.Machine != want.Machine || f.Entry != want.Entry || len(f.Progs) != len(want.Progs) {
			t.Errorf("%s: type %d, machine %d, entry %#x, %d program headers", path, f.Type, f.Machine, f.Entry, len(f.Progs))
		}
		if needed, err := want.ImportedLibraries(); err == nil && !slices.Equal(f.Needed, needed) {
			t.Errorf("%s: needs %v, and by debug/elf %v", path, f.Needed, needed)
		}
		compareSections(t, path, f, want)
		compareVersions(t, path, f, want)
	}
}

func compareSections(t *testing.T, path string, f *File, want *elf.File) {
	t.Helper()
	symbols := false
	for i, s := range want.Sections {
		if i < len(f.Sections) && (f.Sections[i].Name != s.Name || f.Sections[i].Off != s.Offset) {
			t.Errorf("%s: section %q, and by debug/elf %q", path, f.Sections[i].Name, s.Name)
		}
		symbols = symbols || s.Type == elf.SHT_SYMTAB
	}
	if len(f.Sections) != len(want.Sections) || f.Symbols != symbols {
		t.Errorf("%s: %d sections, symbols %v", path, len(f.Sections), f.Symbols)
	}
}

func compareVersions(t *testing.T, path string, f *File, want *elf.File) {
	t.Helper()
	needs, err := want.DynamicVersionNeeds()
	if err != nil {
		return
	}
	var all []Version
	for _, n := range needs {
		for _, v := range n.Needs {
			if v.Flags&elf.VER_FLG_WEAK == 0 {
				all = append(all, Version{n.Name, v.Dep})
			}
		}
	}
	if !slices.Equal(f.Versions, all) {
		t.Errorf("%s: versions %v, and by debug/elf %v", path, f.Versions, all)
	}
}

// Go's build information must be found with section headers and without.
func TestGoBuildAgreesWithTheStandardLibrary(t *testing.T) {
	path := ownProgram(t)
	want, err := buildinfo.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	magic := int64(-1)
	for from := 0; ; {
		at := bytes.Index(b[from:], GoMagic)
		if at < 0 {
			break
		}
		if from += at; from%16 == 0 {
			magic = int64(from)
			break
		}
		from++
	}
	stripped := bytes.Clone(b)
	clear(stripped[40:48]) // where the section headers are
	clear(stripped[60:62]) // and how many
	for name, f := range map[string]*File{
		"with sections":    read(t, path, -1),
		"without sections": readBytes(t, stripped, magic),
	} {
		if f.Go == nil || f.Go.Version != want.GoVersion || f.Go.Path != want.Path || len(f.Go.Settings) != len(want.Settings) {
			t.Errorf("%s: %+v", name, f.Go)
			continue
		}
		for _, s := range want.Settings {
			if f.Go.Settings[s.Key] != s.Value {
				t.Errorf("%s: %s is %q, not %q", name, s.Key, f.Go.Settings[s.Key], s.Value)
			}
		}
	}
}

func readBytes(t *testing.T, b []byte, magic int64) *File {
	t.Helper()
	f, err := Read(bytes.NewReader(b), int64(len(b)), magic)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A program that is cut off anywhere must be read without a panic, and what is missing
// must be noticed.
func TestReadNoticesWhatIsCutOff(t *testing.T) {
	b, err := os.ReadFile(ownProgram(t))
	if err != nil {
		t.Fatal(err)
	}
	for n := 4; n < len(b); n += 1 + n/7 {
		if f := readBytes(t, b[:n], -1); len(f.Faults) == 0 {
			t.Errorf("%d of %d bytes have no fault", n, len(b))
		}
	}
}

type brokenDisk struct{}

var errDisk = errors.New("disk error")

func (brokenDisk) ReadAt([]byte, int64) (int, error) { return 0, errDisk }

func TestReadReportsADiskError(t *testing.T) {
	if _, err := Read(brokenDisk{}, 1<<20, -1); !errors.Is(err, errDisk) {
		t.Errorf("error %v", err)
	}
	if _, err := Read(bytes.NewReader(make([]byte, 10)), 1<<20, -1); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("shrunk: error %v", err)
	}
}

// FuzzRead gives arbitrary bytes to the reader.
func FuzzRead(f *testing.F) {
	h := make([]byte, 64+56)
	copy(h, "\x7fELF\x02\x01\x01")
	h[16], h[18], h[32], h[54], h[56] = 2, 62, 64, 56, 1
	f.Add(h)
	f.Fuzz(func(t *testing.T, b []byte) {
		file := readBytes(t, b, 0)
		if file.ISALevel() < 0 || len(file.Progs) > maxProgs || len(file.Notes) > maxNotes || len(file.Versions) > maxVersions {
			t.Errorf("%d program headers, %d notes, %d versions", len(file.Progs), len(file.Notes), len(file.Versions))
		}
	})
}

func TestReadFile(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "linux" {
		f, err := ReadFile(self)
		if err != nil || f.GOARCH() != runtime.GOARCH || f.Go == nil || f.Go.Info == nil || f.Go.Info.GoVersion != f.Go.Version {
			t.Errorf("this test's own program is %+v, %v", f, err)
		}
	}
	dir := t.TempDir()
	for _, text := range []string{"", "\x7fEL", "#!/bin/sh\n"} {
		name := filepath.Join(dir, "script")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadFile(name); !errors.Is(err, ErrNotELF) {
			t.Errorf("%q is read with error %v", text, err)
		}
	}
	if _, err := ReadFile(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file is read with error %v", err)
	}
}

// The header alone says which machine a file is for, for every class and byte order.
func TestReadHeader(t *testing.T) {
	header := func(class, data byte, machine elf.Machine) []byte {
		b := make([]byte, HeaderSize)
		copy(b, "\x7fELF")
		b[4], b[5] = class, data
		if data == 2 {
			binary.BigEndian.PutUint16(b[18:], uint16(machine))
		} else {
			binary.LittleEndian.PutUint16(b[18:], uint16(machine))
		}
		return b
	}
	for _, c := range []struct {
		head       []byte
		arch, name string
	}{
		{header(2, 1, elf.EM_X86_64), "amd64", "amd64"},
		{header(2, 1, elf.EM_AARCH64), "arm64", "arm64"},
		{header(1, 1, elf.EM_X86_64), "", "x32 (64-bit x86 with 32-bit addresses)"},
		{header(2, 2, elf.EM_AARCH64), "", "arm64, big endian"},
		{header(1, 1, 3), "", "32-bit x86"},
		{header(9, 9, 9999), "", "an unknown machine, of unknown byte order, of unknown word size"},
	} {
		f := ReadHeader(c.head)
		if f.GOARCH() != c.arch || f.MachineName() != c.name || len(f.Faults) > 0 {
			t.Errorf("%q (%q), want %q (%q); faults %v", f.GOARCH(), f.MachineName(), c.arch, c.name, f.Faults)
		}
	}
	if f := ReadHeader([]byte("\x7fELF\x02\x01")); len(f.Faults) == 0 || f.GOARCH() != "" {
		t.Errorf("a header that is cut off is %+v", f)
	}
}
