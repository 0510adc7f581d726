package command

import (
	"context"
	"runtime"
	"runtime/debug"

	"golang.org/x/mod/module"
)

// The linker sets these in the executables that tool makes (package
// release/tool); nothing else does.
var releaseVersion, releaseCommit string

// Version says which bootzip this is: the module's version, the commit, and the Go toolchain it was made with.
// In a checkout the version is "(devel)". The commit is "unknown" where
// nothing in the program says it: a released executable knows it.
func Version(ctx context.Context) error {
	v := ownVersion()
	return table([][]string{
		{"bootzip", v.version},
		{"commit", v.commit},
		{"toolchain", runtime.Version()},
		{"platform", runtime.GOOS + "/" + runtime.GOARCH},
	})
}

// A programVersion is what is known of the bootzip that runs.
type programVersion struct{ version, commit string }

func ownVersion() programVersion {
	info, _ := debug.ReadBuildInfo()
	return versionOf(info, releaseVersion, releaseCommit)
}

// versionOf reads what the go command wrote into the program; what the linker
// was told goes before it. Mage compiles a list of files, which is no module
// itself: bootzip is one of its dependencies then, in its own checkout and in
// other projects alike.
func versionOf(info *debug.BuildInfo, version, commit string) programVersion {
	const path = "github.com/bootzip/bootzip"
	found := programVersion{"(devel)", "unknown"}
	if info != nil {
		all := append([]*debug.Module{&info.Main}, info.Deps...)
		for _, m := range all {
			if m.Path != path {
				continue
			}
			if m.Replace != nil {
				m = m.Replace // of a folder it has no version
			}
			if m.Version != "" {
				found.version = m.Version
			}
			// Of a version without a tag, the name has twelve digits of the
			// commit (Go Modules Reference, "Pseudo-versions").
			if rev, err := module.PseudoVersionRev(m.Version); err == nil {
				found.commit = rev
			}
		}
	}
	if version != "" {
		found.version = version
	}
	if commit != "" {
		found.commit = commit
	}
	return found
}
