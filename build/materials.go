package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/project"
)

// Materials are what a build is made with, for its provenance. They contain no path or
// name of a machine, and no time.
type Materials struct {
	Engine      string       // "docker", "podman", "sandbox", "host" or "buildkit"
	Toolchains  []Toolchain  // by version, one for each architecture of the engine's machines; nil without functions in Go
	Programs    []Program    // by function; nil without functions in Go
	BaseImage   string       // the reference of the base image; "" without a build image
	BaseImageID string       // its id, "sha256:…"
	ImageRecipe string       // the hash of all that the build image is made from, by which it is tagged
	ImageID     string       // the build image's id, "sha256:…"
	Packages    []string     // what is installed in it, "name:architecture=version" as in bootzip.lock
	LockSHA256  string       // of bootzip.lock; "" if there is none
	ModuleFiles []ModuleFile // by name; nil without functions in Go
	Flags       []string     // of each go build; nil without functions in Go
	Environment []string     // of each go build, without paths and what the function decides: "GOAMD64=v1"
}

// A Toolchain is a release of Go that functions are built with.
type Toolchain struct {
	Version string // "go1.26.8"
	Module  string // the module that it came as, "golang.org/toolchain@v0.0.1-go1.26.8.linux-amd64"; "" on the host if it is an installed Go, whose hash is in no public record
	Sum     string // the hash of Module, "h1:…" as the checksum database has it, computed from the files as they are used; "" without Module
}

// A Program has the settings of one function in Go.
type Program struct {
	Function  string       `json:"function"`
	Kind      project.Kind `json:"kind,omitempty"`  // "extension"; "" for a function
	GoVersion string       `json:"goVersion"`       // of one of the Toolchains
	Flags     []string     `json:"flags,omitempty"` // of go build, besides Materials.Flags: -ldflags and -tags
	Cgo       string       `json:"cgo,omitempty"`   // "static", or "" without; then CGO_ENABLED is 1 for it
}

// A ModuleFile is a file that decides which Go modules, and which versions of
// them, a program is built from: go.mod, go.sum, go.work, go.work.sum or
// vendor/modules.txt.
type ModuleFile struct {
	Name   string // slash-separated, relative to the project's root, and so "../go.work" above it
	SHA256 string // hexadecimal
}

// MaterialsOf returns what Build uses for the configuration. It makes the build
// image and fetches the toolchain if need be.
func MaterialsOf(ctx context.Context, c Config) (Materials, error) {
	e, _, err := chooseEngine(ctx, c)
	if err != nil {
		return Materials{}, err
	}
	now, err := currentLock(ctx, c, e)
	if err != nil {
		return Materials{}, err
	}
	m := Materials{Engine: e.name(), ImageID: e.image().id, ImageRecipe: e.image().recipe}
	for _, image := range now.Images { // one, or none
		m.BaseImage, m.BaseImageID, m.Packages = image.Base, image.BaseID, image.Packages
	}
	m.LockSHA256, _, err = digest.File(filepath.Join(c.Root, LockFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return m, err
	}
	if m.Programs, m.ModuleFiles, err = goMaterials(c); err != nil || m.Programs == nil {
		return m, err
	}
	m.Flags, m.Environment = slices.Clone(goFlags), slices.Clone(goSettled)
	versions := map[string]bool{}
	for _, p := range m.Programs {
		versions[p.GoVersion] = true
	}
	for _, version := range slices.Sorted(maps.Keys(versions)) {
		for _, arch := range archesOf(e) {
			one, err := toolchainInUse(ctx, c, e, version, arch)
			if err != nil {
				return m, err
			}
			m.Toolchains = append(m.Toolchains, one)
		}
	}
	return m, nil
}

// goMaterials returns the settings of all functions in Go, and the files of their modules
// and workspaces, both by name.
func goMaterials(c Config) ([]Program, []ModuleFile, error) {
	g := golang{config: c}
	var programs []Program
	sums := map[string]string{}
	for _, f := range c.Functions {
		if f.Language != project.Go {
			continue
		}
		m, err := findModule(c, f.Source)
		if err != nil {
			return nil, nil, fmt.Errorf("function %q: %w", f.Name, err)
		}
		programs = append(programs, Program{Function: f.Name, Kind: f.Kind, GoVersion: m.version, Flags: g.settings(Unit{Function: f}), Cgo: f.Cgo})
		for _, name := range moduleFiles(c.Root, m) {
			if sums[name], _, err = digest.File(filepath.Join(c.Root, filepath.FromSlash(name))); err != nil {
				return nil, nil, err
			}
		}
	}
	slices.SortFunc(programs, func(a, b Program) int { return strings.Compare(a.Function, b.Function) })
	var files []ModuleFile
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		files = append(files, ModuleFile{name, sums[name]})
	}
	return programs, files, nil
}

// toolchainInUse returns the toolchain of a version that the engine's machines of an
// architecture use. A Go that is installed on the host has no module to compare it with.
func toolchainInUse(ctx context.Context, c Config, e engine, version, goarch string) (Toolchain, error) {
	t := Toolchain{Version: version}
	tool, err := findGo(ctx, c, version)
	if err != nil {
		return t, err
	}
	goos, _ := e.platform()
	name := version + "." + goos + "-" + goarch
	module := moduleOf(name)
	dir := tool.root
	if e.name() != "host" {
		if dir, err = linuxToolchain(ctx, c, tool, goarch); err != nil {
			return t, err
		}
	} else if !strings.HasSuffix(filepath.ToSlash(dir), "/"+module) {
		return t, nil
	}
	t.Module = module
	t.Sum, err = toolchainSum(dir, name)
	return t, err
}
