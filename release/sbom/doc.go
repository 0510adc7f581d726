// Package sbom lists what is in a zip or a program, as a CycloneDX 1.6
// document in JSON. docs/provenance.md describes the fields.
//
// # What is listed
//
//   - The zip itself, with its SHA-256 and the CodeSha256 that Lambda shows
//     for it; or the program, if Make is given one (ELF, Mach-O or PE).
//   - In place of the zip, an image with the same files, with the digest of its
//     manifest; its base image, root certificates and time zones are components.
//   - Each file of the zip, with its SHA-256; for an ELF program, the compilers
//     in its .comment section.
//   - For each Go program, the modules of its build information, exactly the
//     ones that `go version -m` shows, and the standard library. A replaced
//     module appears as its replacement. A module that was replaced by a
//     directory has no package URL: its code is not the published one.
//   - The given Debian packages. If all programs are Go's they are in the
//     formulation, what took part in the build: Go without cgo takes nothing from
//     them. Otherwise they are components: what a compiler linked in statically is
//     unknown, so all of them may be in the program.
//
// # Licences
//
// The licence of a module is read from the files LICENSE, LICENCE, COPYING and
// UNLICENSE in its root in the module cache, if its files have the hash in the
// program's build information. What was found there is evidence; a single licence is
// also the concluded one, if every such file was recognised. Licences that others
// declare are not repeated, and files below the root are ignored. The standard
// library's licence is that of Go's own LICENSE file (go.dev/LICENSE).
//
// # What is unknown
//
// The build information has no graph: a program depends on all of its modules. The
// document's compositions declare as unknown what these depend on, and everything
// about programs that are not Go's, scripts, and programs inside of other files.
// The maker of a program can forge its build information.
//
// # The same bytes every time
//
// The document has no path or host name, and no time but the given one, which
// release takes from the commit. Everything in it is sorted, and the serial number is
// a hash of the rest. Exception: a module whose code is not in the module cache has
// no licence.
package sbom
