package reproduce

import (
	"slices"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/git"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/release/attest"
)

func TestCompareMaterials(t *testing.T) {
	recorded := build.Materials{
		Engine: "docker",
		Toolchains: []build.Toolchain{
			{Version: "go1.25.1", Module: "golang.org/toolchain@v0.0.1-go1.25.1.linux-amd64", Sum: "h1:other="},
			{Version: "go1.26.8", Module: "golang.org/toolchain@v0.0.1-go1.26.8.linux-amd64", Sum: "h1:a="},
		},
		Programs:  []build.Program{{Function: "app", GoVersion: "go1.26.8", Flags: []string{"-tags=a"}}, {Function: "old", GoVersion: "go1.25.1"}},
		BaseImage: "debian@sha256:x", BaseImageID: "sha256:x", ImageRecipe: "r", Packages: []string{"gcc:amd64=1", "make:amd64=1"}, LockSHA256: "l",
		ModuleFiles: []build.ModuleFile{{Name: "go.sum", SHA256: "g"}},
		Flags:       []string{"-trimpath"}, Environment: []string{"GOAMD64=v1"},
	}
	same := recorded
	same.Programs, same.Toolchains = recorded.Programs[:1], recorded.Toolchains[1:] // of the one function that is rebuilt
	goes, c, cgo := project.Function{Name: "app", Language: project.Go}, project.Function{Name: "app", Language: project.C}, project.Function{Name: "app", Language: project.Go, Cgo: "static"}
	toolchain := func(t build.Toolchain) func(*build.Materials) {
		return func(m *build.Materials) {
			m.Toolchains = []build.Toolchain{t}
			m.Programs = []build.Program{{Function: "app", GoVersion: t.Version, Flags: []string{"-tags=a"}}}
		}
	}
	program := func(change func(*build.Program)) func(*build.Materials) {
		return func(m *build.Materials) { m.Programs = slices.Clone(m.Programs); change(&m.Programs[0]) }
	}
	same.Packages = []string{"gcc:amd64=1", "make:amd64=1", "more:amd64=1"}
	for what, test := range map[string]struct {
		function project.Function
		change   func(*build.Materials)
		noted    []string
		refused  string
	}{
		"the same, Go":     {goes, func(*build.Materials) {}, nil, ""},
		"the same, C":      {c, func(*build.Materials) {}, nil, ""},
		"no container, Go": {goes, func(m *build.Materials) { m.Engine, m.BaseImageID, m.Packages = "sandbox", "", nil }, []string{"engine: recorded docker, here sandbox", "base image: recorded sha256:x, here none"}, ""},
		"base image, Go":   {goes, func(m *build.Materials) { m.BaseImageID = "sha256:y" }, []string{"base image: recorded sha256:x, here sha256:y"}, ""},
		"base image, C":    {c, func(m *build.Materials) { m.BaseImageID = "sha256:y" }, nil, "is sha256:y here, but the release was built with sha256:x"},
		"engine, C":        {c, func(m *build.Materials) { m.Engine = "podman" }, []string{"engine: recorded docker, here podman"}, ""},
		"packages, C": {c, func(m *build.Materials) { m.ImageRecipe, m.Packages = "s", []string{"gcc:amd64=2"} }, []string{
			"recipe of the build image: recorded r, here s", "package: recorded gcc:amd64=1, here gcc:amd64=2", "package: recorded make:amd64=1, here none",
		}, ""},
		"packages, Go":     {goes, func(m *build.Materials) { m.Packages = nil }, nil, ""},
		"flags, Go":        {goes, func(m *build.Materials) { m.Flags = nil }, []string{"go flags: recorded -trimpath, here "}, ""},
		"environment, Go":  {goes, func(m *build.Materials) { m.Environment = []string{"GOAMD64=v3"} }, []string{"environment: recorded GOAMD64=v1, here GOAMD64=v3"}, ""},
		"toolchain":        {goes, toolchain(build.Toolchain{Version: "go1.26.7"}), nil, "it records toolchain as go1.26.8, and the commit has go1.26.7"},
		"lock":             {c, func(m *build.Materials) { m.LockSHA256 = "k" }, nil, "it records bootzip.lock as l, and the commit has k"},
		"a module file":    {goes, func(m *build.Materials) { m.ModuleFiles = []build.ModuleFile{{Name: "go.sum", SHA256: "h"}} }, []string{"go.sum: recorded g, here h"}, ""},
		"other functions":  {goes, func(m *build.Materials) { m.ModuleFiles = nil }, nil, ""},
		"no lock":          {c, func(m *build.Materials) { m.LockSHA256 = "" }, nil, "it records bootzip.lock as l, and the commit has none"},
		"toolchain's hash": {goes, toolchain(build.Toolchain{Version: "go1.26.8", Module: recorded.Toolchains[1].Module, Sum: "h1:b="}), nil, "has hash h1:b=, but the provenance records h1:a="},
		"installed Go": {goes, toolchain(build.Toolchain{Version: "go1.26.8"}), []string{
			"toolchain: recorded " + recorded.Toolchains[1].Module + ", here the installed go1.26.8, whose hash is unknown",
		}, ""},
		"other platform":  {goes, toolchain(build.Toolchain{Version: "go1.26.8", Module: "golang.org/toolchain@v0.0.1-go1.26.8.linux-arm64", Sum: "h1:b="}), nil, ""},
		"tags":            {goes, program(func(p *build.Program) { p.Flags = []string{"-tags=b"} }), []string{"go flags of app: recorded -tags=a, here -tags=b"}, ""},
		"kind":            {goes, program(func(p *build.Program) { p.Kind = project.KindExtension }), []string{"kind: recorded function, here extension"}, ""},
		"base image, cgo": {cgo, func(m *build.Materials) { m.BaseImageID = "sha256:y" }, nil, "is sha256:y here, but the release was built with sha256:x"},
	} {
		m := same
		test.change(&m)
		r := RebuildResult{Provenance: attest.Provenance{Commit: strings.Repeat("1", 40), Materials: recorded}}
		err := r.compareMaterials(m, test.function)
		switch {
		case test.refused == "" && err != nil, test.refused != "" && (err == nil || !strings.Contains(err.Error(), test.refused) || hint.Of(err) == ""):
			t.Errorf("%s: %v", what, err)
		case err == nil && !slices.Equal(r.Differences, test.noted):
			t.Errorf("%s: noted are %q", what, r.Differences)
		}
	}
}

func TestDifferentImages(t *testing.T) {
	a := build.Materials{Engine: "docker", Packages: []string{"gcc=1", "libc=1"}}
	b := build.Materials{Engine: "podman", Packages: []string{"gcc=2", "libc=1"}}
	if got := git.List(differentImages(a, b)); got != "gcc=1 in docker, gcc=2 in podman" {
		t.Errorf("different are %q", got)
	}
	if got := git.List(differentImages(a, a)); got != "" {
		t.Errorf("different from itself: %q", got)
	}
}
