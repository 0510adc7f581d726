package verify_test

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"strings"
)

// A badzip is a zip with one fault, and the id of the one check that must
// find it.
type badzip struct {
	name  string
	id    string
	also  string // a check that may also find something
	zip   func() []byte
	layer bool
}

// with is a good function with one more file.
func with(f zfile) func() []byte { return func() []byte { return function(f).bytes() } }

// bootstrapIs is a function whose bootstrap was changed.
func bootstrapIs(change func(f *zfile)) func() []byte {
	return func() []byte {
		f := boot()
		change(&f)
		return zspec{files: []zfile{f, asset("asset")}}.bytes()
	}
}

// changed is a good function of two files whose zspec was changed.
func changed(change func(z *zspec)) func() []byte {
	return func() []byte {
		z := function(asset("asset"))
		change(&z)
		return z.bytes()
	}
}

// edited is a good function whose bytes were edited.
func edited(edit func(b []byte) []byte) func() []byte {
	return func() []byte { return edit(function(asset("asset")).bytes()) }
}

func text(s string) func() []byte { return func() []byte { return []byte(s) } }

func flip16(at int, v uint16) func(h []byte) { return func(h []byte) { le.PutUint16(h[at:], v) } }
func flip32(at int, v uint32) func(h []byte) { return func(h []byte) { le.PutUint32(h[at:], v) } }

// both sets a field that both headers have; at is its offset in the local header.
func both(f zfile, at int, v uint16) zfile {
	f.local, f.central = flip16(at, v), flip16(at+2, v)
	return f
}

func mode(name string, m uint32) zfile {
	f := asset(name)
	f.mode = m
	return f
}

func extra(b []byte) zfile {
	f := asset("asset")
	f.extra = b
	return f
}

func folder(name string, m uint32) zfile {
	return zfile{name: name, mode: m, store: true}
}

// Faults of the container itself.
func badStructures() []badzip {
	secondEnd := "PK\x05\x06" + strings.Repeat("\x00", 18)
	return []badzip{
		{name: "empty file", id: "zip-not-a-zip", zip: text("")},
		{name: "text file", id: "zip-not-a-zip", zip: text("this is no zip\n")},
		{name: "gzip", id: "zip-not-a-zip", zip: text("\x1f\x8b\x08\x00rest")},
		{name: "the bare program", id: "zip-not-a-zip", zip: func() []byte { return boot().data }},
		{name: "cut in the middle", id: "zip-not-a-zip", zip: edited(func(b []byte) []byte { return b[:len(b)/2] })},
		{name: "last byte missing", id: "zip-not-a-zip", zip: edited(func(b []byte) []byte { return b[:len(b)-1] })},
		{name: "only the last 21 bytes", id: "zip-not-a-zip", zip: edited(func(b []byte) []byte { return b[len(b)-21:] })},
		{name: "newline behind the end", id: "zip-trailing-bytes", zip: changed(func(z *zspec) { z.after = []byte("\n") })},
		{name: "zeros behind the end", id: "zip-trailing-bytes", zip: changed(func(z *zspec) { z.after = make([]byte, 512) })},
		{name: "comment cut off", id: "zip-trailing-bytes", zip: changed(func(z *zspec) {
			z.comment = "a comment"
			z.finish = func(b []byte) []byte { return b[:len(b)-3] }
		})},
		{name: "comment said to be longer", id: "zip-trailing-bytes", zip: changed(func(z *zspec) { z.end = flip16(20, 5) })},
		{name: "end record in the comment", id: "zip-two-ends", zip: changed(func(z *zspec) { z.comment = secondEnd })},
		{name: "mark of an end record in the comment", id: "zip-two-ends", zip: changed(func(z *zspec) { z.comment = "PK\x05\x06" + strings.Repeat("\x01", 40) })},
		{name: "end record before the end record", id: "zip-two-ends", zip: changed(func(z *zspec) {
			z.beforeEnd = []byte("PK\x05\x06" + strings.Repeat("\x00", 16) + "\x16\x00")
		})},
		{name: "whole zip in the comment", id: "zip-two-ends", zip: changed(func(z *zspec) { z.comment = string(function().bytes()) })},
		{name: "zip64 end record", id: "zip-zip64", zip: changed(func(z *zspec) {
			z.beforeEnd = []byte("PK\x06\x06\x2c\x00" + strings.Repeat("\x00", 50) + "PK\x06\x07" + strings.Repeat("\x00", 16))
		})},
		{name: "zip64 by the end record", id: "zip-zip64", zip: changed(func(z *zspec) { z.end = flip32(16, 1<<32-1) })},
		{name: "zip64 field", id: "zip-zip64", zip: with(extra(field(1, "\x01\x00\x00\x00\x00\x00\x00\x00")))},
		{name: "zip64 field in the local header only", id: "zip-zip64", zip: func() []byte {
			f := asset("asset")
			f.localExtra = field(1, strings.Repeat("\x00", 16))
			return function(f).bytes()
		}},
		{name: "second part", id: "zip-multi-disk", zip: changed(func(z *zspec) { z.end = flip16(4, 1) })},
		{name: "directory in another part", id: "zip-multi-disk", zip: changed(func(z *zspec) { z.end = flip16(6, 1) })},
		{name: "fewer entries in this part", id: "zip-multi-disk", zip: changed(func(z *zspec) { z.end = flip16(8, 1) })},
		{name: "entry in another part", id: "zip-multi-disk", zip: changed(func(z *zspec) { z.files[1].central = flip16(34, 1) })},
		{name: "directory at another place", id: "zip-bad-directory", zip: changed(func(z *zspec) { z.end = flip32(16, 40) })},
		{name: "directory of another size", id: "zip-bad-directory", zip: changed(func(z *zspec) { z.end = flip32(12, 46) })},
		{name: "bytes between directory and end", id: "zip-bad-directory", zip: changed(func(z *zspec) { z.beforeEnd = []byte("stray") })},
		{name: "script in front, offsets not adapted", id: "zip-bad-directory", zip: edited(func(b []byte) []byte { return append([]byte("#!/bin/sh\n"), b...) })},
		{name: "one entry too many", id: "zip-bad-directory", zip: changed(func(z *zspec) {
			z.end = func(h []byte) { le.PutUint16(h[8:], 3); le.PutUint16(h[10:], 3) }
		})},
		{name: "one entry too few", id: "zip-bad-directory", zip: changed(func(z *zspec) {
			z.end = func(h []byte) { le.PutUint16(h[8:], 1); le.PutUint16(h[10:], 1) }
		})},
		{name: "mark of a directory entry damaged", id: "zip-bad-directory", zip: changed(func(z *zspec) { z.files[1].central = func(h []byte) { h[0] = 'Q' } })},
		{name: "directory entry longer than the directory", id: "zip-bad-directory", zip: changed(func(z *zspec) { z.files[1].central = flip16(32, 9000) })},
		{name: "directory entry without room for its name", id: "zip-bad-directory", zip: changed(func(z *zspec) { z.files[1].central = flip16(28, 4) })},
		{name: "encrypted by flag", id: "zip-encrypted", zip: with(both(asset("asset"), 6, 1))},
		{name: "strong encryption by flag", id: "zip-encrypted", zip: with(both(asset("asset"), 6, 1|1<<6))},
		{name: "masked headers by flag", id: "zip-encrypted", zip: with(both(asset("asset"), 6, 1<<13))},
		{name: "AES field", id: "zip-encrypted", zip: with(extra(field(0x9901, "\x02\x00AE\x03\x08\x00")))},
		{name: "bzip2", id: "zip-method", zip: with(both(asset("asset"), 8, 12))},
		{name: "zstd", id: "zip-method", zip: with(both(asset("asset"), 8, 93))},
		{name: "deflate64", id: "zip-method", zip: with(both(asset("asset"), 8, 9))},
		{name: "method 1000", id: "zip-method", zip: with(both(asset("asset"), 8, 1000))},
		{name: "patch by flag", id: "zip-flags", zip: with(both(asset("asset"), 6, 1<<5))},
		{name: "reserved flag", id: "zip-flags", zip: with(both(asset("asset"), 6, 1<<14))},
		{name: "version 6.3 needed", id: "zip-version", zip: with(zfile{name: "asset", data: []byte("x"), central: flip16(6, 63)})},
		{name: "version 25.5 needed, in the local header", id: "zip-version", zip: with(zfile{name: "asset", data: []byte("x"), local: flip16(4, 255)})},
		{name: "field cut off", id: "zip-bad-extra", zip: with(extra([]byte("UT\x09\x00\x01")))},
		{name: "field without its length", id: "zip-bad-extra", zip: with(extra([]byte("UT")))},
		{name: "timestamp of an impossible length", id: "zip-bad-extra", zip: with(extra(field(0x5455, "\x01\x00")))},
		{name: "Unicode name of an unknown form", id: "zip-bad-extra", zip: with(extra(field(0x7075, "\x02")))},
		{name: "second name", id: "zip-second-name", zip: with(extra(unicodeName("asset", "bootstrap")))},
		{name: "second name, by a checksum of another", id: "zip-second-name", zip: with(extra(unicodeName("other", "asset")))},
		{name: "unknown field", id: "zip-unknown-extra", zip: with(extra(field(0xbeef, "??")))},
		{name: "field with a mode of its own (ASi)", id: "zip-unknown-extra", zip: with(extra(field(0x756e, strings.Repeat("\x00", 14))))},
	}
}

// unicodeName makes Info-ZIP's extra field with a name in UTF-8.
func unicodeName(checksumOf, name string) []byte {
	b := le.AppendUint32([]byte{1}, crc32.ChecksumIEEE([]byte(checksumOf)))
	return field(0x7075, string(b)+name)
}

// Faults of entries: where they are, what their two headers say, and what is
// in them.
func badEntries() []badzip {
	second := func(change func(f *zfile)) func() []byte {
		return changed(func(z *zspec) { change(&z.files[1]) })
	}
	streamed := func(change func(d []byte)) func() []byte {
		return second(func(f *zfile) { f.descriptor, f.desc = 16, change })
	}
	return []badzip{
		{name: "another name in the local header", id: "zip-local-header", zip: second(func(f *zfile) { f.localName = "tessa" })},
		{name: "a longer name in the local header", id: "zip-local-header", zip: second(func(f *zfile) { f.localName = "assets" })},
		{name: "other flags in the local header", id: "zip-local-header", zip: second(func(f *zfile) { f.local = flip16(6, 1<<11) })},
		{name: "another method in the local header", id: "zip-local-header", zip: second(func(f *zfile) { f.local = flip16(8, 0) })},
		{name: "another time in the local header", id: "zip-local-header", zip: second(func(f *zfile) { f.local = flip16(10, 77) })},
		{name: "another date in the local header", id: "zip-local-header", zip: second(func(f *zfile) { f.local = flip16(12, 77) })},
		{name: "another CRC in the local header", id: "zip-local-header", zip: second(func(f *zfile) { f.local = flip32(14, 77) })},
		{name: "another compressed size in the local header", id: "zip-local-header", zip: second(func(f *zfile) { f.local = flip32(18, 77) })},
		{name: "another size in the local header", id: "zip-local-header", zip: second(func(f *zfile) { f.local = flip32(22, 77) })},
		{name: "no CRC in the local header, and no descriptor", id: "zip-local-header", zip: second(func(f *zfile) { f.local = flip32(14, 0) })},
		{name: "mark of a local header damaged", id: "zip-local-header", zip: second(func(f *zfile) { f.local = func(h []byte) { h[3] = 9 } })},
		{name: "local header beyond the directory", id: "zip-local-header", zip: func() []byte {
			f := asset("ghost")
			f.noLocal, f.offset = true, func(int, int) int { return 1 << 30 }
			return function(f).bytes()
		}},
		{name: "stray bytes in front", id: "zip-unaccounted-bytes", zip: changed(func(z *zspec) { z.files[0].before = []byte("#!/bin/sh\nexit\n") })},
		{name: "stray bytes between entries", id: "zip-unaccounted-bytes", zip: second(func(f *zfile) { f.before = []byte("stray") })},
		{name: "stray bytes in front of the directory", id: "zip-unaccounted-bytes", zip: changed(func(z *zspec) { z.beforeDir = make([]byte, 7) })},
		{name: "a grave fault behind many harmless ones", id: "zip-unaccounted-bytes", also: "zip-unknown-extra", zip: func() []byte {
			z := function()
			for i := range 200 {
				f := extra(field(0xbeef, "??"))
				f.name = fmt.Sprint("asset", i)
				z.files = append(z.files, f)
			}
			z.files[200].before = []byte("stray")
			return z.bytes()
		}},
		{name: "entry that the directory does not list", id: "zip-unaccounted-bytes", zip: with(zfile{name: "hidden", data: []byte("hidden"), noCentral: true})},
		{name: "two names for one content", id: "zip-overlap", zip: func() []byte {
			f := boot()
			f.name, f.noLocal, f.offset = "bootstrap2", true, func(_, first int) int { return first }
			return function(f).bytes()
		}},
		{name: "overlapping entries, as in a bomb", id: "zip-overlap", zip: overlapping},
		{name: "entry that reaches into the directory", id: "zip-overlap", zip: second(func(f *zfile) {
			f.local, f.central = flip32(18, 60), flip32(20, 60)
		})},
		{name: "entry larger than the file", id: "zip-overlap", zip: second(func(f *zfile) {
			f.local, f.central = flip32(18, 1<<30), flip32(20, 1<<30)
		})},
		{name: "descriptor missing", id: "zip-bad-descriptor", zip: second(func(f *zfile) { f.flags |= 8 })},
		{name: "descriptor with another CRC", id: "zip-bad-descriptor", zip: streamed(flip32(4, 1))},
		{name: "descriptor with another compressed size", id: "zip-bad-descriptor", zip: streamed(flip32(8, 1))},
		{name: "descriptor with another size", id: "zip-bad-descriptor", zip: streamed(flip32(12, 1))},
		{name: "short descriptor with another CRC", id: "zip-bad-descriptor", zip: second(func(f *zfile) { f.descriptor, f.desc = 12, flip32(4, 1) })},
		{name: "descriptor of ZIP64", id: "zip-bad-descriptor", zip: changed(func(z *zspec) {
			d := []byte("PK\x07\x08")
			f := &z.files[1]
			d = le.AppendUint32(d, crc32.ChecksumIEEE(f.data))
			d = le.AppendUint64(d, uint64(len(deflated(f.data))))
			d = le.AppendUint64(d, uint64(len(f.data)))
			f.flags, f.raw = 8, append(deflated(f.data), d...)
			size := uint32(len(deflated(f.data)))
			f.local = func(h []byte) { clear(h[14:26]) }
			f.central = flip32(20, size)
		})},
		{name: "damaged deflate data", id: "zip-bad-data", zip: second(func(f *zfile) { f.raw = []byte("\xff\xff\xff\xff\xff") })},
		{name: "deflate data cut off", id: "zip-bad-data", zip: second(func(f *zfile) { d := deflated(f.data); f.raw = d[:len(d)-3] })},
		{name: "bytes behind the deflate data", id: "zip-bad-data", zip: second(func(f *zfile) { f.raw = append(deflated(f.data), "hidden"...) })},
		{name: "no deflate data at all", id: "zip-bad-data", zip: second(func(f *zfile) { f.data, f.raw = nil, []byte{} })},
		{name: "more content than said", id: "zip-wrong-size", zip: second(func(f *zfile) { f.raw = deflated(bytes.Repeat(f.data, 2)) })},
		{name: "less content than said", id: "zip-wrong-size", zip: second(func(f *zfile) { f.raw = deflated(f.data[1:]) })},
		{name: "stored, of two sizes", id: "zip-wrong-size", zip: second(func(f *zfile) { f.store, f.raw = true, f.data[1:] })},
		{name: "bomb that says it is small", id: "zip-wrong-size", zip: second(func(f *zfile) { f.raw = deflated(make([]byte, 2<<20)) })},
		{name: "content with another CRC", id: "zip-wrong-crc", zip: second(func(f *zfile) { f.raw = deflated([]byte("AN asset\n")) })},
		{name: "stored content with another CRC", id: "zip-wrong-crc", zip: second(func(f *zfile) { f.store, f.raw = true, []byte("AN asset\n") })},
		{name: "bootstrap with another CRC", id: "zip-wrong-crc", zip: bootstrapIs(func(f *zfile) {
			f.raw = deflated(append(bytes.Clone(f.data[:len(f.data)-1]), 'X'))
		})},
	}
}

// overlapping makes entries each of which contains the local header of the next one, as
// in David Fifield's "A better zip bomb" (2019).
func overlapping() []byte {
	inner := zfile{name: "b", data: bytes.Repeat([]byte("x"), 1000), store: true}
	local, _, _ := inner.headers(inner.data)
	outer := zfile{name: "a", store: true, data: append(local, inner.data...)}
	inner.noLocal = true
	inner.offset = func(own, _ int) int { return own - len(local) - len(inner.data) }
	return function(outer, inner).bytes()
}

// Faults of names, kinds, modes and sizes.
func badLayouts() []badzip {
	var list []badzip
	for _, n := range []string{"/etc/passwd", "../x", "a/../../x", "a/..", "./x", "a/./x", "a//x", `a\x`, `..\x`, "C:/x", "c:x", "a\x00b", "a\nb", "\x7f", strings.Repeat("n", 300), strings.Repeat("n/", 3000) + "x"} {
		list = append(list, badzip{name: fmt.Sprintf("name %.20q", n), id: "zip-unsafe-name", zip: with(asset(n))})
	}
	upper := asset("ASSET")
	fat := func(f *zfile) { f.creator, f.mode = 20, noMode }
	return append(list, []badzip{
		{name: "empty name", id: "zip-unsafe-name", zip: with(asset(""))},
		{name: "no entries", id: "zip-empty", zip: func() []byte { return zspec{}.bytes() }},
		{name: "name not UTF-8", id: "zip-name-encoding", zip: with(asset("caf\xe9"))},
		{name: "UTF-8 flag, name not UTF-8", id: "zip-name-encoding", zip: with(zfile{name: "caf\xe9", data: []byte("x"), flags: 1 << 11})},
		{name: "UTF-8 without the flag", id: "zip-name-encoding", zip: with(asset("café"))},
		{name: "two files of one name", id: "zip-duplicate-name", zip: func() []byte { return function(asset("a"), asset("a")).bytes() }},
		{name: "two bootstraps", id: "zip-duplicate-name", zip: with(boot())},
		{name: "file and folder of one name", id: "zip-duplicate-name", zip: func() []byte { return function(asset("a"), folder("a/", 0o040755)).bytes() }},
		{name: "file below a file", id: "zip-file-and-folder", zip: func() []byte { return function(asset("a-b"), asset("a"), asset("a/b")).bytes() }},
		{name: "file below bootstrap", id: "zip-file-and-folder", zip: with(asset("bootstrap/x"))},
		{name: "mode of a folder, name of a file", id: "zip-file-and-folder", zip: with(mode("a", 0o040755))},
		{name: "mode of a file, name of a folder", id: "zip-file-and-folder", zip: with(folder("a/", 0o100755))},
		{name: "names that differ in case", id: "zip-case-clash", zip: func() []byte { return function(asset("asset"), upper).bytes() }},
		{name: "Bootstrap beside bootstrap", id: "zip-case-clash", zip: with(asset("Bootstrap"))},
		{name: "symbolic link", id: "file-symlink", zip: with(link("link", "bootstrap"))},
		{name: "symbolic link out of the folder", id: "file-link-target", zip: with(zfile{name: "link", data: []byte("../../etc/passwd"), mode: 0o120777})},
		{name: "device", id: "file-special", zip: with(mode("null", 0o020666))},
		{name: "pipe", id: "file-special", zip: with(mode("pipe", 0o010644))},
		{name: "socket", id: "file-special", zip: with(mode("socket", 0o140644))},
		{name: "set-user bit", id: "file-special", zip: with(mode("tool", 0o104755))},
		{name: "set-group bit", id: "file-special", zip: with(mode("tool", 0o102755))},
		{name: "sticky bit", id: "file-special", zip: with(mode("tool", 0o101755))},
		{name: "folder with content", id: "folder-with-content", zip: with(zfile{name: "a/", data: []byte("x"), mode: 0o040755})},
		{name: "asset for its owner only", id: "file-mode", zip: with(mode("asset", 0o100600))},
		{name: "asset of mode 0, as Python's writestr can leave it", id: "file-mode", zip: with(mode("asset", 0o100000))},
		{name: "asset without a kind, for its owner only", id: "file-mode", zip: with(mode("asset", 0o600))},
		{name: "asset of macOS, for its owner only", id: "file-mode", zip: with(zfile{name: "asset", data: []byte("x"), mode: 0o100640, creator: 19<<8 | 20})},
		{name: "asset from VMS", id: "file-mode", zip: with(zfile{name: "asset", data: []byte("x"), creator: 2<<8 | 20})},
		{name: "asset from Windows, with a mode that some readers take up", id: "file-mode", zip: with(zfile{name: "asset", data: []byte("x"), creator: 20, mode: 0o100600})},
		{name: "link from Windows", id: "file-symlink", zip: with(zfile{name: "asset", data: []byte("bootstrap"), creator: 20, mode: 0o120777})},
		{name: "file from Windows, marked as a folder", id: "zip-file-and-folder", zip: with(zfile{name: "a", creator: 20, mode: noMode, central: func(h []byte) { h[38] = 0x10 }})},
		{name: "folder that others cannot enter", id: "file-mode", zip: with(folder("a/", 0o040744))},
		{name: "unzipped too large", id: "size-unzipped", zip: with(zfile{name: "big", raw: deflated([]byte("x")), local: flip32(22, 300<<20), central: flip32(24, 300<<20)})},
		{name: "one byte too large, bootstrap included", id: "size-unzipped", zip: func() []byte {
			size := uint32(262_144_001 - len(boot().data))
			return function(zfile{name: "big", raw: deflated([]byte("x")), local: flip32(22, size), central: flip32(24, size)}).bytes()
		}},
		{name: "bootstrap in a folder", id: "bootstrap-missing", zip: bootstrapIs(func(f *zfile) { f.name = "bin/bootstrap" })},
		{name: "Bootstrap", id: "bootstrap-missing", zip: bootstrapIs(func(f *zfile) { f.name = "Bootstrap" })},
		{name: "bootstrap.exe", id: "bootstrap-missing", zip: bootstrapIs(func(f *zfile) { f.name = "bootstrap.exe" })},
		{name: "main", id: "bootstrap-missing", zip: bootstrapIs(func(f *zfile) { f.name = "main" })},
		{name: "bootstrap is a folder", id: "bootstrap-not-regular", zip: func() []byte { return zspec{files: []zfile{folder("bootstrap/", 0o040755)}}.bytes() }},
		{name: "bootstrap 0644", id: "bootstrap-mode", zip: bootstrapIs(func(f *zfile) { f.mode = 0o100644 })},
		{name: "bootstrap 0700", id: "bootstrap-mode", zip: bootstrapIs(func(f *zfile) { f.mode = 0o100700 })},
		{name: "bootstrap 0711", id: "bootstrap-mode", zip: bootstrapIs(func(f *zfile) { f.mode = 0o100711 })},
		{name: "bootstrap 0750", id: "bootstrap-mode", zip: bootstrapIs(func(f *zfile) { f.mode = 0o100750 })},
		{name: "bootstrap from Windows", id: "bootstrap-mode", zip: bootstrapIs(fat)},
		{name: "bootstrap from Windows, with a mode that only some readers take up", id: "bootstrap-mode", zip: bootstrapIs(func(f *zfile) { f.creator = 20 })},
		{name: "bootstrap from NTFS", id: "bootstrap-mode", zip: bootstrapIs(func(f *zfile) { f.creator = 10<<8 | 20 })},
		{name: "layer of loose files", id: "layer-no-known-folder", layer: true, zip: func() []byte { return zspec{files: []zfile{asset("a"), asset("src/b")}}.bytes() }},
		{name: "extension 0644", id: "layer-extension-mode", layer: true, zip: func() []byte {
			f := boot()
			f.name, f.mode = "extensions/watch", 0o100644
			return zspec{files: []zfile{f}}.bytes()
		}},
		{name: "library of a layer, for the other architecture", id: "elf-wrong-architecture", layer: true, zip: func() []byte {
			return zspec{files: []zfile{sharedLibrary("lib/libfoo.so", elfspec{arm64: true})}}.bytes()
		}},
		{name: "extension that is text", id: "bootstrap-format", layer: true, zip: func() []byte {
			f := asset("extensions/watch")
			f.mode = 0o100755
			return zspec{files: []zfile{f}}.bytes()
		}},
	}...)
}
