package command

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/release"
	"github.com/bootzip/bootzip/verify"
)

func (a *app) releaseCommand() *cobra.Command {
	s := settings{verbose: &a.verbose}
	var other string
	var config release.Config
	c := &cobra.Command{
		Use:        "release",
		Short:      "Build everything that a tag publishes",
		SuggestFor: []string{"sbom"},
		Long: `Release makes everything to publish from a tag: zips, SBOMs, provenance, the verify
report and SHA256SUMS. It builds in a container, verifies strictly, boots, builds a
second time and compares; nothing appears in dist unless all of it succeeds. The tree
must be clean, and the commit must have a tag.`,
		Example: "  bootzip release --tag=v1.2.3 --repository=https://github.com/OWNER/NAME",
		RunE: func(c *cobra.Command, _ []string) error {
			second, err := secondEngine(other)
			if err != nil {
				return err
			}
			ctx := c.Context()
			var made release.Release
			err = s.withDist(ctx, func(_ project.Project, c build.Config) error {
				cache, err := moduleCache(ctx)
				if err != nil {
					return err
				}
				config.Build, config.OtherEngine, config.Progress = c, second, again(c.Progress)
				config.Qemu, config.ModuleCache = findQemu(), cache
				if config.BootzipVersion = ownVersion().version; a.caller != "bootzip" && config.BootzipVersion == development && isOwn(c.Root) {
					config.BootzipVersion = "" // go tool mage built it from this checkout
				}
				made, err = release.Make(ctx, config)
				return err
			})
			if err != nil {
				return a.releaseFailed(err)
			}
			note("%s of commit %s, built with %s and again with %s: the same bytes",
				made.Tag, made.Commit, made.Reproduced.First, made.Reproduced.Second)
			t := table{header: []string{"FILE", "SIZE", "SHA256"}}
			for _, f := range made.Files {
				t.add(distDir+"/"+f.Name, size(f.Size), f.SHA256)
			}
			return t.print(a.format, made.Files)
		},
	}
	f := c.Flags()
	f.StringVar(&config.Tag, "tag", "", "a tag of the commit (default: its only tag)")
	f.StringVar(&config.Repository, "repository", "", "https `URL` for the provenance (default: the remote origin)")
	f.StringVar(&config.Program, "program", "", "also release this main `PACKAGE` of the project, such as ./cmd/tool, for six platforms")
	f.StringSliceVar(&config.Platforms, "platforms", nil, "with --program, release only these platforms, such as linux/amd64 (default: all)")
	f.StringVar(&config.WaiveBoot, "waive", "", "release zips whose boot check was skipped, for this `REASON`")
	otherFlag(c, &other)
	s.flags(c, "engine", "locked")
	a.tableFormat(c)
	return c
}

// releaseFailed prints the reports of what failed.
func (a *app) releaseFailed(err error) error {
	var failedCheck *release.CheckError
	var mismatch *release.MismatchError
	switch {
	case errors.As(err, &failedCheck):
		if err := verify.WriteText(os.Stderr, failedCheck.Reports, verify.TextOptions{Verbose: a.verbose}); err != nil {
			return err
		}
	case errors.As(err, &mismatch):
		if err := mismatch.WriteText(os.Stderr); err != nil {
			return err
		}
	}
	return err
}

// moduleCache returns GOMODCACHE; "" without a go command.
func moduleCache(ctx context.Context) (string, error) {
	if _, err := exec.LookPath("go"); err != nil {
		return "", nil
	}
	cmd := exec.CommandContext(ctx, "go", "env", "GOMODCACHE")
	cmd.Env = append(os.Environ(), "GOEXPERIMENT=none", "GOFIPS140=off") // the caller's settings for the compiler do not matter
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}
