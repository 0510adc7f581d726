package reproduce

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/release/attest"
)

// imageReference matches an image's name or id (OCI distribution specification,
// "Pulling manifests", and docker's own for local images), but not an option of a
// command.
var imageReference = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@-]*$`)

// configure says how to build the one function.
func (c RebuildConfig) configure(p project.Project, f project.Function, recorded attest.Provenance, dist string) (build.Config, error) {
	b := build.Config{
		Root: p.Root, Dist: dist, Functions: []project.Function{f}, Project: p.Functions,
		Cache: c.Build.Cache, Environ: c.Build.Environ, Progress: c.Build.Progress,
		Engine: c.Build.Engine, BaseImage: cmp.Or(c.Build.BaseImage, recorded.Materials.BaseImage),
		Tag: recorded.Tag, Commit: recorded.Commit,
		// A module that names no toolchain was built with the default of that bootzip.
		Go: cmp.Or(p.Go, programOf(recorded.Materials, f.Name).GoVersion),
		// An untrusted build neither reads nor writes shared caches.
		ColdCache: !c.warm,
	}
	if b.BaseImage != "" && !imageReference.MatchString(b.BaseImage) {
		return b, hint.New("is this the release's provenance?", "base image %q is not the name of an image", b.BaseImage)
	}
	return b, nil
}

// first returns the first element for which meant is true, or the zero value.
func first[T any](list []T, meant func(T) bool) (one T) {
	if i := slices.IndexFunc(list, meant); i >= 0 {
		one = list[i]
	}
	return one
}

// programOf returns the program of the function in the materials, or the zero value.
func programOf(m build.Materials, function string) build.Program {
	return first(m.Programs, func(p build.Program) bool { return p.Function == function })
}

// toolchainOf returns the toolchain in the materials that the program is built with.
func toolchainOf(m build.Materials, p build.Program) build.Toolchain {
	return first(m.Toolchains, func(t build.Toolchain) bool { return t.Version == p.GoVersion })
}

// engine chooses where to build: the caller's choice, else the engine in the
// provenance if it is isolated, else the first isolated one that works. "host" is
// never chosen here. Languages other than Go run commands that the sources name, and
// cgo runs a C compiler, so these need a container.
func (c RebuildConfig) engine(ctx context.Context, b build.Config, recorded attest.Provenance) (string, error) {
	f := b.Functions[0]
	container := []string{"docker", "podman"}
	inGo := f.Language == project.Go && f.Cgo == ""
	if !inGo && b.Engine != "" && b.Engine != "auto" && !slices.Contains(container, b.Engine) {
		return "", hint.New("omit --engine, or use docker or podman",
			"function %q %s: it cannot be rebuilt with engine %s", f.Name, runs(f), b.Engine)
	}
	candidates := []string{b.Engine}
	if b.Engine == "" || b.Engine == "auto" {
		// Provenance and sources are untrusted. Only the caller can choose to build
		// without an isolated engine.
		candidates = container
		if inGo {
			candidates = append([]string{"sandbox"}, container...)
		}
		if was := recorded.Materials.Engine; slices.Contains(candidates, was) {
			candidates = append([]string{was}, slices.DeleteFunc(candidates, func(name string) bool { return name == was })...)
		}
	}
	name, refused := firstUsable(ctx, b, candidates)
	if name != "" || ctx.Err() != nil {
		return name, ctx.Err()
	}
	remedy := "build with another engine (--engine=), or name the base image if it has another name here (BOOTZIP_BASE_IMAGE)"
	if inGo {
		remedy += "; --engine=host builds these sources without isolation"
	}
	return "", hint.Wrap(errors.Join(refused...), remedy)
}

// runs says what the function's build runs besides the Go toolchain.
func runs(f project.Function) string {
	if f.Cgo != "" {
		return "uses cgo, whose C compiler is in the build image"
	}
	return fmt.Sprintf("is in %s, whose build runs commands from its sources", f.Language)
}

// compareMaterials compares the build's materials with those in the provenance, for
// one function. A contradiction is an error. A difference is noted, or is an error if
// it decides the bytes.
func (r *RebuildResult) compareMaterials(m build.Materials, f project.Function) error {
	p := r.Provenance.Materials
	recorded, here := programOf(p, f.Name), programOf(m, f.Name)
	// These follow from the commit, so another commit was built.
	for _, one := range []struct{ what, recorded, here string }{
		{"toolchain", recorded.GoVersion, here.GoVersion},
		{"bootzip.lock", p.LockSHA256, m.LockSHA256},
	} {
		if one.recorded != "" && one.recorded != one.here {
			return hint.New("take the provenance from the same release as the zip",
				"provenance contradicts its commit %s: it records %s as %s, and the commit has %s", r.Provenance.Commit, one.what, one.recorded, cmp.Or(one.here, "none"))
		}
	}
	was, is := toolchainOf(p, recorded), toolchainOf(m, here)
	if was.Module == is.Module && was.Sum != is.Sum && was.Sum != "" && is.Sum != "" {
		return hint.New("find out who changed it: run `go clean -modcache`, and remove the directory toolchain in bootzip's cache",
			"toolchain %s has hash %s, but the provenance records %s", is.Module, is.Sum, was.Sum)
	}
	if was.Module != "" && is.Module == "" {
		r.differ("toolchain", was.Module, "the installed "+is.Version+", whose hash is unknown")
	}
	// The image's packages get into a program unless the Go toolchain alone makes it.
	packages := f.Language != project.Go || f.Cgo != ""
	if packages && p.BaseImageID != m.BaseImageID && p.BaseImageID != "" {
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
	if f.Language == project.Go {
		if recorded.Function != "" {
			r.differ("kind", cmp.Or(string(recorded.Kind), "function"), cmp.Or(string(here.Kind), "function"))
			r.differ("cgo", cmp.Or(recorded.Cgo, "none"), cmp.Or(here.Cgo, "none"))
		}
		r.differ("go flags", strings.Join(p.Flags, " "), strings.Join(m.Flags, " "))
		r.differ("go flags of "+f.Name, strings.Join(recorded.Flags, " "), strings.Join(here.Flags, " "))
		r.differ("environment", strings.Join(p.Environment, " "), strings.Join(m.Environment, " "))
	}
	if !packages {
		return nil
	}
	r.differ("recipe of the build image", p.ImageRecipe, m.ImageRecipe)
	for _, line := range p.Packages {
		if !slices.Contains(m.Packages, line) {
			name, _, _ := strings.Cut(line, "=")
			here := first(m.Packages, func(other string) bool { return strings.HasPrefix(other, name+"=") })
			r.differ("package", line, cmp.Or(here, "none"))
		}
	}
	return nil
}
