package command

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"

	"github.com/magefile/mage/mg"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/release"
	"github.com/bootzip/bootzip/verify"
)

// Release makes of a tag everything that is published: zips, SBOMs, provenance, verify report, SHA256SUMS.
// It builds in a container, verifies strictly, boots, builds a second time and
// compares; nothing of it appears in dist unless all of it went well. The tree
// must be clean and the commit have a tag.
func Release(ctx context.Context,
	engine *string, // docker or podman (default: the first that works), or sandbox
	other *string, // engine of the second build; default: another one, if one can be used
	tag *string, // a tag of the commit; default: the only one that it has
	repository *string, // https address for the provenance; default: the remote origin
	locked *bool, // fail if the image or toolchain differs from bootzip.lock
	tool *bool, // the executables of these targets as well, see the target tool
	platforms *string, // with -tool, some of its platforms with commas: linux/amd64,windows/arm64; default: all
	waive *string, // reason to release zips whose boot check was skipped
) error {
	s, err := readSettings(engine, nil, nil)
	if err != nil {
		return err
	}
	s.locked = isSet(locked)
	second, err := secondEngine(other)
	if err != nil {
		return err
	}
	var made release.Release
	err = s.inDist(ctx, func(ctx context.Context, _ project.Project, c build.Config) error {
		cache, err := moduleCache(ctx)
		if err != nil {
			return err
		}
		made, err = release.Make(ctx, release.Config{
			Build: c, Tag: choose(tag, "", ""), Repository: choose(repository, "", ""), WaiveBoot: choose(waive, "", ""),
			Tool: isSet(tool), Platforms: list(platforms), OtherEngine: second, Qemu: findQemu(), ModuleCache: cache,
			BootzipVersion: ownVersion().version, Progress: again(c.Progress),
		})
		return err
	})
	var failedCheck *release.CheckError
	var mismatch *release.MismatchError
	switch {
	case errors.As(err, &failedCheck):
		if err := verify.WriteText(os.Stderr, failedCheck.Reports, verify.TextOptions{Verbose: mg.Verbose()}); err != nil {
			return err
		}
	case errors.As(err, &mismatch):
		if err := mismatch.WriteText(os.Stderr); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	note("%s of commit %s, built with %s and again with %s: the same bytes",
		made.Tag, made.Commit, made.Reproduced.First, made.Reproduced.Second)
	rows := [][]string{{"FILE", "SIZE", "SHA256"}}
	for _, f := range made.Files {
		rows = append(rows, []string{distFolder + "/" + f.Name, size(f.Size), f.SHA256})
	}
	return table(rows)
}

// moduleCache is where the go command keeps modules; "" without a go command.
func moduleCache(ctx context.Context) (string, error) {
	if _, err := exec.LookPath("go"); err != nil {
		return "", nil
	}
	cmd := exec.CommandContext(ctx, "go", "env", "GOMODCACHE")
	cmd.Env = append(os.Environ(), "GOEXPERIMENT=none", "GOFIPS140=off") // whatever the caller has set for the compiler
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}
