package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/registry"
)

// Packaged is what Package has made.
type Packaged struct {
	Build build.Report
	Zips  []Zip // one for each of the build's artifacts, then those of layers of assets
}

// PackageConfig says what to make besides zips.
type PackageConfig struct {
	Images bool // an image of each function, not only of those that ask for one
}

// Package builds the functions of the configuration that changed, and packs them into
// c.Dist. The caller holds the lock on c.Dist (build.Lock). Errors are those of
// build.Build and pack.Pack, or about a base image; after an error in packing, Packaged
// has the build's report.
func Package(ctx context.Context, c build.Config, p PackageConfig) (Packaged, error) {
	r := run{build: c, pack: p}
	err := r.through(ctx, packaging)
	return Packaged{r.report, r.zips}, err
}

func buildBootstraps(ctx context.Context, r *run) (err error) {
	r.report, err = build.Build(ctx, r.build)
	return err
}

// forArch puts the architecture into the name of a file in bootzip.yaml.
func forArch(name string, arch project.Arch) string {
	return strings.ReplaceAll(name, "${arch}", string(arch))
}

// baseOf returns the OCI image layout on which a function's image is made, and fetches it if
// needed; empty: none.
func baseOf(ctx context.Context, f project.Function, arch project.Arch, c build.Config) (string, error) {
	reference, remote := strings.CutPrefix(f.ImageBase, InRegistry)
	if remote {
		return registry.Base(ctx, registry.Config{}, reference, string(arch), filepath.Join(c.Cache, "bases"))
	}
	if reference == "" {
		return "", nil
	}
	name := filepath.FromSlash(forArch(reference, arch))
	top, err := os.OpenRoot(c.Root)
	if err != nil {
		return "", err
	}
	defer top.Close()
	if _, err := top.Stat(name); err != nil { // it fails for a link out of the project as well
		var at *fs.PathError
		if errors.As(err, &at) { // without the name of the system call
			err = fmt.Errorf("%s: %w", at.Path, at.Err)
		}
		return "", hint.Wrap(err, "make or fetch it first, or correct base in "+project.ConfigFile)
	}
	return filepath.Join(c.Root, name), nil
}

func packZips(ctx context.Context, r *run) error {
	c := pack.Config{Root: r.build.Root, Dist: r.build.Dist, Project: r.build.Project, Images: r.pack.Images, Tag: r.build.Tag, Commit: r.build.Commit}
	if !r.build.Force {
		c.Store = r.build.Store
	}
	if len(c.Project) == 0 {
		c.Project = r.build.Functions
	}
	for _, a := range r.report.Artifacts {
		in := pack.Input{Function: a.Function, Arch: a.Arch, Bootstrap: a.Path, SHA256: a.SHA256, Size: a.Size, Toolchain: a.Toolchain}
		if c.Image(a.Function) {
			var err error
			if in.Base, err = baseOf(ctx, a.Function, a.Arch, r.build); err != nil {
				return fmt.Errorf("function %q: base image: %w", a.Function.Name, err)
			}
		}
		c.Inputs = append(c.Inputs, in)
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
