// Package build turns functions into bootstraps: static, stripped Linux
// programs at DIST/FUNCTION/ARCH/bootstrap.
//
// A language says which commands make a bootstrap. An engine (docker, podman,
// buildkit, sandbox, host) runs commands somewhere. A language asks the engine
// for the paths that its commands will see; an engine knows no language.
//
// # What is guaranteed
//
//   - The environment of every command is complete, and nothing is inherited.
//   - The Go toolchain is exactly the version that go.work, go.mod or
//     bootzip.yaml names, or bootzip's own. A program that was built
//     with a different version is refused after the build.
//   - The same sources give the same bytes from every engine, for Go.
//   - DIST changes only when everything was built: a failure, an interrupt
//     or a full disk leaves the last good bootstraps.
//   - In a container and in the sandbox: no network, sources and modules
//     read-only, no capabilities, no new privileges, a read-only root, the
//     caller's user.
//   - In a container: the engine's seccomp filter, and bounds for memory,
//     processes and temporary files, as Report.Bounds says. For root the
//     commands run as an unused user.
//   - User, umask, time zone, locale and path of the project change no byte,
//     except for language command if its commands depend on them. Config.Vary
//     varies them, and Report.Varied says which of them were in force.
//   - With Config.ColdCache, nothing that an earlier build left in a cache is
//     used, except for modules and toolchains, which are compared with go.sum
//     and the checksum database.
//   - A bootstrap is built again only if an input changed. Inputs are compared
//     by content: the files of every package of the project in the program,
//     go.mod, go.sum, the toolchain, the flags, the engine and its image.
//
// # Exceptions
//
//   - The engine host confines nothing: a build there can use the network and
//     read what the caller can read. For Go this changes no byte.
//   - If root's project has files that other users cannot read, its container
//     runs as root, without capabilities, and Config.Progress gets an event. No
//     engine bounds disk or CPU time.
//   - The engine buildkit runs commands as root in its workers' containers, without
//     a network, and bootzip sets no bounds for them.
//   - An installed Go that the engine host uses is not compared with anything,
//     and the image with the build image's tag is trusted.
//   - Modules are fetched on the host before the build, with the caller's
//     network, proxy and credentials, into the caller's module cache. Those that
//     a build uses are compared with go.sum, except for vendored ones, which
//     go.sum does not cover.
package build
