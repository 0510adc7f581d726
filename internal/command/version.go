package command

import (
	"cmp"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/bootzip/bootzip/internal/digest"
)

// Released has the tag, such as "v1.2.3", and the commit that the linker set in a released
// program. Where they are empty, what the go command wrote into the program counts.
var Released struct{ Version, Commit string }

func (a *app) versionCommand() *cobra.Command {
	var check bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Show which bootzip this is",
		Long: `Version prints the module's version, the commit, and the Go toolchain that built the
program. In a checkout the version is that of the next release, with "-devel". The
commit is "unknown" if the program does not record it.

With --check it also prints who built the program, where it is, and its SHA-256, which
is that of bootzip-OS-ARCH in the SHA256SUMS of a release. It contacts no server: bootzip
never looks for newer versions, and sends nothing about its use.`,
		Example: "  bootzip version --format=json\n  bootzip version --check",
		RunE: func(*cobra.Command, []string) error {
			v := ownVersion()
			report := map[string]string{
				"version": v.version, "commit": v.commit, "toolchain": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH,
			}
			names := []string{"commit", "toolchain", "platform"}
			if check {
				program, err := os.Executable()
				if err != nil {
					return err
				}
				sum, _, err := digest.File(program)
				if err != nil {
					return err
				}
				info, _ := debug.ReadBuildInfo()
				report["made"], report["program"], report["sha256"] = madeBy(info, Released.Version), program, sum
				names = append(names, "made", "program", "sha256")
			}
			t := table{}
			t.add("bootzip", v.version)
			for _, name := range names {
				t.add(name, report[name])
			}
			return t.print(a.format, report)
		},
	}
	c.Flags().BoolVar(&check, "check", false, "also print who built the program, and its SHA-256; contacts no server")
	a.tableFormat(c)
	return c
}

// development is the version of a program for which the go command knows none: that of the
// next release, with "-devel".
const development = "v0.1.0-devel"

// A programVersion says which bootzip runs.
type programVersion struct{ version, commit string }

// program identifies this program: by its version, or by its digest where programs of that
// version differ; empty: unknown.
func (v programVersion) program() string {
	if v.version != development && !strings.HasSuffix(v.version, "+dirty") {
		return v.version
	}
	name, err := os.Executable()
	if err != nil {
		return ""
	}
	sum, _, _ := digest.File(name)
	return sum
}

func ownVersion() programVersion {
	info, _ := debug.ReadBuildInfo()
	return versionOf(info, Released.Version, Released.Commit)
}

// madeBy says who made a program, from its build information and what the linker set.
func madeBy(info *debug.BuildInfo, released string) string {
	if released != "" {
		return "by a release"
	}
	if info == nil {
		return "without the go command"
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	switch {
	case settings["vcs.modified"] == "true":
		return "from a checkout with changes"
	case settings["vcs.revision"] != "":
		return "from a checkout"
	case info.Main.Sum != "":
		return "by go install, from a module that go.sum's database has"
	case info.Main.Path != toolModule:
		return "as a part of " + info.Main.Path
	}
	return "from a directory"
}

// isOwn reports whether a directory is bootzip's own module.
func isOwn(root string) bool {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	return err == nil && modfile.ModulePath(text) == toolModule
}

// toolModule is the path of the tool's module.
const toolModule = "github.com/bootzip/bootzip"

// versionOf reads the build information; what the linker set overrides it. In a project's
// magefile bootzip is a dependency, and in cmd/bootzip the main module.
func versionOf(info *debug.BuildInfo, version, commit string) programVersion {
	found := programVersion{development, "unknown"}
	if info != nil {
		for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
			if m.Path != toolModule {
				continue
			}
			if m.Replace != nil {
				m = m.Replace // a directory has no version
			}
			if m.Version != "" && m.Version != "(devel)" {
				found.version = m.Version
			}
			// The name of a version without a tag has twelve digits of the
			// commit (Go Modules Reference, "Pseudo-versions").
			if rev, err := module.PseudoVersionRev(m.Version); err == nil {
				found.commit = rev
			}
		}
	}
	return programVersion{cmp.Or(version, found.version), cmp.Or(commit, found.commit)}
}
