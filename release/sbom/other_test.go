package sbom

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/bootzip/bootzip/internal/hint"
)

// withComment makes an ELF file that has a .comment section and nothing else.
func withComment(t *testing.T, comment string) []byte {
	t.Helper()
	names := "\x00.comment\x00.shstrtab\x00"
	const headerSize, sectionSize = 64, 64
	header := elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT),
		Ehsize: headerSize, Shentsize: sectionSize, Shnum: 3, Shstrndx: 2,
		Shoff: uint64(headerSize + len(comment) + len(names)),
	}
	sections := []elf.Section64{
		{},
		{Name: 1, Type: uint32(elf.SHT_PROGBITS), Off: headerSize, Size: uint64(len(comment))},
		{Name: 10, Type: uint32(elf.SHT_STRTAB), Off: uint64(headerSize + len(comment)), Size: uint64(len(names))},
	}
	var b bytes.Buffer
	for _, v := range []any{header, []byte(comment), []byte(names), sections} {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

const gcc = "GCC: (Debian 14.2.0-19) 14.2.0"

func TestProgramsThatAreNotGos(t *testing.T) {
	c := Config{
		File: zipOf(t,
			content{"bootstrap", withComment(t, gcc+"\x00crystal\x00"+gcc+"\x00")},
			content{"bin/run", []byte("#!/bin/sh\n")},
			content{"broken", []byte("\x7fELF")},
			content{"data.txt", []byte("x")}),
		Packages: []string{"libc6-dev:amd64=2.41-12"},
	}
	_, bom := mustMake(t, c)
	checkGraph(t, bom)
	var comments []string
	for _, p := range *component(t, bom, "file:bootstrap").Properties {
		comments = append(comments, p.Name+"="+p.Value)
	}
	if got := strings.Join(comments, "; "); got != propertyComment+"="+gcc+"; "+propertyComment+"=crystal" {
		t.Errorf("properties %s", got)
	}
	if p := component(t, bom, "deb:libc6-dev:amd64=2.41-12"); p.Scope != "" {
		t.Errorf("a package that may be linked in has the scope %q", p.Scope)
	}
	for _, ref := range []string{"file:bootstrap", "file:bin/run", "file:broken"} {
		if got := aggregate(bom, ref); got != cdx.CompositionAggregateUnknown {
			t.Errorf("the dependencies of %s are %q", ref, got)
		}
	}
	if got := aggregate(bom, "file:data.txt"); got != "" {
		t.Errorf("the dependencies of a text are %q", got)
	}

	// If there is another program beside a Go one, the packages are still components.
	c.File = zipOf(t, content{"bootstrap", program(t, "linux")}, content{"bin/other", withComment(t, gcc)})
	_, bom = mustMake(t, c)
	if p := component(t, bom, "deb:libc6-dev:amd64=2.41-12"); p.Scope != "" {
		t.Errorf("a package that may be linked in has the scope %q", p.Scope)
	}
}

// ELF, Mach-O and PE.
func TestPlainProgram(t *testing.T) {
	for _, system := range []string{"linux", "darwin", "windows"} {
		name := filepath.Join(t.TempDir(), "tool")
		write1(t, name, program(t, system))
		_, bom := mustMake(t, Config{File: name, Name: "bootzip-" + system, ModuleCache: moduleCache(t)})
		checkGraph(t, bom)
		c := *bom.Metadata.Component
		if c.Name != "bootzip-"+system || property(c, propertyPackage) != "example.com/Program" || property(c, propertySetting+"GOOS") != system || property(c, propertyCode) != "" {
			t.Errorf("%s: subject %+v", system, c)
		}
		if on := dependsOn(bom, "subject"); len(on) != 4 {
			t.Errorf("%s: it depends on %v", system, on)
		}
		if got := aggregate(bom, "subject"); got != cdx.CompositionAggregateComplete {
			t.Errorf("%s: its dependencies are %q", system, got)
		}
	}
}

func TestBadFiles(t *testing.T) {
	good := zipOf(t, content{"bootstrap", []byte("#!/bin/sh\n")})
	data, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	crc := bytes.Clone(data)
	crc[bytes.LastIndex(crc, []byte("PK\x01\x02"))+16] ^= 1
	copy(crc[bytes.Index(crc, []byte("PK\x07\x08"))+4:], crc[bytes.LastIndex(crc, []byte("PK\x01\x02"))+16:][:4])
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"text":            {[]byte("hello"), "neither a program nor a readable zip"},
		"empty":           {nil, "neither a program nor a readable zip"},
		"cut":             {data[:len(data)-5], "neither a program nor a readable zip"},
		"wrong CRC":       {crc, "CRC"},
		"two of one name": {readFile(t, zipOf(t, content{"bootstrap", []byte("a")}, content{"bootstrap", []byte("b")})), "duplicate file"},
	} {
		file := filepath.Join(t.TempDir(), "x.zip")
		write1(t, file, c.data)
		_, err := Make(context.Background(), Config{File: file})
		if err == nil || !strings.Contains(err.Error(), c.want) || hint.Of(err) == "" {
			t.Errorf("%s: %v; %s", name, err, hint.Of(err))
		}
	}
	if _, err := Make(context.Background(), Config{File: filepath.Join(t.TempDir(), "none")}); err == nil {
		t.Error("a missing file has a document")
	}
	if _, err := Make(context.Background(), Config{File: good, Packages: []string{"libc6"}}); err == nil {
		t.Error("a package without a version is listed")
	}
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
