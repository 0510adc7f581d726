// Package reproduce shows that the bytes of a zip come from its sources.
//
// [Reproduce] builds and packs a second time, from a clean checkout of the
// same commit with other surroundings, and compares. [Rebuild] does it for a
// zip of anybody's, by the provenance beside it.
//
// # What Reproduce guarantees
//
// Where it says that a zip is reproduced, the same bytes came out of the
// files of the commit alone (package internal/git) with all of this varied: the
// path, its length and depth; the times of files; the compiler's cache, which
// was empty; and those of user, umask, time zone and locale that the result
// lists as applied. What could not be varied is listed with the reason and is
// no part of the claim.
//
// Exceptions:
//
//   - The machine is the same: its kernel, its processors, its host name and
//     its clock, but for the minutes between the builds. Two machines are
//     compared by Rebuild on the second one.
//   - The toolchain, the base image, the modules and the packer are the same
//     on purpose: they are materials, which the provenance names.
//   - The engine is another one where another answers; the result names both.
//   - A submodule in the project is refused, and so is a link that leads out of
//     the repository.
//   - The second build sees no .git folder. What asks git for a version fails
//     in it or differs, as it would from an archive of the sources.
//   - The files are written in another order. Whether a directory then lists
//     them in another order is up to its file system, so that is not claimed.
//
// # What Rebuild guarantees
//
// Nothing is fetched or run before the provenance was found to be about the
// very file. Of the sources, nothing runs outside of the engine of the build:
// no magefile, hook or filter. Sources in other languages than Go, whose
// builds run commands that the sources name, are built in a container or not
// at all. The engine host is used if the caller asks for it, never because the
// provenance says so. What is fetched and checked out is bounded
// (git.ForStrangers).
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
package reproduce
