// Package tool makes the executables of bootzip: the Mage targets, compiled by
// `mage -compile` to programs that need neither Go nor Mage.
//
// # Guarantee
//
// The bytes of an executable depend on the sources, on go.mod and go.sum (with
// them the toolchain's exact version), and on Config.Version and
// Config.Commit. They do not depend on the path of the checkout, the user, the
// time, the umask, the time zone, the number of processors, what is in a
// cache, or the system and architecture that they are made on: the Go compiler is
// run with -trimpath, without cgo, with its own linker and with an environment
// that is set whole.
//
// Exceptions:
//
//   - A toolchain whose version string is the one of go.mod but which somebody
//     has changed. What the go command downloads is checked against the
//     checksum database; what is installed is taken at its word.
//   - A module replaced by a folder (`replace` in go.mod): its path would be
//     in the executable. Such a go.mod is refused.
//
// # What is left behind
//
// Mage writes the program's main file into the folder of the magefile. That
// is done in a folder of its own below dist, which git does not see, which
// is removed whatever happens, and which the next run removes if this
// process is killed. The executables are moved into place when all of them are
// there. Whoever calls Make in a folder where others may build holds
// build.Lock for its dist.
package tool
