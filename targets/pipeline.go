package targets

import (
	"context"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/release"
	"github.com/bootzip/bootzip/verify"
)

// made is what the steps of the pipeline have made so far.
type made struct {
	project project.Project
	report  build.Report
	zips    []pack.Zip
}

// runPipeline builds, and packs if asked to, under one lock.
func (s settings) runPipeline(ctx context.Context, packToo bool) (made, error) {
	var m made
	p, functions, err := s.load()
	if err != nil {
		return m, err
	}
	m.project = p
	// Mage cancels the context on an interrupt (Ctrl-C); a CI job that is
	// cancelled gets SIGTERM.
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	dist := filepath.Join(p.Root, distFolder)
	unlock, err := build.Lock(dist)
	if err != nil {
		return m, failed(err)
	}
	defer unlock()

	bar := newProgress()
	defer bar.close()
	m.report, err = build.Build(ctx, s.buildConfig(p, functions, bar.event))
	if err != nil || !packToo {
		return m, failed(err)
	}
	config := pack.Config{Root: p.Root, Dist: dist, Project: p.Functions}
	for _, a := range m.report.Artifacts {
		config.Inputs = append(config.Inputs, pack.Input{Function: a.Function, Arch: a.Arch, Bootstrap: a.Path, Toolchain: a.Toolchain})
	}
	m.zips, err = pack.Pack(ctx, config)
	return m, failed(err)
}

// proofs are the zips that were packed, each with what it must be.
func (m made) proofs(strict bool) []release.Proof {
	var all []release.Proof
	for i, z := range m.zips {
		f := m.report.Artifacts[i].Function
		all = append(all, release.Proof{Handlers: z.Handlers, Target: verify.Target{
			Path:    filepath.Join(distFolder, z.File),
			Options: verify.Options{Function: f.Name, Arch: z.Arch, Runtime: f.Runtime, Rules: f.Checks, Strict: strict},
		}})
	}
	return all
}
