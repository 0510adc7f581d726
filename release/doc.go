// Package release shows that the bytes of a zip come from its sources, and
// writes what lets others show the same.
//
// [Package] builds and packs. [Reproduce] does it a second time from a clean
// checkout of the same commit in a world that differs, and compares.
// [Rebuild] does it for a zip of anybody's, by the provenance beside it.
// [Prove] checks and starts the zips, [Make] does all of this for a tag and
// writes a release, and [Changed] says which zips differ from what is deployed.
//
// # What Reproduce guarantees
//
// Where it says that a zip is reproduced, the same bytes came out of the
// files of the commit alone (package checkout) when all of this was another:
// the path, its length and depth; the order in which files were written, and
// their times; the compiler's cache, which was empty; and those of the user,
// umask, time zone, locale, number of CPUs, host name and clock that the
// result lists as applied. What could not be made to differ is listed with
// the reason and is no part of the claim.
//
// Exceptions:
//
//   - The machine, its kernel and its processor are the same. Two machines
//     are compared by Rebuild on the second one.
//   - The toolchain, the base image, the modules and the packer are the same
//     on purpose: they are materials, which the provenance names.
//   - The engine is another one where another answers; the result names both.
//   - A submodule in the project is refused, and so is a link that leads out of
//     the repository.
//   - The second build sees no .git folder. What asks git for a version fails
//     in it or differs, as it would from an archive of the sources.
//   - Most file systems on a disk list a folder's files in an order of their
//     own. The second tree is put on one in memory where there is one with
//     room; the result says how many folders are listed in another order.
//   - Go's toolchain is a static program, whose clock cannot be moved for one
//     process on Linux. For Go the clock is not part of the claim.
//
// # What Rebuild guarantees
//
// Nothing is fetched or run before the provenance was found to be about the
// very file. Of the sources, nothing runs outside of the engine of the build:
// no magefile, hook or filter. Sources in other languages than Go, whose
// builds run commands that the sources name, are built in a container or not
// at all. The engine host is used if the caller asks for it, never because the
// provenance says so. What is fetched and checked out is bounded
// (checkout.ForStrangers).
//
// Exceptions:
//
//   - A provenance without a signature says who made the zip as much as any
//     text beside it does: not at all. Equal bytes still prove the sources.
//   - For Go the engine and the base image do not matter: one that is not as
//     recorded is named and nothing more. In other languages another base
//     image is an error, and another engine, or another version of a package,
//     is named.
//   - A docker/Dockerfile.build of the sources makes the build image, in the
//     engine, with the network that it gives to builds (podman: the host's).
//   - Modules are fetched by the go command, with the caller's settings for
//     them, as in every build (package build).
package release
