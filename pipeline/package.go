package pipeline

import (
	"context"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
)

// Packaged is what Package has made.
type Packaged struct {
	Build build.Report
	Zips  []Zip // one for each of the build's artifacts
}

// PackageConfig says what is made besides zips.
type PackageConfig struct {
	Images bool // an image of each function, not only of those that ask for one
}

// Package builds the functions of the configuration and packs them into
// c.Dist, as far as they changed. The caller
// holds the lock on c.Dist (build.Lock). Errors are those of build.Build and
// pack.Pack; after an error of pack.Pack, Packaged has the build's report.
func Package(ctx context.Context, c build.Config, p PackageConfig) (Packaged, error) {
	r := run{build: c, pack: p}
	err := r.through(ctx, packaging)
	return Packaged{r.report, r.zips}, err
}

func buildBootstraps(ctx context.Context, r *run) (err error) {
	r.report, err = build.Build(ctx, r.build)
	return err
}

func packZips(ctx context.Context, r *run) error {
	c := pack.Config{Root: r.build.Root, Dist: r.build.Dist, Project: r.build.Project, Images: r.pack.Images, Tag: r.build.Tag, Commit: r.build.Commit}
	if len(c.Project) == 0 {
		c.Project = r.build.Functions
	}
	for _, a := range r.report.Artifacts {
		c.Inputs = append(c.Inputs, pack.Input{Function: a.Function, Arch: a.Arch, Bootstrap: a.Path, Toolchain: a.Toolchain})
	}
	for _, f := range r.build.Functions {
		for _, arch := range f.Arch {
			if f.Kind == project.KindLayer {
				c.Inputs = append(c.Inputs, pack.Input{Function: f, Arch: arch})
			}
		}
	}
	packed, err := pack.Pack(ctx, c)
	if err != nil {
		return err
	}
	for _, in := range c.Inputs {
		z, err := newZip(build.Unit{Function: in.Function, Arch: in.Arch}, c.Root, c.Dist, packed)
		if err != nil {
			return err
		}
		r.zips = append(r.zips, z)
	}
	return nil
}
