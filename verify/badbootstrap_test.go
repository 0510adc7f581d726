package verify_test

import (
	"bytes"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// A badboot is a bootstrap with one fault, and the id of the one check that
// must find it.
type badboot struct {
	name    string
	id      string
	data    func() []byte
	options verify.Options
	beside  []zfile
}

func elf(s elfspec) func() []byte { return s.bytes }

// dynamicELF is a good dynamically linked program.
func dynamicELF() elfspec {
	return elfspec{interp: "/lib64/ld-linux-x86-64.so.2", needed: []string{"libc.so.6"},
		versions: map[string][]string{"libc.so.6": {"GLIBC_2.2.5", "GLIBC_2.34"}}}
}

var dynamicAllowed = verify.Options{Dynamic: true}

func dyn(change func(s *elfspec)) func() []byte {
	return func() []byte {
		s := dynamicELF()
		change(&s)
		return s.bytes()
	}
}

// prog is a program whose program header n was changed.
func prog(n int, change func(p []byte)) elfspec {
	return elfspec{progs: func(p [][]byte) { change(p[n]) }}
}

func put64(at int, v uint64) func(b []byte) { return func(b []byte) { le.PutUint64(b[at:], v) } }

const goodGo = "build\t-trimpath=true\nbuild\tCGO_ENABLED=0\nbuild\tGOARCH=amd64\nbuild\tGOOS=linux\nbuild\tGOAMD64=v1\n"

func golang(replace, by string) func() []byte {
	return elf(elfspec{goBuild: strings.Replace(goodGo, replace, by, 1)})
}

// Bootstraps that are not Linux programs at all, and scripts.
func badFormats() []badboot {
	const format = "bootstrap-format"
	long := "#!/" + strings.Repeat("x", 400) + "\n"
	return []badboot{
		{name: "empty", id: format, data: text("")},
		{name: "text without #!", id: format, data: text("echo hello\n")},
		{name: "byte order mark before #!", id: format, data: text("\xef\xbb\xbf#!/bin/sh\n")},
		{name: "Windows program", id: format, data: text("MZ\x90\x00\x03")},
		{name: "macOS program", id: format, data: text("\xcf\xfa\xed\xfe\x07\x00\x00\x01")},
		{name: "macOS universal program", id: format, data: text("\xca\xfe\xba\xbe\x00\x00\x00\x02")},
		{name: "WebAssembly", id: format, data: text("\x00asm\x01\x00\x00\x00")},
		{name: "a zip", id: format, data: func() []byte { return function().bytes() }},
		{name: "library of object files", id: format, data: text("!<arch>\n")},
		{name: "three bytes of ELF", id: format, data: text("\x7fEL")},
		{name: "blank before #!", id: format, data: text(" #!/bin/sh\n")},
		{name: "CRLF", id: "script-crlf", data: text("#!/bin/sh\r\necho hello\r\n")},
		{name: "CRLF behind env", id: "script-crlf", data: text("#!/usr/bin/env bash\r\n")},
		{name: "no program", id: "script-first-line", data: text("#!\necho hello\n")},
		{name: "only blanks", id: "script-first-line", data: text("#!   \n")},
		{name: "relative program", id: "script-first-line", data: text("#!sh\n")},
		{name: "line without end", id: "script-first-line", data: text("#!/bin/sh")},
		{name: "line too long", id: "script-first-line", data: text(long)},
		{name: "env without a program", id: "script-first-line", data: text("#!/usr/bin/env\n")},
		{name: "Python", id: "script-interpreter", data: text("#!/usr/bin/python3\n")},
		{name: "env and Python", id: "script-interpreter", data: text("#!/usr/bin/env python3\n")},
		{name: "env and two words", id: "script-interpreter", data: text("#!/usr/bin/env bash -eu\n")},
		{name: "env -S and Node", id: "script-interpreter", data: text("#!/usr/bin/env -S A=b node --x\n")},
		{name: "zsh", id: "script-interpreter", data: text("#!/bin/zsh\n")},
		{name: "sh in another folder", id: "script-interpreter", data: text("#!/usr/local/bin/bash\n")},
		{name: "program that is not in the zip", id: "script-interpreter", data: text("#!/var/task/bin/tool\n")},
		{name: "program in the zip, 0644", id: "script-interpreter", data: text("#!/var/task/bin/tool\n"), beside: []zfile{asset("bin/tool")}},
	}
}

// Programs for something other than Lambda's Linux, and damaged ones.
func badPrograms() []badboot {
	const machine, system, kind, broken = "elf-wrong-architecture", "elf-wrong-system", "elf-not-a-program", "elf-broken"
	cut := func(n int) func() []byte {
		return elf(elfspec{finish: func(b []byte) []byte { return b[:n] }})
	}
	return []badboot{
		{name: "arm64 for amd64", id: machine, data: elf(elfspec{arm64: true})},
		{name: "amd64 for arm64", id: machine, data: elf(elfspec{}), options: verify.Options{Arch: project.ARM64}},
		{name: "32-bit x86", id: machine, data: elf(elfspec{class: 1, machine: 3})},
		{name: "x32", id: machine, data: elf(elfspec{class: 1})},
		{name: "32-bit ARM", id: machine, data: elf(elfspec{class: 1, machine: 40}), options: verify.Options{Arch: project.ARM64}},
		{name: "big-endian arm64", id: machine, data: elf(elfspec{data: 2, arm64: true}), options: verify.Options{Arch: project.ARM64}},
		{name: "RISC-V", id: machine, data: elf(elfspec{machine: 243})},
		{name: "no byte order", id: machine, data: elf(elfspec{data: 7})},
		{name: "no word size", id: machine, data: elf(elfspec{class: 9})},
		{name: "FreeBSD by its ABI", id: system, data: elf(elfspec{abi: 9})},
		{name: "OpenBSD by its ABI", id: system, data: elf(elfspec{abi: 12})},
		{name: "Solaris by its ABI", id: system, data: elf(elfspec{abi: 6})},
		{name: "an unknown ABI", id: system, data: elf(elfspec{abi: 77})},
		{name: "OpenBSD by its note", id: system, data: elf(elfspec{kind: 3, notes: [][]byte{note("OpenBSD", 1, "\x00\x00\x00\x00")}})},
		{name: "NetBSD by its note", id: system, data: elf(elfspec{notes: [][]byte{note("NetBSD", 1, "\x00\x00\x00\x00")}})},
		{name: "Hurd by GNU's ABI note", id: system, data: elf(elfspec{notes: [][]byte{note("GNU", 1, "\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")}})},
		{name: "OpenBSD by its section", id: system, data: elf(elfspec{sections: []elfsection{{".openbsd.randomdata", 1, "x"}}})},
		{name: "shared library with an entry point", id: kind, data: elf(elfspec{kind: 3, dynamic: [][2]uint64{{14, 0}}})},
		{name: "Go's c-shared", id: kind, data: golang("build\tGOOS", "build\t-buildmode=c-shared\nbuild\tGOOS")},
		{name: "object file", id: kind, data: elf(elfspec{kind: 1})},
		{name: "core dump", id: kind, data: elf(elfspec{kind: 4})},
		{name: "no type", id: kind, data: elf(elfspec{kind: 0xfe00})},
		{name: "shared library", id: kind, data: elf(elfspec{kind: 3, entry: noEntry})},
		{name: "73 bytes", id: broken, data: cut(73)},
		{name: "cut in the code", id: broken, data: cut(0x1004)},
		{name: "cut in the data", id: broken, data: cut(0x2002)},
		{name: "cut in the header", id: broken, data: cut(60)},
		{name: "no program headers", id: broken, data: elf(elfspec{noProgs: true})},
		{name: "nothing to load", id: broken, data: elf(elfspec{noLoad: true})},
		{name: "program headers of another size", id: broken, data: elf(elfspec{header: func(h []byte) { le.PutUint16(h[54:], 32) }})},
		{name: "program headers outside the file", id: broken, data: elf(elfspec{header: put64(32, 1<<40)})},
		{name: "too many program headers", id: broken, data: elf(elfspec{header: func(h []byte) { le.PutUint16(h[56:], 5000) }})},
		{name: "entry point outside", id: broken, data: elf(elfspec{entry: 0x10})},
		{name: "entry point in the data", id: broken, data: elf(elfspec{entry: dataAddr})},
		{name: "segment outside the file", id: broken, data: elf(prog(1, put64(8, 1<<62)))},
		{name: "segment larger in the file than in memory", id: broken, data: elf(prog(1, put64(40, 0)))},
		{name: "segment outside the address space", id: broken, data: elf(prog(1, put64(16, 1<<48)))},
		{name: "segment that wraps around", id: broken, data: elf(prog(1, put64(40, 1<<64-1)))},
		{name: "segment that cannot be mapped", id: broken, data: elf(prog(1, put64(16, dataAddr+4)))},
		{name: "entry point 0", id: broken, data: elf(elfspec{entry: noEntry})},
		{name: "segment at address 0", id: broken, data: elf(prog(1, put64(16, 0)))},
		{name: "segments on one another", id: broken, data: elf(prog(1, put64(16, codeAddr)))},
		{name: "section headers outside the file", id: "elf-bad-sections", data: elf(elfspec{sections: []elfsection{{".comment", 1, "x"}}, header: put64(40, 1<<40)})},
		{name: "section outside the file", id: "elf-bad-sections", data: elf(elfspec{sections: []elfsection{{".comment", 1, "x"}}, finish: func(b []byte) []byte {
			le.PutUint64(b[le.Uint64(b[40:])+64+24:], 1<<40)
			return b
		}})},
	}
}

// Programs that would not find what they need, or that show a fault of their build.
func badLinks() []badboot {
	al2 := verify.Options{Dynamic: true, Runtime: project.AL2, Rules: []project.CheckRule{{ID: "runtime-ended", Severity: "waive", Reason: "test"}}}
	property := func(level byte) [][]byte {
		return [][]byte{note("GNU", 5, string(bytes.Join([][]byte{{0x02, 0x80, 0, 0xc0, 4, 0, 0, 0}, {level, 0, 0, 0}, {0, 0, 0, 0}}, nil)))}
	}
	const interp, library, glibc = "elf-interpreter", "elf-missing-library", "elf-glibc-too-new"
	return []badboot{
		{name: "dynamic", id: "elf-dynamic", data: dyn(func(*elfspec) {})},
		{name: "dynamic, only an interpreter", id: "elf-dynamic", data: elf(elfspec{interp: "/lib64/ld-linux-x86-64.so.2"})},
		{name: "musl's interpreter", id: interp, data: dyn(func(s *elfspec) { s.interp = "/lib/ld-musl-x86_64.so.1" }), options: dynamicAllowed},
		{name: "Nix's interpreter", id: interp, data: dyn(func(s *elfspec) { s.interp = "/nix/store/x-glibc/lib/ld-linux-x86-64.so.2" }), options: dynamicAllowed},
		{name: "interpreter of the other architecture", id: interp, data: dyn(func(s *elfspec) { s.interp = "/lib/ld-linux-aarch64.so.1" }), options: dynamicAllowed},
		{name: "libraries and no interpreter", id: interp, data: dyn(func(s *elfspec) { s.interp = "" }), options: dynamicAllowed},
		{name: "interpreter in the zip, 0644", id: interp, data: dyn(func(s *elfspec) { s.interp = "/var/task/lib/ld.so" }), options: dynamicAllowed, beside: []zfile{asset("lib/ld.so")}},
		{name: "library that is nowhere", id: library, data: dyn(func(s *elfspec) { s.needed = append(s.needed, "libfoo.so.1") }), options: dynamicAllowed},
		{name: "musl's library", id: library, data: dyn(func(s *elfspec) { s.needed = []string{"libc.musl-x86_64.so.1"}; s.versions = nil }), options: dynamicAllowed},
		{name: "library in a folder where nothing looks", id: library, data: dyn(func(s *elfspec) { s.needed = append(s.needed, "libfoo.so.1") }), options: dynamicAllowed, beside: []zfile{asset("vendor/libfoo.so.1")}},
		{name: "library in a RUNPATH outside the zip", id: library, data: dyn(func(s *elfspec) {
			s.needed, s.runpath = append(s.needed, "libfoo.so.1"), "/usr/local/lib:$ORIGIN/../lib"
		}), options: dynamicAllowed, beside: []zfile{asset("other/libfoo.so.1")}},
		{name: "library for the other architecture", id: library, data: dyn(func(s *elfspec) { s.needed = append(s.needed, "libfoo.so.1") }), options: dynamicAllowed, beside: []zfile{sharedLibrary("lib/libfoo.so.1", elfspec{arm64: true})}},
		{name: "library that is none", id: library, data: dyn(func(s *elfspec) { s.needed = append(s.needed, "libfoo.so.1") }), options: dynamicAllowed, beside: []zfile{asset("lib/libfoo.so.1")}},
		{name: "library of a library, by the program's RUNPATH", id: library, data: dyn(func(s *elfspec) {
			s.needed, s.runpath = append(s.needed, "libfoo.so.1"), "$ORIGIN/vendor"
		}), options: dynamicAllowed, beside: []zfile{sharedLibrary("vendor/libfoo.so.1", elfspec{needed: []string{"libbar.so.2"}}), sharedLibrary("vendor/libbar.so.2", elfspec{})}},
		{name: "glibc 2.38, by a library in the zip", id: glibc, data: dyn(func(s *elfspec) { s.needed = append(s.needed, "libfoo.so.1") }), options: dynamicAllowed,
			beside: []zfile{sharedLibrary("lib/libfoo.so.1", elfspec{needed: []string{"libc.so.6"}, versions: map[string][]string{"libc.so.6": {"GLIBC_2.38"}}})}},
		{name: "glibc 2.38", id: glibc, data: dyn(func(s *elfspec) { s.versions = map[string][]string{"libc.so.6": {"GLIBC_2.38"}} }), options: dynamicAllowed},
		{name: "glibc 2.35, by libm", id: glibc, data: dyn(func(s *elfspec) {
			s.versions = map[string][]string{"libc.so.6": {"GLIBC_2.2.5"}, "libm.so.6": {"GLIBC_2.29", "GLIBC_2.35"}}
			s.needed = append(s.needed, "libm.so.6")
		}), options: dynamicAllowed},
		{name: "glibc 2.36, by its relative relocations", id: glibc, data: dyn(func(s *elfspec) { s.versions = map[string][]string{"libc.so.6": {"GLIBC_ABI_DT_RELR"}} }), options: dynamicAllowed},
		{name: "libstdc++ of gcc 13", id: "elf-libstdcxx-too-new", data: dyn(func(s *elfspec) {
			s.needed = append(s.needed, "libstdc++.so.6")
			s.versions["libstdc++.so.6"] = []string{"GLIBCXX_3.4", "GLIBCXX_3.4.32"}
		}), options: dynamicAllowed},
		{name: "glibc 2.34 on Amazon Linux 2", id: glibc, data: dyn(func(*elfspec) {}), options: al2},
		{name: "RUNPATH of very many directories", id: "elf-broken", data: dyn(func(s *elfspec) { s.runpath = strings.Repeat(":", 300) }), options: dynamicAllowed},
		{name: "dynamic section outside the file", id: "elf-broken", data: elf(elfspec{interp: "/lib64/ld-linux-x86-64.so.2", needed: []string{"libc.so.6"},
			progs: func(p [][]byte) { put64(8, 1<<50)(p[3]) }}), options: dynamicAllowed},
		{name: "executable stack", id: "elf-executable-stack", data: elf(elfspec{stack: 7})},
		{name: "writable code", id: "elf-writable-code", data: elf(elfspec{codeFlags: 7})},
		{name: "text relocations", id: "elf-text-relocations", data: elf(elfspec{kind: 3, textRel: true})},
		{name: "text relocations by flag", id: "elf-text-relocations", data: elf(elfspec{kind: 3, dynamic: [][2]uint64{{30, 4}}})},
		{name: "UPX", id: "elf-packed", data: elf(elfspec{finish: func(b []byte) []byte { copy(b[0x1e0:], "UPX!"); return b }})},
		{name: "symbol table", id: "elf-not-stripped", data: elf(elfspec{sections: []elfsection{{".symtab", 2, strings.Repeat("\x00", 24)}}})},
		{name: "debug information", id: "elf-not-stripped", data: elf(elfspec{sections: []elfsection{{".debug_info", 1, "dwarf"}}})},
		{name: "compressed debug information", id: "elf-not-stripped", data: elf(elfspec{sections: []elfsection{{".zdebug_line", 1, "ZLIB"}}})},
		{name: "Alpine's compiler", id: "elf-alpine", data: elf(elfspec{sections: []elfsection{{".comment", 1, "GCC: (Alpine 13.2.1_git20240309) 13.2.1 20240309\x00"}}})},
		{name: "static glibc with its name services", id: "elf-static-nss", data: elf(elfspec{strings: "libnss_%s.so%s\x00"})},
		{name: "older static glibc with its name services", id: "elf-static-nss", data: elf(elfspec{strings: "/etc/nsswitch.conf\x00__nss_hosts_lookup2\x00"})},
		{name: "x86-64-v4 by note", id: "elf-cpu-level", data: elf(elfspec{notes: property(0xf)})},
		{name: "x86-64-v3 by note", id: "elf-cpu-level-risky", data: elf(elfspec{notes: property(7)})},
		{name: "GOAMD64=v4", id: "elf-cpu-level", data: golang("GOAMD64=v1", "GOAMD64=v4")},
		{name: "GOAMD64=v3", id: "elf-cpu-level-risky", data: golang("GOAMD64=v1", "GOAMD64=v3")},
		{name: "GOARM64=v9.0", id: "elf-cpu-level", data: elf(elfspec{arm64: true, goBuild: strings.NewReplacer("GOARCH=amd64", "GOARCH=arm64", "GOAMD64=v1", "GOARM64=v9.0,lse").Replace(goodGo)}), options: verify.Options{Arch: project.ARM64}},
		{name: "GOARCH of another machine", id: "go-wrong-target", data: golang("GOARCH=amd64", "GOARCH=arm64")},
		{name: "GOOS of another system", id: "go-wrong-target", data: golang("GOOS=linux", "GOOS=freebsd")},
		{name: "cgo", id: "go-cgo", data: golang("CGO_ENABLED=0", "CGO_ENABLED=1")},
		{name: "no -trimpath", id: "go-trimpath", data: golang("build\t-trimpath=true\n", "")},
		{name: "no -trimpath, before Go 1.18's form", id: "go-trimpath", data: elf(elfspec{goBuild: strings.Replace(goodGo, "build\t-trimpath=true\n", "", 1), goPointer: true})},
		{name: "dirty tree", id: "go-dirty-tree", data: golang("build\tGOOS", "build\tvcs.modified=true\nbuild\tGOOS")},
	}
}

func badBootstraps() []badboot {
	return slices.Concat(badFormats(), badPrograms(), badLinks(), badScripts())
}
