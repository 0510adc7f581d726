package diff

import "slices"

// The IDs of causes.
const (
	causeLanguage     = "language"
	causeArchitecture = "architecture"
	causeGoVersion    = "go-version"
	causeCompiler     = "compiler"
	causeCPULevel     = "cpu-level"
	causeModule       = "module-version"
	causeGoFlags      = "go-flags"
	causePath         = "path"
	causeTime         = "time"
	causeCommit       = "commit"
	causeSource       = "source"
	causeStripped     = "stripped"
	causeBuildID      = "build-id"
	causeAdded        = "added-file"
	causeRemoved      = "removed-file"
	causeRenamed      = "renamed-file"
	causeContent      = "file-content"
	causeLineEndings  = "line-endings"
	causeMode         = "mode"
	causeOrder        = "order"
	causeZipTime      = "zip-time"
	causeZipTool      = "zip-tool"
	causeCompressor   = "compressor"
)

// hints says for each cause how to make two builds equal. Causes are listed in
// this order: what decides the bytes of a program comes before what decides the
// bytes of its zip.
var hints = []struct{ id, text string }{
	{causeLanguage, "build both from the same source"},
	{causeArchitecture, "compare builds for the same architecture and system"},
	{causeGoVersion, "build both with the same Go: put a toolchain line into go.mod, and set GOTOOLCHAIN to it"},
	{causeCompiler, "build both in the same image: give base-image by digest, and commit bootzip.lock"},
	{causeCPULevel, "set GOAMD64=v1 and GOARM64=v8.0, or the same -march, for both builds"},
	{causeModule, "build both from the same go.mod and go.sum, with -mod=readonly"},
	{causeGoFlags, "build both with the same flags and environment; GOFLAGS= and GOENV=off keep a person's own settings out"},
	{causePath, "build with -trimpath; for C and C++ with -ffile-prefix-map=$PWD=., for Rust with --remap-path-prefix"},
	{causeTime, "leave the time out of the program, or take the commit's (SOURCE_DATE_EPOCH) instead of the clock's"},
	{causeCommit, "check out the same commit for both builds, or build with -buildvcs=false"},
	{causeSource, "build both from a clean checkout of the same commit, in the same directory, with the same -ldflags; `git status` lists uncommitted changes"},
	{causeStripped, `strip both or neither: -ldflags "-s -w", or the linker's -s`},
	{causeBuildID, "leave it out: -ldflags -buildid= for Go, -Wl,--build-id=none for others"},
	{causeAdded, "list the same assets in both"},
	{causeRemoved, "list the same assets in both"},
	{causeRenamed, "give the file the same name in both"},
	{causeContent, "pack both from a clean checkout of the same commit"},
	{causeLineEndings, "check out with LF on every system: `* text=auto eol=lf` in .gitattributes"},
	{causeMode, "give files the same mode: `bootzip package` packs 0755 for bootstrap and executables, 0644 for the rest"},
	{causeOrder, "pack the files in the same order: that of bootzip.yaml, not that of the disk"},
	{causeZipTime, "pack with a fixed time, as `bootzip package` does, or with the commit's"},
	{causeZipTool, "pack both with the same program, version and options; zip -X leaves out users and times"},
	{causeCompressor, "pack both with the same version of bootzip, whose go.mod fixes the compressor"},
}

// rank returns the index of a cause in hints.
func rank(id string) int {
	return slices.IndexFunc(hints, func(h struct{ id, text string }) bool { return h.id == id })
}
