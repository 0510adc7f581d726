package diff

import (
	"fmt"
	"slices"
)

// The IDs of causes, in the order in which they are listed. What decides the
// bytes of a program comes before what decides the bytes of its zip.
const (
	CauseLanguage     = "language"       // a Go program and one that is not
	CauseArchitecture = "architecture"   // for another processor or system
	CauseGoVersion    = "go-version"     // another Go toolchain
	CauseCompiler     = "compiler"       // another compiler that is not Go's
	CauseCPULevel     = "cpu-level"      // GOAMD64, GOARM64, or the note of another compiler
	CauseModule       = "module-version" // a module added, raised, lowered, removed or replaced
	CauseGoFlags      = "go-flags"       // any other setting of go build
	CausePath         = "path"           // a path of the machine in the program
	CauseTime         = "time"           // a time in the program
	CauseCommit       = "commit"         // built from another commit
	CauseSource       = "source"         // other source, by what is left
	CauseStripped     = "stripped"       // symbols or debug information in one of them
	CauseBuildID      = "build-id"       // nothing but the linker's identifier
	CauseAdded        = "added-file"
	CauseRemoved      = "removed-file"
	CauseRenamed      = "renamed-file"
	CauseContent      = "file-content" // of a file that is no program
	CauseLineEnds     = "line-ends"    // LF and CRLF
	CauseMode         = "mode"
	CauseOrder        = "order"
	CauseZipTime      = "zip-time" // times of the files in the zip
	CauseZipTool      = "zip-tool" // headers that only the zip program decides
	CauseCompressor   = "compressor"
)

var causeOrder = []string{CauseLanguage, CauseArchitecture, CauseGoVersion, CauseCompiler, CauseCPULevel, CauseModule, CauseGoFlags,
	CausePath, CauseTime, CauseCommit, CauseSource, CauseStripped, CauseBuildID, CauseAdded, CauseRemoved, CauseRenamed,
	CauseContent, CauseLineEnds, CauseMode, CauseOrder, CauseZipTime, CauseZipTool, CauseCompressor}

// hints say, for each cause, what makes two builds equal in it.
var hints = map[string]string{
	CauseLanguage:     "build both from the same source",
	CauseArchitecture: "compare builds for the same architecture and system",
	CauseGoVersion:    "build both with the same Go: put a toolchain line into go.mod, and set GOTOOLCHAIN to it",
	CauseCompiler:     "build both in the same image: give base-image by digest, and commit bootzip.lock",
	CauseCPULevel:     "set GOAMD64=v1 and GOARM64=v8.0, or the same -march, for both builds",
	CauseModule:       "build both from the same go.mod and go.sum, with -mod=readonly",
	CauseGoFlags:      "build both with the same flags and environment; GOFLAGS= and GOENV=off keep a person's own settings out",
	CausePath:         "build with -trimpath; for C and C++ with -ffile-prefix-map=$PWD=., for Rust with --remap-path-prefix",
	CauseTime:         "leave the time out of the program, or take the commit's (SOURCE_DATE_EPOCH) instead of the clock's",
	CauseCommit:       "check out the same commit for both builds, or build with -buildvcs=false",
	CauseSource:       "build both from a clean checkout of the same commit; `git status` lists what differs from it",
	CauseStripped:     `strip both or none: -ldflags "-s -w", or the linker's -s`,
	CauseBuildID:      "leave it out: -ldflags -buildid= for Go, -Wl,--build-id=none for others",
	CauseAdded:        "list the same assets in both",
	CauseRemoved:      "list the same assets in both",
	CauseRenamed:      "give the file the same name in both",
	CauseContent:      "pack both from a clean checkout of the same commit",
	CauseLineEnds:     "check out with LF on every system: `* text=auto eol=lf` in .gitattributes",
	CauseMode:         "give files the same mode: `mage package` packs 0755 for bootstrap and executables, 0644 for the rest",
	CauseOrder:        "pack the files in the same order: that of bootzip.yaml, not that of the disk",
	CauseZipTime:      "pack with a fixed time, as `mage package` does, or with the commit's",
	CauseZipTool:      "pack both with the same program, version and options; zip -X leaves out users and times",
	CauseCompressor:   "pack both with the same version of bootzip, whose go.mod fixes the compressor",
}

type rankedCause struct {
	Cause
	rank int
}

// because notes a likely cause.
func (c *comparison) because(id, format string, args ...any) {
	c.causes = append(c.causes, rankedCause{
		Cause: Cause{ID: id, Text: printable(fmt.Sprintf(format, args...), 600), Hint: hints[id]},
		rank:  slices.Index(causeOrder, id),
	})
}

// ranked returns the causes in their order, none twice, and few of one kind.
func (c *comparison) ranked() []Cause {
	slices.SortStableFunc(c.causes, func(a, b rankedCause) int { return a.rank - b.rank })
	var list []Cause
	kinds := map[string]int{}
	for _, x := range c.causes {
		if slices.Contains(list, x.Cause) || len(list) == maxCauses || kinds[x.ID] == maxCausesPerKind {
			continue
		}
		kinds[x.ID]++
		list = append(list, x.Cause)
	}
	return list
}
