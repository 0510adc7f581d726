// Package diff says what two zips, or two programs, differ in, and why they
// likely do.
//
// # Layers
//
// It goes from outside to inside:
//
//   - zip headers: times, flags, extra fields, comments, the program that
//     wrote them; field by field
//   - zip entries: files added, removed, renamed, changed; modes; order
//   - compressed bytes only: the same content, compressed in another way
//   - go build info: Go's version, and the settings that go build records
//   - go modules: added, raised, lowered, removed, replaced
//   - elf header, elf section: of programs for Linux; "mach-o …" and "pe …"
//     for those of macOS and Windows
//   - go packages: how much code of each package there is, also in stripped
//     programs; what grew or shrank most comes first
//   - string data: texts that only one side has; those that look like a time,
//     a path or a version come first
//
// A report has at most 100 fields over all layers, shared out so that no layer
// hides another; the rest is counted.
//
// # Causes
//
// A cause is inferred from the fields. What a program says of itself (Go's
// version, -trimpath, a module) is stated as it is; what is inferred from
// strings, sizes or by exclusion is called likely. Two differences can have
// more causes than are seen: after mending one, compare again.
//
// # What it cannot tell
//
//   - Go records no -ldflags in a program that was built with -trimpath: a
//     value set by -X shows as a string that differs, like an edited source.
//   - Code that a linker took from C libraries is in no package.
//   - Code that is inlined counts for the package of its caller.
//   - Strings of less than six characters, and those that are built from
//     numbers in the code, are not seen. Nor are those in debug information
//     that is compressed.
//   - Files that differ beyond the 64th are listed and not looked into.
//
// # Bounds
//
// Both files may be anybody's. Zips are read by internal/zipraw, as package
// verify does it: nothing is written to disk, and at most 262,144,000 bytes of
// each are decompressed, some six times at most. Both sides together take some
// 64 MB, and for Go programs the size of their function tables while those
// are read, at most 64 MiB each; what is larger is not read. A zip that cannot
// be relied on to mean the same to everybody is refused, with a hint.
//
// The same two files give the same report, always and everywhere.
package diff
