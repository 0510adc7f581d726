// Package reproduce shows that the bytes of a zip come from its sources.
//
// [Reproduce] builds and packs a second time, from a clean checkout of the same
// commit in a varied environment, and compares. [Rebuild] does it for any zip, by
// the provenance beside it.
//
// # What Reproduce guarantees
//
// If it reports a zip as reproduced, the files of the commit alone (package
// internal/git) gave the same bytes with all of this varied: the path, its length
// and depth; the times of files; the compiler's cache, which was empty; and those
// of user, umask, time zone and locale that the result lists as applied. What
// could not be varied is listed with the reason, and nothing is claimed about it.
//
// Exceptions:
//
//   - The machine is the same: kernel, processors, host name and clock, except
//     for the minutes between the builds. Rebuild on a second machine compares
//     two machines.
//   - The toolchain, the base image, the modules and the packer are the same
//     on purpose: they are materials, which the provenance names.
//   - The engine differs only if another one works; the result names both.
//   - A submodule in the project is refused, and so is a link that leads out of
//     the repository.
//   - The second build has no .git directory. A build that asks git for a version
//     fails or differs, as it would in an archive of the sources.
//   - The files are written in another order. Whether a directory then lists
//     them in another order depends on the file system, so it is not claimed.
//
// # What Rebuild guarantees
//
// Nothing is fetched or run unless the provenance is about exactly this file. No
// part of the sources runs outside of the engine: no magefile, hook or filter.
// Languages other than Go, whose builds run commands that the sources name, are
// built in a container or not at all. The engine host is used only if the caller
// asks for it, never because the provenance names it. What is fetched and checked
// out is bounded (git.ForStrangers).
//
// Exceptions:
//
//   - Provenance without a signature does not prove who made the zip. Equal bytes
//     still prove the sources.
//   - For Go the engine and the base image do not matter: a difference from the
//     recorded ones is only reported. In other languages another base image is
//     an error, and another engine, or another version of a package, is
//     reported.
//   - A docker/Dockerfile.build of the sources makes the build image, in the
//     engine, with the network that it gives to builds (podman: the host's).
//   - Modules are fetched by the go command, with the caller's settings for
//     them, as in every build (package build).
package reproduce
