package command

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/git"
	"github.com/bootzip/bootzip/internal/store"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/project"
)

// made has the results of the steps so far.
type made struct {
	project project.Project
	report  build.Report
	zips    []pipeline.Zip
	before  distState // what was in dist
	store   *store.Store
	shard   *pipeline.Shard // nil without --shard
}

// run builds, and packs if asked to, under one lock.
func (s *settings) run(ctx context.Context, packToo bool) (made, error) {
	m := made{before: readDist(distDir)}
	err := s.withDist(ctx, func(p project.Project, c build.Config) (err error) {
		m.project = p
		if s.shard.text != "" {
			m.shard = &pipeline.Shard{Shard: s.shard.number, Of: s.shard.of, Shards: s.shard.lists, Tool: c.Tool, Commit: commitOf(ctx, c.Root)}
			defer func() {
				if err == nil {
					err = m.writeShard()
				}
			}()
		}
		if c.Store, err = s.store(ctx, p); err != nil {
			return err
		}
		m.store = c.Store
		if !packToo {
			m.report, err = build.Build(ctx, c)
			return err
		}
		if other := pack.OtherCompressor(); other != "" {
			note("packing with klauspost/compress %s, which a module of this program requires, instead of %s: the bytes differ from the released bootzip's", other, pack.Compressor)
		}
		packaged, err := pipeline.Package(ctx, c, pipeline.PackageConfig{Images: s.images})
		m.report, m.zips = packaged.Build, packaged.Zips
		for i, z := range m.zips {
			m.zips[i].Target.Path = filepath.Join(distDir, z.Packed.File) // as people write it
		}
		return err
	})
	if err == nil && !s.checks {
		m.tellStore()
	}
	return m, err
}

// tellStore says what the shared cache was used for.
func (m made) tellStore() {
	if m.store == nil {
		return
	}
	if text := m.store.Summary(); text != "" {
		note("cache: %s", text)
	}
}

// choose keeps the functions of the shard in c, and sets the tag and commit to stamp them with.
func (s *settings) choose(ctx context.Context, c *build.Config) (err error) {
	if s.shard.some() {
		if s.shard.lists, err = s.shard.shards(ctx, *c, s.shard.of); err != nil {
			return err
		}
		mine := s.shard.lists[s.shard.number-1]
		c.Functions = slices.DeleteFunc(slices.Clone(c.Functions), func(f project.Function) bool { return !slices.Contains(mine, f.Name) })
		if len(c.Functions) == 0 {
			note("there is no function to build here")
		}
	}
	c.Tag, c.Commit, err = stamps(ctx, c.Root, c.Functions)
	return err
}

// withConfig loads the project, and calls do with it and the configuration to build it.
func (s *settings) withConfig(do func(project.Project, build.Config) error) error {
	p, functions, err := s.load()
	if err != nil {
		return err
	}
	bar := s.newProgress()
	defer bar.close()
	c := s.Config
	c.Root, c.Repository, c.Dist, c.Go, c.Progress = p.Root, git.Top(p.Root), filepath.Join(p.Root, distDir), p.Go, bar.event
	c.Functions, c.Project = functions, p.Functions
	return do(p, c)
}

// withDist is withConfig for the functions that the flags choose, while no other process
// writes to the project's directory dist.
func (s *settings) withDist(ctx context.Context, do func(project.Project, build.Config) error) error {
	return s.withConfig(func(p project.Project, c build.Config) error {
		s.tellLeftOut(p)
		unlock, err := build.Lock(c.Dist)
		if err != nil {
			return err
		}
		defer unlock()
		before := readDist(c.Dist)
		if err = s.choose(ctx, &c); err == nil {
			err = do(p, c)
		}
		return before.failed(err, c.Dist)
	})
}

// tellLeftOut says which main packages are not functions, in one line without --verbose.
func (s *settings) tellLeftOut(p project.Project) {
	switch {
	case s.quiet:
	case len(p.LeftOut) > 1 && !*s.verbose:
		note("%d main packages are not functions (-v lists them)", len(p.LeftOut))
	default:
		for _, l := range p.LeftOut {
			note("main package in %s is not a function: %s", l.Source, l.Reason)
		}
	}
}

// commitOf returns the commit of a directory, with "-dirty" if files differ from it; "" if
// that is not known, as outside of git.
func commitOf(ctx context.Context, root string) string {
	state, err := git.State(ctx, root, os.Environ())
	if err != nil {
		return ""
	}
	if len(state.Dirty) > 0 {
		return state.Commit + "-dirty"
	}
	return state.Commit
}

// stamps returns the values of ${tag} and ${commit} in ldflags and labels: those of git;
// "devel" and COMMIT-dirty for a dirty tree, "devel" without a tag; "devel" and "unknown"
// outside of git.
func stamps(ctx context.Context, root string, functions []project.Function) (tag, commit string, err error) {
	asked := slices.ContainsFunc(functions, func(f project.Function) bool {
		values := slices.AppendSeq(slices.Collect(maps.Values(f.Ldflags)), maps.Values(f.ImageLabels))
		return slices.ContainsFunc(values, func(v string) bool { return strings.Contains(v, "${") })
	})
	if !asked {
		return "", "", nil
	}
	state, err := git.State(ctx, root, os.Environ())
	switch {
	case errors.Is(err, git.ErrNoCommit), err != nil && git.Top(root) == "":
		return "devel", "unknown", ctx.Err()
	case err != nil:
		return "", "", fmt.Errorf("cannot find the values of ${tag} and ${commit}: %w", err)
	}
	if tag = "devel"; len(state.Dirty) > 0 {
		return tag, state.Commit + "-dirty", nil
	}
	for _, t := range state.Tags {
		if tag == "devel" || semver.Compare(state.Version(t), state.Version(tag)) > 0 {
			tag = t
		}
	}
	return tag, state.Commit, nil
}
