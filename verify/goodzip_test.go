package verify_test

import (
	"bytes"
	"strings"

	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// A goodzip is a zip in which nothing may be found.
type goodzip struct {
	name    string
	zip     func() []byte
	options verify.Options
}

// Extra fields, as tools write them.
var (
	timestamp9   = field(0x5455, "\x01\x00\x00\x00\x00") // four bytes of header, five of data
	timestamp13  = field(0x5455, "\x03\x00\x00\x00\x00\x00\x00\x00\x00")
	unixIDs      = field(0x7875, "\x01\x04\x00\x00\x00\x00\x04\x00\x00\x00\x00")
	ntfsTimes    = field(0x000a, "\x00\x00\x00\x00\x01\x00\x18\x00"+strings.Repeat("\x11", 24))
	oldUnixTimes = field(0x5855, strings.Repeat("\x00", 12))
	oldUnixOwner = field(0x5855, strings.Repeat("\x00", 8))
)

// A tool is how a program writes the entries of a zip.
type tool struct {
	name string
	file func(f *zfile)
	zip  func(z *zspec)
}

// tools imitate how other programs write the same function with a directory and an asset.
// Their headers are the same, byte for byte.
func tools() []tool {
	needed := func(f *zfile, v uint16) { f.local, f.central = flip16(4, v), flip16(6, v) }
	external := func(f *zfile, low uint32) {
		mode := f.mode
		f.central = flip32(38, mode<<16|low)
	}
	return []tool{
		{name: "plain", file: func(*zfile) {}},
		{name: "Info-ZIP's zip", file: func(f *zfile) {
			f.creator = 3<<8 | 30
			f.localExtra = append(bytes.Clone(timestamp13), unixIDs...)
			f.extra = append(bytes.Clone(timestamp9), unixIDs...)
		}},
		{name: "Info-ZIP's zip -X -0", file: func(f *zfile) {
			f.creator, f.store = 3<<8|30, true
			needed(f, 10)
		}},
		{name: "Info-ZIP's zip -9, level bits", file: func(f *zfile) { f.creator, f.flags = 3<<8|30, 1<<1 }},
		{name: "archiver v3.5.1", file: func(f *zfile) {
			f.descriptor, f.extra = 16, timestamp9
		}},
		{name: "Go's archive/zip", file: func(f *zfile) { f.descriptor = 16 }},
		{name: "Go's archive/zip, CreateRaw", file: func(f *zfile) { f.creator = 3 << 8 }},
		{name: "build-lambda-zip", file: func(f *zfile) {
			f.creator, f.descriptor = 3<<8, 16
			if f.mode&0o040000 == 0 {
				f.mode = 0o777
			}
		}},
		{name: "Terraform's archive_file", file: func(f *zfile) { f.descriptor, f.extra = 16, timestamp9 }},
		{name: "Python's zipfile", file: func(f *zfile) { f.creator = 3<<8 | 20 }},
		{name: "Python's zipfile into a pipe", file: func(f *zfile) { f.descriptor = 16 }},
		{name: "SAM", file: func(f *zfile) {
			if f.mode&0o040000 == 0 {
				f.mode &= 0o777
			}
		}},
		{name: "7-Zip 22 on Linux", file: func(f *zfile) {
			f.creator, f.extra, f.localExtra = 3<<8|63, ntfsTimes, []byte{}
			external(f, 0x8000)
		}},
		{name: "7-Zip, folders as such", file: func(f *zfile) {
			f.creator = 3<<8 | 63
			if f.mode&0o040000 != 0 {
				external(f, 0x8010)
			}
		}},
		{name: "macOS's Archive Utility", file: func(f *zfile) {
			f.creator, f.descriptor = 3<<8|21, 16
			f.localExtra, f.extra = oldUnixTimes, oldUnixOwner
		}},
		{name: "macOS's zip", file: func(f *zfile) {
			f.creator = 3<<8 | 30
			f.localExtra, f.extra = append(bytes.Clone(timestamp13), unixIDs...), append(bytes.Clone(timestamp9), unixIDs...)
		}},
		{name: "a tool that says it runs on macOS", file: func(f *zfile) { f.creator = 19<<8 | 20 }},
		{name: "cargo-lambda (Rust's zip)", file: func(f *zfile) { f.creator = 3<<8 | 46 }},
		{name: "Serverless (npm's archiver)", file: func(f *zfile) { f.creator, f.descriptor, f.flags = 3<<8|45, 16, 1<<11 }},
		{name: "yazl", file: func(f *zfile) { f.creator, f.flags = 3<<8|63, 1<<11 }},
		{name: "JSZip", file: func(f *zfile) { f.creator = 3<<8 | 20; needed(f, 10) }},
		{name: "Gradle", file: func(f *zfile) { f.flags, f.extra = 1<<11, field(0xcafe, "") }},
		{name: ".NET", file: func(f *zfile) { f.creator = 3<<8 | 20 }},
		{name: "bsdtar", file: func(f *zfile) {
			f.descriptor = 16
			f.localExtra, f.extra = append(bytes.Clone(timestamp13), unixIDs...), append(bytes.Clone(timestamp9), unixIDs...)
		}},
		{name: "descriptors without their mark", file: func(f *zfile) { f.descriptor = 12 }},
		{name: "descriptors, and sizes in the headers too", file: func(f *zfile) {
			f.descriptor = 16
			body := deflated(f.data)
			if f.store {
				body = f.data
			}
			_, central, _ := f.headers(body)
			f.local = func(h []byte) { copy(h[14:26], central[16:28]) }
		}},
		{name: "folders deflated", file: func(f *zfile) { f.store = false }},
		{name: "comments", file: func(f *zfile) { f.comment = "a comment" }, zip: func(z *zspec) { z.comment = "0123456789abcdef" }},
		{name: "directory in another order", zip: func(z *zspec) { z.reversed = true }, file: func(*zfile) {}},
		{name: "Unicode name repeated", file: func(f *zfile) { f.extra = unicodeName(f.name, f.name) }},
		{name: "attributes of MS-DOS too", file: func(f *zfile) { external(f, 0x20) }},
	}
}

// goodZips are the function as each tool writes it, and unusual zips.
func goodZips() []goodzip {
	var list []goodzip
	for _, t := range tools() {
		list = append(list, goodzip{name: t.name, zip: func() []byte {
			z := function(folder("web/", 0o040755), asset("web/index.html"), zfile{name: "web/empty", store: true})
			for i := range z.files {
				if z.files[i].mode == 0 {
					z.files[i].mode = 0o100644
				}
				t.file(&z.files[i])
			}
			if t.zip != nil {
				t.zip(&z)
			}
			return z.bytes()
		}})
	}
	one := func(name string, f ...zfile) {
		list = append(list, goodzip{name: name, zip: func() []byte { return function(f...).bytes() }})
	}
	nested := zfile{name: "nested.zip", data: function().bytes(), store: true}
	one("bootstrap alone")
	one("a zip in the zip, stored at its end", nested)
	one("many blocks", zfile{name: "big", data: bytes.Repeat(boot().data, 200)})
	one("names with dots and blanks", asset(".env"), asset("..."), asset("a..b"), asset("a b"), asset("a/.b/c."))
	one("UTF-8 names", zfile{name: "café/naïve.txt", data: []byte("x"), flags: 1 << 11}, zfile{name: "日本", data: []byte("x"), flags: 1 << 11})
	one("assets of wider modes", mode("a", 0o100666), mode("b", 0o100777), mode("c", 0o100444), folder("d/", 0o040777), folder("e/", 0o042755))
	one("assets from Windows", zfile{name: "a.txt", data: []byte("x"), creator: 20, mode: noMode}, zfile{name: "b.txt", data: []byte("x"), creator: 10<<8 | 20, mode: noMode})
	one("folders and modes of Python on Windows", zfile{name: "a/", store: true, creator: 20, mode: 0o040777, central: func(h []byte) { h[38] = 0x10 }},
		zfile{name: "a/b", data: []byte("x"), creator: 20, mode: 0o100666})
	one("a Java archive", zfile{name: "META-INF/", creator: 20, mode: noMode, extra: field(0xcafe, ""), flags: 1 << 11},
		zfile{name: "META-INF/MANIFEST.MF", data: []byte("Manifest-Version: 1.0"), creator: 20, mode: noMode, flags: 1 << 11, descriptor: 16})
	one("names that sort around a slash", asset("a"), asset("a-b"), asset("a.b"), asset("aa/b"), asset("b/a"))
	list = append(list, goodzip{name: "3000 files", zip: func() []byte {
		z := function()
		for i := range 3000 {
			z.files = append(z.files, asset("data/"+strings.Repeat("x", i%7)+string(rune('a'+i%26))+"/"+strings.Repeat("y", i/26)))
			z.files[len(z.files)-1].name = uniqueName(i)
		}
		return z.bytes()
	}})
	for _, m := range []uint32{0o100555, 0o100775, 0o100777, 0o755, 0o777} {
		list = append(list, goodzip{name: "bootstrap of another mode", zip: func() []byte {
			f := boot()
			f.mode = m
			return zspec{files: []zfile{f}}.bytes()
		}})
	}
	return append(list, goodLayers()...)
}

func uniqueName(i int) string {
	return "data/" + string(rune('a'+i/676%26)) + "/" + string(rune('a'+i/26%26)) + string(rune('a'+i%26))
}

// goodLayers are layers; a layer needs no bootstrap.
func goodLayers() []goodzip {
	layer := func(name string, f ...zfile) goodzip {
		return goodzip{name: name, zip: func() []byte { return zspec{files: f}.bytes() }, options: verify.Options{Kind: verify.KindLayer}}
	}
	extension, tool, own := boot(), boot(), boot()
	extension.name, tool.name = "extensions/watch", "bin/tool"
	script := zfile{name: "extensions/start", data: []byte("#!/opt/bin/tool\n"), mode: 0o100755}
	return []goodzip{
		layer("layer of Python", asset("python/lib/a.py")),
		layer("layer of Node", asset("nodejs/node_modules/a/index.js")),
		layer("layer of libraries", asset("lib/libfoo.so.1")),
		layer("layer with an extension", extension, asset("extensions/lib/config")),
		layer("layer with a program", tool),
		layer("layer with a script for its own program", tool, script),
		layer("layer with a bootstrap", own),
	}
}

// A goodboot is a bootstrap in which nothing may be found.
type goodboot struct {
	name    string
	data    func() []byte
	options verify.Options
	beside  []zfile
}

// sharedLibrary is a library; it differs from a program in its type and entry
// point.
func sharedLibrary(name string, s elfspec) zfile {
	s.kind, s.entry = 3, noEntry
	return zfile{name: name, data: s.bytes(), mode: 0o100755}
}

func comment(s string) []elfsection { return []elfsection{{".comment", 1, s + "\x00"}} }

// goodBootstraps are programs as other languages' tools link them, and
// scripts.
func goodBootstraps() []goodboot {
	arm := verify.Options{Arch: project.ARM64}
	armDynamic := verify.Options{Arch: project.ARM64, Dynamic: true}
	al2 := verify.Options{Dynamic: true, Runtime: project.AL2, Rules: []project.CheckRule{{ID: "runtime-ended", Severity: "waive", Reason: "test"}}}
	executable := program("bin/tool")
	library := []zfile{sharedLibrary("lib/libfoo.so.1", elfspec{})}
	needsFoo := func(s *elfspec) { s.needed = append(s.needed, "libfoo.so.1") }
	abi := note("GNU", 1, "\x00\x00\x00\x00\x03\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00")
	baseline := note("GNU", 5, "\x02\x80\x00\xc0\x04\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00")
	return []goodboot{
		{name: "Go", data: elf(elfspec{goBuild: goodGo})},
		{name: "Go, with its own resolver", data: elf(elfspec{goBuild: goodGo, strings: "/etc/nsswitch.conf\x00libnss_%s.so"})},
		{name: "Go before 1.18", data: elf(elfspec{goBuild: goodGo, goPointer: true})},
		{name: "Go for arm64", data: elf(elfspec{arm64: true, goBuild: strings.NewReplacer("=amd64", "=arm64", "GOAMD64=v1", "GOARM64=v8.2,lse,crypto").Replace(goodGo)}), options: arm},
		{name: "Go, GOAMD64=v2", data: golang("GOAMD64=v1", "GOAMD64=v2")},
		{name: "C, static", data: elf(elfspec{notes: [][]byte{abi, baseline}, sections: comment("GCC: (Debian 12.2.0-14) 12.2.0")})},
		{name: "C, without libc", data: elf(elfspec{noStack: true})},
		{name: "C for arm64", data: elf(elfspec{arm64: true}), options: arm},
		{name: "static PIE", data: elf(elfspec{kind: 3, dynamic: [][2]uint64{{0x6ffffffb, 0x08000000}}})},
		{name: "Rust for musl", data: elf(elfspec{kind: 3, dynamic: [][2]uint64{{30, 8}}, sections: comment("rustc version 1.80.0 (051478957 2024-07-21)\x00GCC: (GNU) 9.4.0")})},
		{name: "Zig", data: elf(elfspec{sections: comment("clang version 18.1.6\x00LLD 18.1.6")})},
		{name: "Crystal, static, resolving by itself", data: elf(elfspec{sections: comment("GCC: (Debian 12.2.0-14) 12.2.0"), strings: "/etc/resolv.conf\x00getaddrinfo"})},
		{name: "ABI of Linux", data: elf(elfspec{abi: 3})},
		{name: "any architecture", data: elf(elfspec{arm64: true}), options: verify.Options{Arch: "any"}},
		{name: "cargo-lambda, glibc 2.26", data: dyn(func(s *elfspec) {
			s.kind = 3
			s.needed = []string{"libgcc_s.so.1", "libm.so.6", "libpthread.so.0", "libdl.so.2", "libc.so.6", "ld-linux-x86-64.so.2"}
			s.versions = map[string][]string{"libc.so.6": {"GLIBC_2.2.5", "GLIBC_2.17", "GLIBC_2.25"}, "libgcc_s.so.1": {"GCC_3.0", "GCC_4.2.0"}}
			s.sections = comment("rustc version 1.80.0\x00LLD 18.1.6")
		}), options: al2},
		{name: "a newer glibc, if it is there", data: dyn(func(s *elfspec) {
			s.weak, s.versions = 2, map[string][]string{"libc.so.6": {"GLIBC_2.40"}}
		}), options: dynamicAllowed},
		{name: "C++ of gcc 11, glibc 2.34", data: dyn(func(s *elfspec) {
			s.needed = append(s.needed, "libstdc++.so.6")
			s.versions["libstdc++.so.6"] = []string{"GLIBCXX_3.4.29", "CXXABI_1.3.13"}
		}), options: dynamicAllowed},
		{name: "C++ of gcc 14, with its libstdc++", data: dyn(func(s *elfspec) {
			s.needed = append(s.needed, "libstdc++.so.6")
			s.versions["libstdc++.so.6"], s.rpath = []string{"GLIBCXX_3.4.33"}, "$ORIGIN/lib"
		}), options: dynamicAllowed, beside: []zfile{sharedLibrary("lib/libstdc++.so.6", elfspec{})}},
		{name: "dynamic for arm64", data: dyn(func(s *elfspec) { s.arm64, s.interp = true, "/lib/ld-linux-aarch64.so.1" }), options: armDynamic},
		{name: "library in lib/", data: dyn(needsFoo), options: dynamicAllowed, beside: library},
		{name: "library beside bootstrap", data: dyn(needsFoo), options: dynamicAllowed, beside: []zfile{sharedLibrary("libfoo.so.1", elfspec{})}},
		{name: "library by RUNPATH", data: dyn(func(s *elfspec) { needsFoo(s); s.runpath = "/usr/lib:$ORIGIN/vendor/lib" }), options: dynamicAllowed, beside: []zfile{sharedLibrary("vendor/lib/libfoo.so.1", elfspec{})}},
		{name: "library by a relative RUNPATH", data: dyn(func(s *elfspec) { needsFoo(s); s.runpath = "./deps" }), options: dynamicAllowed, beside: []zfile{sharedLibrary("deps/libfoo.so.1", elfspec{})}},
		{name: "library by RUNPATH with $LIB", data: dyn(func(s *elfspec) { needsFoo(s); s.runpath = "$ORIGIN/${LIB}" }), options: dynamicAllowed, beside: []zfile{sharedLibrary("lib64/libfoo.so.1", elfspec{})}},
		{name: "library by RPATH", data: dyn(func(s *elfspec) { needsFoo(s); s.rpath = "${ORIGIN}/x/../vendor" }), options: dynamicAllowed, beside: []zfile{sharedLibrary("vendor/libfoo.so.1", elfspec{})}},
		{name: "library of a library, by the program's RPATH", data: dyn(func(s *elfspec) { needsFoo(s); s.rpath = "$ORIGIN/vendor" }), options: dynamicAllowed,
			beside: []zfile{sharedLibrary("vendor/libfoo.so.1", elfspec{needed: []string{"libbar.so.2", "libc.so.6"}}), sharedLibrary("vendor/libbar.so.2", elfspec{})}},
		{name: "its own glibc", data: dyn(func(s *elfspec) {
			s.interp, s.rpath, s.versions = "/var/task/bin/tool", "/var/task/lib", map[string][]string{"libc.so.6": {"GLIBC_2.40"}}
		}), options: dynamicAllowed, beside: []zfile{executable, sharedLibrary("lib/libc.so.6", elfspec{})}},
		{name: "interpreter in the zip", data: dyn(func(s *elfspec) { s.interp = "/var/task/bin/tool" }), options: dynamicAllowed, beside: []zfile{executable}},
		{name: "sh, with programs and libraries", data: text("#!/bin/sh\nexec bin/app\n"),
			beside: []zfile{{name: "bin/app", data: elfspec{}.bytes(), mode: 0o100755}, sharedLibrary("lib/liba.so", elfspec{})}},
		{name: "a program, with others that it does not start", data: elf(elfspec{}),
			beside: []zfile{{name: "prebuilds/arm64.node", data: elfspec{arm64: true}.bytes(), mode: 0o100755}}},
		{name: "bash with options", data: text("#!/bin/bash -eu\n:\n")},
		{name: "env and bash", data: text("#!/usr/bin/env bash\n:\n")},
		{name: "env -S", data: text("#!/usr/bin/env -S A=b bash -eu\n:\n")},
		{name: "env -S in one word", data: text("#!/usr/bin/env -Sbash -e\n:\n")},
		{name: "env -vS", data: text("#!/usr/bin/env -vS bash -e\n:\n")},
		{name: "env -S -i", data: text("#!/usr/bin/env -S -i bash -e\n:\n")},
		{name: "blank before the program", data: text("#! /bin/sh\n:\n")},
		{name: "script for a program in the zip", data: text("#!/var/task/bin/tool\n"), beside: []zfile{executable}},
	}
}
