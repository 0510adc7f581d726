// Package sbom lists what is in a zip or a program, as a CycloneDX 1.6
// document in JSON. docs/provenance.md describes the fields.
//
// # What is listed
//
//   - The zip itself, with its SHA-256 and the CodeSha256 that Lambda shows
//     for it; or the program, where Make is given one (ELF, Mach-O or PE).
//   - Each file of the zip, with its SHA-256; of an ELF program, which
//     compilers wrote into its .comment section.
//   - For each Go program, the modules of its build information, exactly the
//     ones that `go version -m` shows, and the standard library. A replaced
//     module appears as its replacement. One that was replaced by a directory
//     has no package URL: its code is not the published one.
//   - The Debian packages that are given. Beside Go programs alone they are
//     in the formulation, what took part in the making: Go without cgo takes
//     nothing from them. Beside others they are components: what a compiler
//     linked in statically is not known, so all of them are suspect.
//
// # Licences
//
// The licence of a module is read from the files LICENSE, LICENCE, COPYING and
// UNLICENSE in its root in the module cache, after its files were found to
// have the hash that the program's build information holds. What was found
// there is evidence; it is the concluded licence as well where it is one
// alone, and every such file was recognised. Nobody's word on a licence is
// repeated, and no file below the root is looked at. That of the standard
// library is the one in Go's own LICENSE file (go.dev/LICENSE).
//
// # What is not known
//
// The build information has no graph: a program depends on all of its modules,
// and what these depend on is said to be unknown in the document's
// compositions, as is everything about programs that are not Go's, scripts,
// and programs inside of other files. Build information can be forged by
// whoever makes the program.
//
// # The same bytes every time
//
// The document holds no path or name of a machine and no time but the one
// that is given, which release takes from the commit; everything in it is
// sorted, and the serial number is a hash of the rest. Exception: a module
// whose code is not in the module cache has no licence.
package sbom
