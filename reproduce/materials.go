package reproduce

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/release/attest"
)

// imageReference is the form of an image's name or id (OCI distribution
// specification, "Pulling manifests", and docker's own for local images), as
// far as it is needed to keep an option of a command out of it.
var imageReference = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@-]*$`)

// configure says how to build the one function.
func (c RebuildConfig) configure(_ context.Context, p project.Project, f project.Function, recorded attest.Provenance, dist string) (build.Config, error) {
	b := build.Config{
		Root: p.Root, Dist: dist, Functions: []project.Function{f}, Project: p.Functions,
		Cache: c.Build.Cache, Environ: c.Build.Environ, Jobs: c.Build.Jobs, Progress: c.Build.Progress,
		Engine: c.Build.Engine, BaseImage: c.Build.BaseImage,
		Tag: recorded.Tag, Commit: recorded.Commit,
		// A module that names no toolchain was built with bootzip's of that time.
		Go: cmp.Or(p.Go, recorded.Materials.GoVersion),
		// An untrusted build neither reads nor writes shared caches.
		ColdCache: !c.warm,
	}
	if b.BaseImage == "" {
		b.BaseImage = recorded.Materials.BaseImage
	}
	if b.BaseImage != "" && !imageReference.MatchString(b.BaseImage) {
		return b, hint.New("is the provenance what the release says?", "base image %q is not the name of an image", b.BaseImage)
	}
	return b, nil
}

// engine chooses where to build: the caller's choice, else the engine in the
// provenance if it is isolated, else the first isolated one that works. "host" is
// never chosen here. Languages other than Go run commands that the sources name,
// and so need a container.
func (c RebuildConfig) engine(ctx context.Context, b build.Config, recorded attest.Provenance) (string, error) {
	f := b.Functions[0]
	container := []string{"docker", "podman"}
	if f.Language != project.Go && b.Engine != "" && b.Engine != "auto" && !slices.Contains(container, b.Engine) {
		return "", hint.New("omit --engine, or use docker or podman",
			"function %q is in %s, whose build runs commands from its sources: it cannot be rebuilt with engine %s", f.Name, f.Language, b.Engine)
	}
	candidates := []string{b.Engine}
	if b.Engine == "" || b.Engine == "auto" {
		// Provenance and sources are untrusted. Only the caller can choose to build
		// without an isolated engine.
		isolated := container
		if f.Language == project.Go {
			isolated = append([]string{"sandbox"}, container...)
		}
		candidates = isolated
		if slices.Contains(isolated, recorded.Materials.Engine) {
			candidates = append([]string{recorded.Materials.Engine}, isolated...)
		}
	}
	var refused error
	for i, name := range candidates {
		if slices.Contains(candidates[:i], name) {
			continue
		}
		b.Engine = name
		err := build.Start(ctx, b)
		if err == nil {
			return name, nil
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		refused = errors.Join(refused, err)
	}
	remedy := "build with another engine (--engine=), or name the base image if it has another name here (BOOTZIP_BASE_IMAGE)"
	if f.Language == project.Go {
		remedy += "; --engine=host builds these sources without isolation"
	}
	return "", hint.Wrap(refused, remedy)
}

// compareMaterials compares the build's materials with those in the provenance. A
// contradiction is an error; a difference is noted, or an error if it decides the
// bytes.
func (r *RebuildResult) compareMaterials(m build.Materials, language project.Language) error {
	p := r.Provenance.Materials
	// These follow from the commit, so another commit was built.
	for _, one := range []struct{ what, recorded, here string }{
		{"toolchain", p.GoVersion, m.GoVersion},
		{"bootzip.lock", p.LockSHA256, m.LockSHA256},
	} {
		if one.recorded != "" && one.recorded != one.here {
			return hint.New("take the provenance from the release that the zip is from",
				"provenance contradicts its commit %s: it records %s as %s, and the commit has %s", r.Provenance.Commit, one.what, one.recorded, cmp.Or(one.here, "none"))
		}
	}
	if p.GoModule == m.GoModule && p.GoSum != m.GoSum && p.GoSum != "" && m.GoSum != "" {
		return hint.New("find out who changed it: run `go clean -modcache`, and remove the directory toolchain in bootzip's cache",
			"toolchain %s has hash %s, but the provenance records %s", m.GoModule, m.GoSum, p.GoSum)
	}
	if p.GoModule != "" && m.GoModule == "" {
		r.differ("toolchain", p.GoModule, "the installed "+m.GoVersion+", whose hash is unknown")
	}
	goes := language == project.Go
	if !goes && p.BaseImageID != m.BaseImageID && p.BaseImageID != "" {
		return hint.New("pull the recorded image; if it has another name here, set BOOTZIP_BASE_IMAGE",
			"base image %s is %s here, but the release was built with %s", m.BaseImage, cmp.Or(m.BaseImageID, "none"), p.BaseImageID)
	}
	for _, recorded := range p.ModuleFiles {
		// A release of several functions lists the files of all of them.
		i := slices.IndexFunc(m.ModuleFiles, func(f build.ModuleFile) bool { return f.Name == recorded.Name })
		if i >= 0 {
			r.differ(recorded.Name, recorded.SHA256, m.ModuleFiles[i].SHA256)
		}
	}
	r.differ("engine", p.Engine, m.Engine)
	r.differ("base image", p.BaseImageID, cmp.Or(m.BaseImageID, "none"))
	if goes {
		r.differ("go flags", strings.Join(p.Flags, " "), strings.Join(m.Flags, " "))
		r.differ("environment", strings.Join(p.Environment, " "), strings.Join(m.Environment, " "))
		return nil // the image's packages do not get into the program
	}
	r.differ("recipe of the build image", p.ImageRecipe, m.ImageRecipe)
	for _, line := range p.Packages {
		if !slices.Contains(m.Packages, line) {
			name, _, _ := strings.Cut(line, "=")
			here := "none"
			for _, other := range m.Packages {
				if strings.HasPrefix(other, name+"=") {
					here = other
				}
			}
			r.differ("package", line, here)
		}
	}
	return nil
}
