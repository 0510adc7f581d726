// Package diff reports how two zips or programs differ, and the likely causes.
//
// # Layers
//
// From the outside in:
//
//   - zip headers: times, flags, extra fields, comments, the program that
//     wrote them; field by field
//   - zip entries: files added, removed, renamed, changed; modes; order
//   - compressed bytes only: the same content, compressed in another way
//   - go build info: Go's version, and the settings that go build records
//   - go modules: added, upgraded, downgraded, removed, replaced
//   - program header, program sections: of ELF, Mach-O and PE, by size and
//     SHA-256
//   - go functions: those whose code has another size, the largest change
//     first; in stripped programs too
//   - text: lines of files that are text, and constant strings of programs
//
// A report has at most 100 fields over all layers, shared out so that no layer
// hides another; the rest is counted. The same two files always give the same
// report.
//
// # Causes
//
// A cause is inferred from the fields. What a program records about itself (Go's
// version, -trimpath, a module) is stated as fact; what is inferred from strings,
// sizes or by exclusion is called likely. There may be more causes: after removing
// one, compare again.
//
// # What it cannot tell
//
//   - With -trimpath, Go records no -ldflags. A value that -X set shows as a
//     string that differs, like edited source. It is called a time if it looks
//     like one, and no other kind of string is recognised.
//   - Functions are compared by size. Edited code of the same size shows as a
//     section that differs. Inlined code counts for its caller.
//   - debug/gosym reads the table of functions of Go 1.18 and later, as far as
//     the Go that compiled this package knows it, of 64-bit ELF and Mach-O. In
//     other programs, functions are not compared.
//   - A program without section headers has its build information compared, and
//     then its bytes.
//   - Of a file that is not text, or has more than 1 MiB or 100,000 lines, only size
//     and SHA-256 are compared. Files that differ beyond the 64th are listed and not examined.
//
// # Bounds
//
// Neither file has to be trusted. Zips are read by internal/zipscan, as package
// verify does it: nothing is written to disk, and at most 262,144,000 bytes of
// each are decompressed, some four times at most. A zip in which two programs
// may find different files is refused, with a hint.
//
// The standard library's readers trust their input. They are given at most
// 64 KiB of headers, 3 MiB in search of build information, and a table of
// functions of 32 MiB whose numbers and names are limited first. So a program
// with more headers and symbols than that counts as damaged: Mach-O and PE that
// are not stripped, mostly. Strings are compared in sections of up to 8 MiB
// and 100,000 strings.
package diff
