package command

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/deploy"
	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/regular"
	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

func (a *app) mergeCommand() *cobra.Command {
	s := settings{verbose: &a.verbose}
	var strict bool
	c := &cobra.Command{
		Use:   "merge DIR…",
		Short: "Merge the results of shards",
		Long: `Merge merges the dist directories of all runs with --shard into this project's dist,
as if one machine had made it: zips, images, manifest.json, SHA256SUMS if there is one,
and report.json, the output of "bootzip verify --format=json". It compares deploy files
with all zips. It refuses missing shards, and shards of different commits, versions of
bootzip or divisions. It writes dist/timings.json, which divides the next run's shards.`,
		Example: "  bootzip merge shards/*",
		Args:    some("DIR"),
		RunE: func(c *cobra.Command, dirs []string) error {
			for _, dir := range dirs {
				if _, err := os.Stat(dir); err != nil {
					return misuse(hint.Wrap(err, "give the dist directory of a run with --shard"))
				}
			}
			var zips []pipeline.Zip
			var reports []verify.Report
			err := s.withDist(c.Context(), func(p project.Project, config build.Config) (err error) {
				zips, err = pipeline.Merge(c.Context(), pipeline.MergeConfig{Dirs: dirs, Dist: config.Dist, Root: p.Root, Functions: p.Functions, Tool: config.Tool})
				if err != nil {
					return err
				}
				reports, err = addDeployReports(c.Context(), p, config.Dist, zips, strict)
				return err
			})
			if err != nil {
				return err
			}
			if err := printZips(a.format, zips); err != nil {
				return err
			}
			return conclude(reports, func([]verify.Report) error { return nil })
		},
	}
	c.Flags().BoolVar(&strict, "strict", false, "warnings about deploy files fail as well")
	a.tableFormat(c)
	return c
}

// addDeployReports compares the project's deploy files with all zips, which no shard could
// do, and adds the reports to report.json, if there is one.
func addDeployReports(ctx context.Context, p project.Project, dist string, zips []pipeline.Zip, strict bool) ([]verify.Report, error) {
	name := filepath.Join(dist, pipeline.ReportFile)
	report, err := regular.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	files, err := deploy.Find(".")
	if err != nil || len(files) == 0 {
		return nil, err
	}
	for i := range zips {
		zips[i].Target.Path = filepath.Join(distDir, zips[i].Packed.File)
	}
	checked, err := pipeline.Check(ctx, pipeline.CheckConfig{Strict: strict}, zips)
	if err != nil {
		return nil, err
	}
	reports, err := pipeline.CheckDeploy(pipeline.DeployConfig{Root: p.Root, Functions: p.Functions, Zips: checked, Strict: strict, All: true}, files)
	if err != nil {
		return nil, err
	}
	var more bytes.Buffer
	if err := verify.WriteJSON(&more, reports); err != nil {
		return nil, err
	}
	var names []string
	for _, z := range zips {
		names = append(names, z.Function.Name)
	}
	merged, err := verify.MergeJSON(map[string][]byte{name: report, "deploy files": more.Bytes()}, names)
	if err != nil {
		return nil, err
	}
	return reports, atomicfile.WriteBytes(name, 0o644, merged)
}
