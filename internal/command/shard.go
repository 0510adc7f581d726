package command

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/git"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/project"
)

// maxShards is how many jobs a matrix may have (GitHub Docs, "Workflow syntax",
// jobs.<job_id>.strategy.matrix).
const maxShards = 256

// A shardFlag selects a part of the functions.
type shardFlag struct {
	text  string // "2/8"; empty: all
	since string // a commit; empty: changed or not

	number, of int        // 1 and 1 without --shard
	lists      [][]string // names of the functions of each shard, if not all are meant
}

func (f *shardFlag) read() error {
	f.number, f.of = 1, 1
	if f.text == "" {
		return nil
	}
	number, of, _ := strings.Cut(f.text, "/")
	// Where Atoi fails it returns 0, or a number that is out of bounds as well.
	f.number, _ = strconv.Atoi(number)
	f.of, _ = strconv.Atoi(of)
	if f.of < 1 || f.of > maxShards || f.number < 1 || f.number > f.of {
		return hint.New(fmt.Sprintf("give one as --shard=2/8, of at most %d", maxShards), "invalid shard %q", f.text)
	}
	return nil
}

// some reports whether the flags may select fewer than all functions.
func (f shardFlag) some() bool { return f.text != "" || f.since != "" }

// shards divides the functions of a configuration into of lists. The caller holds the lock on
// c.Dist.
func (f shardFlag) shards(ctx context.Context, c build.Config, of int) ([][]string, error) {
	functions := c.Functions
	if f.since != "" {
		tree, err := git.State(ctx, c.Root, os.Environ())
		if err != nil {
			return nil, misuse(err)
		}
		paths, err := tree.Changed(ctx, f.since, os.Environ())
		if err != nil {
			return nil, misuse(err)
		}
		c.Progress = nil
		if functions, err = pipeline.Affected(ctx, c, paths); err != nil {
			return nil, err
		}
	}
	timings, err := pipeline.ReadTimings(c.Dist)
	if err != nil {
		return nil, err
	}
	return pipeline.Shards(functions, timings, of), nil
}

func (a *app) shardCommand() *cobra.Command {
	s := settings{verbose: &a.verbose}
	var of int
	c := &cobra.Command{
		Use:   "shard --of=N",
		Short: "Divide the functions among several machines",
		Long: `Shard lists the functions of --shard=1/N to --shard=N/N. The shards take about the same
time, as far as it is known from dist/timings.json, which bootzip merge writes; all
machines must have the same file, or none. With --since only functions count whose
files differ from a commit. --format=matrix is for GitHub Actions, and leaves out
empty shards.`,
		Example: "  bootzip shard --of=8\n  bootzip shard --of=8 --since=origin/main --format=matrix",
		RunE: func(c *cobra.Command, _ []string) error {
			if of < 1 || of > maxShards {
				return misuse(hint.New(fmt.Sprintf("give the number of shards, up to %d, as in --of=8", maxShards), "--of is %d", of))
			}
			divided := s.shard
			s.shard = shardFlag{} // all functions are there
			var shards [][]string
			err := s.withDist(c.Context(), func(_ project.Project, config build.Config) (err error) {
				shards, err = divided.shards(c.Context(), config, of)
				return err
			})
			if err != nil {
				return err
			}
			return printShards(a.format, shards)
		},
	}
	c.Flags().IntVar(&of, "of", 0, "number `N` of shards")
	choice(c, &a.format, "format", "text, json, or matrix for GitHub Actions", "text", "json", "matrix")
	s.flags(c, "engine", "arch", "since")
	return c
}

// writeShard writes to dist which shard this is, and how long its functions took.
func (m made) writeShard() error {
	seconds := pipeline.Timings{}
	for _, a := range m.report.Artifacts {
		seconds[a.Function.Name] += a.Seconds
	}
	for _, z := range m.zips {
		seconds[z.Function.Name] += z.Seconds()
	}
	maps.DeleteFunc(seconds, func(_ string, s float64) bool { return s == 0 })
	m.shard.Seconds = seconds
	return m.shard.Write(filepath.Join(m.project.Root, distDir))
}

func printShards(format string, shards [][]string) error {
	type row struct {
		Shard     string   `json:"shard"`
		Functions []string `json:"functions"`
	}
	rows, names := []row{}, []string{}
	t := table{header: []string{"SHARD", "FUNCTIONS"}}
	for i, functions := range shards {
		r := row{fmt.Sprintf("%d/%d", i+1, len(shards)), append([]string{}, functions...)}
		rows = append(rows, r)
		t.add(r.Shard, strings.Join(functions, " "))
		if len(functions) > 0 {
			names = append(names, r.Shard)
		}
	}
	if format == "matrix" { // one line, as $GITHUB_OUTPUT takes it
		return json.NewEncoder(os.Stdout).Encode(map[string][]string{"shard": names})
	}
	return t.print(format, rows)
}
