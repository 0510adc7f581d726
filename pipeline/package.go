package pipeline

import (
	"context"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/pack"
)

// Packaged is what Package has made.
type Packaged struct {
	Report build.Report
	Zips   []pack.Zip // for each of the report's artifacts, in their order
}

// Package builds the functions of the configuration and packs them, into
// c.Dist. What has not changed is neither built nor packed again. The caller
// holds the lock on c.Dist (build.Lock). Errors are those of build.Build and
// pack.Pack.
func Package(ctx context.Context, c build.Config) (Packaged, error) {
	report, err := build.Build(ctx, c)
	p := Packaged{Report: report}
	if err != nil {
		return p, err
	}
	config := pack.Config{Root: c.Root, Dist: c.Dist, Project: c.Project}
	if len(config.Project) == 0 {
		config.Project = c.Functions
	}
	for _, a := range report.Artifacts {
		config.Inputs = append(config.Inputs, pack.Input{Function: a.Function, Arch: a.Arch, Bootstrap: a.Path, Toolchain: a.Toolchain})
	}
	p.Zips, err = pack.Pack(ctx, config)
	return p, err
}
