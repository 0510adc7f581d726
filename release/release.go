package release

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/diff"
	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/internal/git"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/release/attest"
	"github.com/bootzip/bootzip/release/program"
	"github.com/bootzip/bootzip/reproduce"
	"github.com/bootzip/bootzip/verify"
)

// Config says what to release.
type Config struct {
	// Build says how to build. The release appears in its Dist, on which the
	// caller holds the lock. Engine "auto" takes docker or podman; "sandbox"
	// must be asked for, and "host" is refused.
	Build build.Config

	Tag        string // a tag of the current commit; "": the only one that it has
	Repository string // "https://github.com/owner/name"; "": the remote origin, if that is a URL

	// WaiveBoot is the reason to release zips whose boot check was skipped. A
	// failed boot check cannot be waived.
	WaiveBoot string

	// Program is a main package of the project, such as "./cmd/tool", that is
	// released for six platforms as well (package release/program); "": none.
	Program string

	// Platforms lists which of the six to release it for; empty means all.
	Platforms []string

	OtherEngine    string // of the second build; see reproduce.Config.Engine
	Qemu           string // see pipeline.CheckConfig
	ModuleCache    string // GOMODCACHE, from which licences are read; "": none are stated
	BootzipVersion string // of the program that makes the release; "": it is built from this commit, and has the release's version

	// Progress, if not nil, is called with each event of the second build.
	Progress func(build.Event)
}

// A Release describes a finished release.
type Release struct {
	Tag, Commit string
	folder      string    // of the project in the repository
	time        time.Time // of the commit
	version     string    // of the project: Tag, without the directory of a module
	Zips        []pack.Zip
	Reproduced  reproduce.Result
	Files       []File // all, by name; SHA256SUMS is the last
}

// A CheckError is returned if zips did not pass verify; it has the reports.
type CheckError struct {
	Reports []verify.Report
	problem error
}

func (e *CheckError) Error() string { return e.problem.Error() }
func (e *CheckError) Unwrap() error { return e.problem }

// A MismatchError is returned if bytes differ in the second build: those of zips or
// images or, if these are all the same, of executables.
type MismatchError struct {
	Reproduction reproduce.Result
	Executables  []diff.Report
}

func (e *MismatchError) Error() string {
	return "the second build has other bytes than the first; nothing is released"
}

// WriteText explains what differs, as text.
func (e *MismatchError) WriteText(w io.Writer) error {
	if len(e.Executables) == 0 {
		return e.Reproduction.WriteText(w)
	}
	for _, r := range e.Executables {
		if err := diff.WriteText(w, r); err != nil {
			return err
		}
	}
	return nil
}

// Make builds every function of the configuration from the tagged commit, checks the
// zips, builds them a second time, and writes to Dist the zips, images and
// executables, an SBOM for each (such as NAME-ARCH.cdx.json), manifest.json,
// provenance, the result of verify as a statement and as a page, and SHA256SUMS. They
// have no time except the commit's, no path and no host name.
//
// The second build has a cold cache and the first the usual one: if the usual cache
// was tampered with, the two builds differ and nothing is released.
//
// The tree must be clean, and the commit must have a tag. All files are made in a
// stage and appear in Dist together, SHA256SUMS last; after an error before that,
// Dist is unchanged. If moving a file fails, Dist has no SHA256SUMS. Errors have
// hints; see CheckError, MismatchError and, for what is wrong before anything is built,
// reproduce.ConfigError.
func Make(ctx context.Context, c Config) (Release, error) {
	state, err := git.State(ctx, c.Build.Root, c.Build.Environ)
	if ctx.Err() != nil {
		return Release{}, ctx.Err()
	}
	if err != nil {
		return Release{}, &reproduce.ConfigError{Err: err}
	}
	r := Release{Commit: state.Commit, folder: state.Folder, time: state.Time}
	if r.Tag, err = chooseTag(state, c.Tag); err != nil {
		return r, &reproduce.ConfigError{Err: err}
	}
	r.version = state.Version(r.Tag)
	c.BootzipVersion = cmp.Or(c.BootzipVersion, r.version)
	c.Repository = cmp.Or(c.Repository, state.Origin)
	if err := c.checkSettings(r.version); err != nil {
		return r, &reproduce.ConfigError{Err: err}
	}
	if c.Build.Engine, err = chooseEngine(ctx, c.Build); err != nil {
		return r, err
	}

	dist := c.Build.Dist
	stage, err := atomicfile.Begin(dist)
	if err != nil {
		return r, err
	}
	defer stage.Remove()
	unlock, err := build.Lock(stage.Path)
	if err != nil {
		return r, err
	}
	defer unlock()
	c.Build.Dist = stage.Path
	c.Build.Tag, c.Build.Commit = r.Tag, r.Commit
	packaged, err := pipeline.Package(ctx, c.Build, pipeline.PackageConfig{})
	if err != nil {
		return r, err
	}
	r.Zips = pipeline.Lines(packaged.Zips)
	reports, err := c.check(ctx, packaged.Zips)
	if err != nil {
		return r, err
	}
	r.Reproduced, err = reproduce.Reproduce(ctx, reproduce.Config{First: c.Build, Zips: r.Zips, Engine: c.OtherEngine, Progress: c.Progress})
	if err != nil {
		return r, err
	}
	if !r.Reproduced.OK() {
		return r, &MismatchError{Reproduction: r.Reproduced}
	}
	executables, err := c.makeProgram(ctx, state, r.version)
	if err != nil {
		return r, err
	}
	if r.Files, err = c.describe(ctx, r, packaged.Zips, reports, executables); err != nil {
		return r, err
	}
	return r, publish(stage, dist, r.Files)
}

// checkSettings finds, before anything is built, errors that would otherwise appear after
// the builds.
func (c Config) checkSettings(version string) error {
	if err := attest.CheckRepository(c.Repository); err != nil {
		return hint.Wrap(err, "give it as in --repository=https://github.com/OWNER/NAME")
	}
	switch {
	case c.Program != "":
		return program.Check(program.Config{Root: c.Build.Root, Package: c.Program, Version: version, Platforms: c.Platforms})
	case len(c.Platforms) > 0:
		return hint.New("add --program=PACKAGE, or omit --platforms", "platforms without a program: %s", strings.Join(c.Platforms, ", "))
	}
	return nil
}

// chooseTag returns the tag to release. It is an error if the tree differs from the
// tag.
func chooseTag(s git.Tree, wanted string) (string, error) {
	switch {
	case len(s.Dirty) > 0:
		return "", hint.New("commit or remove them: a release is built from the tagged commit",
			"the tree is dirty: %s", git.List(s.Dirty))
	case wanted != "" && slices.Contains(s.Others, wanted):
		return "", hint.New("use a tag of this project, or release the project of that module",
			"tag %q is not for the project in %q, but for a module in another directory", wanted, s.Folder)
	case wanted != "" && !slices.Contains(s.Tags, wanted):
		return "", hint.New("check it out: git checkout "+wanted, "tag %q is not on commit %s, which is checked out", wanted, s.Commit)
	case wanted != "":
		return wanted, nil
	case len(s.Tags) == 0 && len(s.Others) > 0:
		return "", hint.New("tag it: git tag v1.2.3", "commit %s has no tag for the project in %q, only for modules in other directories: %s",
			s.Commit, s.Folder, strings.Join(s.Others, ", "))
	case len(s.Tags) == 0:
		return "", hint.New("tag it: git tag v1.2.3", "commit %s has no tag", s.Commit)
	case len(s.Tags) > 1:
		return "", hint.New("choose with --tag=NAME", "commit %s has %d tags: %s", s.Commit, len(s.Tags), strings.Join(s.Tags, ", "))
	}
	return s.Tags[0], nil
}

// chooseEngine returns the engine for a release.
func chooseEngine(ctx context.Context, c build.Config) (string, error) {
	switch c.Engine {
	case "host":
		return "", &reproduce.ConfigError{Err: hint.New("use --engine=docker or podman; functions in Go can also be released with --engine=sandbox",
			"a release cannot be built with engine host, which isolates nothing")}
	case "sandbox":
		return "sandbox", nil
	}
	_, engine, err := build.Image(ctx, c)
	return engine, err
}

// check verifies the zips strictly, and starts each. A skipped boot check is an
// error unless it is waived.
func (c Config) check(ctx context.Context, zips []pipeline.Zip) ([]verify.Report, error) {
	checked, err := pipeline.Check(ctx, pipeline.CheckConfig{Strict: true, Boot: true, Qemu: c.Qemu}, zips)
	if err != nil {
		return nil, err
	}
	failed := 0
	var skipped []string
	advice := `give it "handlers", "env" or "event" in bootzip.yaml, or say why it need not start: --waive="REASON"`
	var reports []verify.Report
	for _, z := range checked {
		z.Report.Path = z.Packed.File // not its path in the stage
		reports = append(reports, z.Report)
		if !z.Report.OK() {
			failed++
			continue
		}
		for i := range z.Report.Results {
			x := &z.Report.Results[i]
			if x.Check.Layer != verify.Boot || x.Status != verify.Skip || z.Report.Kind == verify.KindLayer {
				continue
			}
			if c.WaiveBoot == "" {
				if c.Qemu == "" && z.Packed.Arch != project.Arch(runtime.GOARCH) {
					advice = `install qemu-user-static for the other architecture, or say why it need not start: --waive="REASON"`
				}
				skipped = append(skipped, fmt.Sprintf("%s (%s)", z.Report.Path, x.Detail))
				continue
			}
			x.Status, x.Reason = verify.Waived, c.WaiveBoot
		}
	}
	switch {
	case failed > 0:
		return nil, &CheckError{reports, fmt.Errorf("%d of %d zips failed; nothing is released", failed, len(reports))}
	case len(skipped) > 0:
		return nil, &CheckError{reports, hint.New(advice, "the boot check was skipped for %s; nothing is released", strings.Join(skipped, ", "))}
	}
	return reports, nil
}

// removed lists the files of the previous release that are not in this one, so that dist
// contains exactly one release. A file that has changed since then stays.
func removed(dist string, before, now []File) []atomicfile.File {
	var list []atomicfile.File
	for _, old := range before {
		if slices.ContainsFunc(now, func(f File) bool { return f.Name == old.Name }) {
			continue
		}
		name := filepath.Join(dist, filepath.FromSlash(old.Name))
		if sum, _, err := digest.File(name); err == nil && sum == old.SHA256 {
			list = append(list, atomicfile.File{To: name})
		}
	}
	return list
}

// publish moves the files of a release from the stage to dist. SHA256SUMS, the last of files,
// is removed first and moved last: if it exists, the release is complete.
func publish(stage *atomicfile.Stage, dist string, files []File) error {
	sums := filepath.Join(dist, sumsFile)
	before, _ := ReadSums(sums) // missing or invalid: nothing is removed
	set := append([]atomicfile.File{{To: sums}}, removed(dist, before, files)...)
	for _, f := range files {
		mode := fs.FileMode(0o644)
		if f.Executable {
			mode = 0o755
		}
		set = append(set, atomicfile.File{From: filepath.Join(stage.Path, f.Name), To: filepath.Join(dist, f.Name), Mode: mode})
	}
	return stage.Commit(set...)
}
