package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/ociimage"
	"github.com/bootzip/bootzip/internal/tempdir"
	"github.com/bootzip/bootzip/registry"
)

// keptImages is how long an unused image is kept.
const keptImages = 30 * 24 * time.Hour

// buildImage returns the build image, and the directory of the OCI image layout that holds
// it. One worker makes the image for all. This process fetches the base image from its
// registry, with the caller's credentials.
func (e *buildkit) buildImage(ctx context.Context) (dir string, built builtImage, err error) {
	plan, err := planImage(e.config)
	if err != nil {
		return "", built, err
	}
	built.base = plan.base
	base, err := registry.Base(ctx, registry.Config{}, built.base, e.arch, filepath.Join(e.config.Cache, "bases"))
	if err != nil {
		return "", built, hint.Wrap(fmt.Errorf("base image %q: %w", built.base, err), "name it with its registry and digest in BOOTZIP_BASE_IMAGE: BuildKit has no images of docker's or podman's")
	}
	baseDigest, config, _, err := describe(base, false)
	if err != nil {
		return "", built, err
	}
	built.baseID = config
	built.recipe = plan.recipe(built.baseID)
	kept := filepath.Join(e.config.Cache, "images")
	dir = filepath.Join(kept, "buildkit-"+built.recipe)
	if !exists(dir) {
		plan.tell(e.config)
		removeOld(kept)
		if err := e.exportImage(ctx, plan, base, baseDigest, dir); err != nil {
			return "", built, err
		}
	}
	var packages []string
	if built.id, _, packages, err = describe(dir, true); err != nil {
		return "", built, hint.Wrap(err, "remove "+dir)
	}
	built.packages = func(context.Context) ([]string, error) { return packages, nil }
	now := time.Now()
	return dir, built, os.Chtimes(dir, now, now)
}

// exportImage makes the image on a worker, as the OCI image layout dir.
func (e *buildkit) exportImage(ctx context.Context, plan imagePlan, base, baseDigest, dir string) error {
	worker, _ := e.worker(0) // at least one has answered
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	temp, err := tempdir.New(filepath.Dir(dir), "bootzip-image")
	if err != nil {
		return err
	}
	defer temp.Remove()
	from, made := filepath.Join(temp.Path, "context"), filepath.Join(temp.Path, "image")
	if err := plan.write(from); err != nil {
		return err
	}
	argv := e.buildctl(worker, "build", "--progress=plain", "--frontend=dockerfile.v0", "--local", "context="+from, "--local", "dockerfile="+from,
		"--opt", "filename=Dockerfile.build", "--opt", "build-arg:BASE_IMAGE=base", "--opt", "build-arg:LANGUAGES="+plan.languages,
		"--opt", "build-arg:ARCHITECTURES="+plan.arches, "--output", "type=oci,tar=false,compression=uncompressed,dest="+made)
	argv = append(argv, layoutOptions("base", base, baseDigest)...)
	if err := plan.make(ctx, e.environ(), argv, "worker "+worker, ""); err != nil {
		return err
	}
	if err := os.Rename(made, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	} // otherwise another process has made it
	return nil
}

// layoutOptions name the image of an OCI image layout for a solve.
func layoutOptions(name, dir, digest string) []string {
	return []string{"--oci-layout", name + "=" + dir, "--opt", "context:" + name + "=oci-layout://" + name + "@" + digest}
}

// describe returns the digests of a layout's image and of its configuration. If listed, it
// also returns the packages that the image lists, sorted.
func describe(dir string, listed bool) (id, config string, packages []string, err error) {
	image, closeFiles, err := ociimage.Open(dir, "")
	if err != nil {
		return "", "", nil, err
	}
	defer closeFiles()
	digest, err := image.Digest()
	if err != nil {
		return "", "", nil, err
	}
	name, err := image.ConfigName()
	if err != nil || !listed {
		return digest.String(), name.String(), nil, err
	}
	text, err := ociimage.ReadFile(image, packagesFile)
	if err != nil {
		return "", "", nil, fmt.Errorf("image %q: %w", dir, err)
	}
	packages = strings.Fields(text)
	slices.Sort(packages)
	return digest.String(), name.String(), packages, nil
}

// removeOld removes images that were not used for keptImages.
func removeOld(kept string) {
	all, _ := os.ReadDir(kept)
	for _, e := range all {
		if info, err := e.Info(); err == nil && strings.HasPrefix(e.Name(), "buildkit-") && time.Since(info.ModTime()) > keptImages {
			_ = os.RemoveAll(filepath.Join(kept, e.Name()))
		}
	}
}
