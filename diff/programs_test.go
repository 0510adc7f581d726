package diff_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/diff"
)

const cSource = `#include <stdio.h>
int main(void) { printf("hello %s %s\n", __FILE__, WHEN); return 0; }
`

// compileC compiles a program in a directory of its own, naming the source by its
// complete path, and returns the program's path.
func compileC(t *testing.T, source string, flags []string) string {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "main.c"), source)
	out := filepath.Join(dir, "program")
	args := append([]string{"-O1", "-Wl,--build-id=none", "-o", out}, flags...)
	if !slices.Contains(flags, atPath) {
		args = append(args, "-ffile-prefix-map="+dir+"=.")
	}
	if text, err := exec.Command("gcc", append(args, filepath.Join(dir, "main.c"))...).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, text)
	}
	return out
}

// atPath is a flag that changes nothing: the path stays in the program.
const atPath = "-DAT_PATH"

func TestProgramsInC(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil || runtime.GOOS != "linux" {
		t.Skip("no gcc that makes ELF programs is here")
	}
	when := func(value string, more ...string) []string {
		return append([]string{"-s", "-DWHEN=\"" + value + "\""}, more...)
	}
	usual := when("never")
	for _, test := range []struct {
		name         string
		a, b         []string
		source       string
		cause, layer string
		words        []string
	}{
		{"path", when("never", atPath), when("never", atPath), cSource,
			"source", "text", []string{"main.c", "another directory"}},
		{"date", when("Nov 21 2026"), when("Nov 22 2026"), cSource,
			"time", "text", []string{"Nov 21 2026", "Nov 22 2026", "__DATE__"}},
		{"time of day", when("10:20:30"), when("10:20:31"), cSource,
			"time", "text", []string{"10:20:30", "10:20:31"}},
		{"seconds", when("1700000000"), when("1700000001"), cSource,
			"time", "text", []string{"1700000000", "1700000001"}},
		{"compiler", usual, usual, "__asm__(\".ident \\\"Other compiler 1.2.3\\\"\");\n" + cSource,
			"compiler", "program sections", []string{"GCC: (", "Other compiler 1.2.3"}},
		{"source", usual, usual, strings.Replace(cSource, "hello", "greet", 1),
			"source", "text", []string{"hello", "greet", "likely"}},
		{"symbols", usual, usual[1:], cSource,
			"stripped", "program sections", []string{"stripped in A", "there in B"}},
		{"build id", when("never", "-Wl,--build-id=0x1234"), when("never", "-Wl,--build-id=0x1235"), cSource,
			"build-id", "program sections", []string{"identifier"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, b := compileC(t, cSource, test.a), compileC(t, test.source, test.b)
			r, err := diff.Files(context.Background(), a, b)
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Causes) != 1 || r.Causes[0].ID != test.cause || !hasField(r, "program sections", nil) {
				t.Fatalf("causes are not %q:\n%s", test.cause, text(t, r))
			}
			for _, w := range test.words {
				if !strings.Contains(r.Causes[0].Text, w) {
					t.Errorf("the cause does not name %q: %s", w, r.Causes[0].Text)
				}
			}
		})
	}
}

// The bootzip program itself is compared, for each of these systems.
func TestProgramsForOtherSystems(t *testing.T) {
	for _, test := range []struct{ system, arch string }{{"darwin", "arm64"}, {"windows", "amd64"}} {
		t.Run(test.system, func(t *testing.T) {
			var paths [2]string
			for i, built := range []string{"when it was built: 2026-11-21T10:20:30Z", "when it was built: 2026-11-22T10:20:30Z"} {
				b := buildProgram(t, world{
					main: "package main\n\nimport \"example.com/library\"\n\nfunc main() { println(library.Name(), \"" + built + "\") }\n",
					env:  []string{"GOOS=" + test.system, "GOARCH=" + test.arch},
				})
				paths[i] = filepath.Join(t.TempDir(), "bootzip")
				writeFile(t, paths[i], string(b))
			}
			r, err := diff.Files(context.Background(), paths[0], paths[1])
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Causes) != 1 || r.Causes[0].ID != "time" || r.A.Content != "" ||
				!hasField(r, "text", []string{"2026-11-21T10:20:30Z", "2026-11-22T10:20:30Z"}) || !hasField(r, "program sections", nil) {
				t.Errorf("the time is not found:\n%s", text(t, r))
			}
		})
	}
}

// A program without section headers still says how it was built.
func TestProgramsWithoutSectionHeaders(t *testing.T) {
	bare := func(b []byte) string {
		clear(b[40:48]) // where the section headers are
		clear(b[58:64]) // and how many
		name := filepath.Join(t.TempDir(), "bootstrap")
		writeFile(t, name, string(b))
		return name
	}
	a := bare(buildProgram(t, world{}))
	b := bare(buildProgram(t, world{env: []string{"GOAMD64=v3"}}))
	r, err := diff.Files(context.Background(), a, b)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Causes) != 1 || r.Causes[0].ID != "cpu-level" || !hasField(r, "go build info", []string{"v1", "v3"}) {
		t.Error(text(t, r))
	}
}

func TestProgramAndScript(t *testing.T) {
	program := buildProgram(t, world{})
	r := compareZips(t, zipOf(t, script(hello)), zipOf(t, []packedFile{{name: "bootstrap", mode: 0o755, data: program}}))
	if len(r.Causes) != 1 || r.Causes[0].ID != "file-content" ||
		!hasField(r, "program header", []string{"not a program", "a program (ELF)"}) {
		t.Error(text(t, r))
	}
}
