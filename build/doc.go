// Package build turns functions into bootstraps: static, stripped Linux
// programs at DIST/FUNCTION/ARCH/bootstrap.
//
// A language says which commands make a bootstrap (file golang.go and its
// like); an engine runs commands somewhere (docker, podman, sandbox, host). They know
// nothing of each other: a language asks the engine only for its places, the
// paths that its commands will see.
//
// # What is guaranteed
//
//   - The environment of every command is set whole and never inherited.
//   - The Go toolchain is exactly the version that go.mod names. A program
//     that says otherwise is refused after the build.
//   - The same sources give the same bytes from every engine, for Go.
//   - DIST changes only when everything was built: a failure, an interrupt
//     or a full disk leaves the last good bootstraps.
//   - In a container and in the sandbox: no network, sources and modules
//     read-only, no capabilities, no new privileges, a read-only root, the
//     caller's user.
//   - In a container: the engine's seccomp filter, and bounds for memory,
//     processes and temporary files, as Report.Bounds says. For root the
//     commands run as a user that nobody is.
//   - User, umask, time zone, locale and path of the project change no byte,
//     but for language command if its commands let them. Config.Vary varies
//     them, and Report.Varied says which of them were in force.
//   - With Config.ColdCache, nothing that an earlier build left in a cache is
//     used, but for modules and toolchains, which are compared with go.sum and
//     the checksum database.
//   - Nothing is built again of which no input changed. Inputs are compared
//     by content: the files of every package of the project that the program
//     consists of, go.mod, go.sum, the toolchain, the flags, the engine and
//     its image.
//
// # Exceptions
//
//   - The engine host takes nothing away: a build there can use the network
//     and read what the caller can read. For Go this changes no byte.
//   - A container of root's whose project has files that are closed to others
//     runs as root, without capabilities; Config.Progress is told. Disk and CPU
//     time are bounded nowhere.
//   - An installed Go that the engine host uses is not compared with anything,
//     and what the build image's tag names is taken as it is.
//   - Modules are fetched on the host beforehand, with the caller's network,
//     proxy and credentials, into the caller's module cache. Those that a
//     build uses are compared with go.sum before it, but for vendored ones,
//     which go.sum does not cover.
package build
