package diff

// A cause is a kind of [Cause]: its place in hints.
type cause int

// hints says for each cause how to make two builds equal. Causes are listed in
// this order: what decides the bytes of a program comes before what decides the
// bytes of its zip.
var hints []struct{ id, text string }

func newCause(id, text string) cause {
	hints = append(hints, struct{ id, text string }{id, text})
	return cause(len(hints) - 1)
}

var (
	causeLanguage     = newCause("language", "build both from the same source")
	causeArchitecture = newCause("architecture", "compare builds for the same architecture and system")
	causeGoVersion    = newCause("go-version", "build both with the same Go: put a toolchain line into go.mod, and set GOTOOLCHAIN to it")
	causeCompiler     = newCause("compiler", "build both in the same image: give base-image by digest, and commit bootzip.lock")
	causeCPULevel     = newCause("cpu-level", "set GOAMD64=v1 and GOARM64=v8.0, or the same -march, for both builds")
	causeModule       = newCause("module-version", "build both from the same go.mod and go.sum, with -mod=readonly")
	causeGoFlags      = newCause("go-flags", "build both with the same flags and environment; GOFLAGS= and GOENV=off keep a person's own settings out")
	causePath         = newCause("path", "build with -trimpath; for C and C++ with -ffile-prefix-map=$PWD=., for Rust with --remap-path-prefix")
	causeTime         = newCause("time", "leave the time out of the program, or take the commit's (SOURCE_DATE_EPOCH) instead of the clock's")
	causeCommit       = newCause("commit", "check out the same commit for both builds, or build with -buildvcs=false")
	causeSource       = newCause("source", "build both from a clean checkout of the same commit, in the same directory, with the same -ldflags; `git status` lists uncommitted changes")
	causeStripped     = newCause("stripped", `strip both or neither: -ldflags "-s -w", or the linker's -s`)
	causeBuildID      = newCause("build-id", "leave it out: -ldflags -buildid= for Go, -Wl,--build-id=none for others")
	causeAdded        = newCause("added-file", "list the same assets in both")
	causeRemoved      = newCause("removed-file", "list the same assets in both")
	causeRenamed      = newCause("renamed-file", "give the file the same name in both")
	causeContent      = newCause("file-content", "pack both from a clean checkout of the same commit")
	causeLineEndings  = newCause("line-endings", "check out with LF on every system: `* text=auto eol=lf` in .gitattributes")
	causeMode         = newCause("mode", "give files the same mode: `bootzip package` packs 0755 for bootstrap and executables, 0644 for the rest")
	causeOrder        = newCause("order", "pack the files in the same order: that of bootzip.yaml, not that of the disk")
	causeZipTime      = newCause("zip-time", "pack with a fixed time, as `bootzip package` does, or with the commit's")
	causeZipTool      = newCause("zip-tool", "pack both with the same program, version and options; zip -X leaves out users and times")
	causeCompressor   = newCause("compressor", "pack both with the same version of bootzip, whose go.mod fixes the compressor")
)
