package command

import (
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/git"
	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/reproduce"
)

func (a *app) reproduceCommand() *cobra.Command {
	s := settings{verbose: &a.verbose}
	var other string
	c := &cobra.Command{
		Use:   "reproduce",
		Short: "Build everything twice, and compare the bytes",
		Long: `Reproduce builds and packs every function twice, and proves that the zips are the
same, byte for byte. The second time it builds a clean checkout of the commit, in
a varied environment: another directory, another user, a cold cache and so on.
The report lists what varied and what could not be varied. It ends with status 1
if a zip differs, and says how and why.`,
		Example: "  bootzip reproduce --engine=docker --other=podman",
		RunE: func(c *cobra.Command, _ []string) error {
			second, err := secondEngine(other)
			if err != nil {
				return err
			}
			// Before the first build, which may take a while.
			ctx := c.Context()
			tree, err := git.State(ctx, ".", os.Environ())
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case err != nil:
				return misuse(err)
			}
			if line := (reproduce.Result{Dirty: tree.Dirty}).DirtyLine(); line != "" {
				note("%s", line)
			}
			var r reproduce.Result
			err = s.withDist(ctx, func(_ project.Project, c build.Config) error {
				first, err := pipeline.Package(ctx, c, pipeline.PackageConfig{})
				if err != nil {
					return err
				}
				if len(first.Zips) == 0 { // --since or --shard left none
					r.Commit, r.Dirty = tree.Commit, tree.Dirty
					return nil
				}
				c.Engine = first.Build.Engine
				r, err = reproduce.Reproduce(ctx, reproduce.Config{First: c, Zips: pipeline.Lines(first.Zips), Engine: second, Progress: again(c.Progress)})
				return err
			})
			if err != nil || len(r.Results) == 0 && a.format == "text" {
				return err
			}
			if err := writeResult(r, a.format); err != nil {
				return err
			}
			if !r.OK() {
				return findings("not every zip is reproducible")
			}
			return nil
		},
	}
	s.flags(c, "engine", "arch", "function", "shard", "since")
	otherFlag(c, &other)
	a.tableFormat(c)
	return c
}

func otherFlag(c *cobra.Command, other *string) {
	c.Flags().StringVar(other, "other", "", "`ENGINE` of the second build (default: a different one, if one can be used)")
	complete(c, "other", "auto", "docker", "podman", "sandbox", "host")
}

// secondEngine reads --other; "" is the default. Call it before the first build, which may
// take a while.
func secondEngine(other string) (string, error) {
	if other == "auto" {
		other = ""
	}
	return other, misuse(build.CheckEngine(other))
}

// again marks the events of a second build as such.
func again(show func(build.Event)) func(build.Event) {
	return func(e build.Event) {
		if e.Stage == "engine" {
			e.Text += ", a second time"
		}
		show(e)
	}
}

// writeResult writes a result for people or for programs.
func writeResult(r interface {
	WriteText(io.Writer) error
	WriteJSON(io.Writer) error
}, format string) error {
	if format == "json" {
		return r.WriteJSON(os.Stdout)
	}
	return r.WriteText(os.Stdout)
}
