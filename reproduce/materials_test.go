package reproduce

import (
	"slices"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/release/attest"
)

func TestCompareMaterials(t *testing.T) {
	recorded := build.Materials{
		Engine: "docker", GoVersion: "go1.26.8", GoModule: "golang.org/toolchain@v0.0.1-go1.26.8.linux-amd64", GoSum: "h1:a=",
		BaseImage: "debian@sha256:x", BaseImageID: "sha256:x", ImageRecipe: "r", Packages: []string{"gcc:amd64=1", "make:amd64=1"}, LockSHA256: "l",
		ModuleFiles: []build.ModuleFile{{Name: "go.sum", SHA256: "g"}},
		Flags:       []string{"-trimpath"}, Environment: []string{"GOAMD64=v1"},
	}
	same := recorded
	same.Packages = []string{"gcc:amd64=1", "make:amd64=1", "more:amd64=1"}
	for what, c := range map[string]struct {
		language project.Language
		change   func(*build.Materials)
		noted    []string
		refused  string
	}{
		"the same, Go":     {project.Go, func(*build.Materials) {}, nil, ""},
		"the same, C":      {project.C, func(*build.Materials) {}, nil, ""},
		"no container, Go": {project.Go, func(m *build.Materials) { m.Engine, m.BaseImageID, m.Packages = "sandbox", "", nil }, []string{"engine: recorded docker, here sandbox", "base image: recorded sha256:x, here none"}, ""},
		"base image, Go":   {project.Go, func(m *build.Materials) { m.BaseImageID = "sha256:y" }, []string{"base image: recorded sha256:x, here sha256:y"}, ""},
		"base image, C":    {project.C, func(m *build.Materials) { m.BaseImageID = "sha256:y" }, nil, "is sha256:y here, but the release was built with sha256:x"},
		"engine, C":        {project.C, func(m *build.Materials) { m.Engine = "podman" }, []string{"engine: recorded docker, here podman"}, ""},
		"packages, C": {project.C, func(m *build.Materials) { m.ImageRecipe, m.Packages = "s", []string{"gcc:amd64=2"} }, []string{
			"recipe of the build image: recorded r, here s", "package: recorded gcc:amd64=1, here gcc:amd64=2", "package: recorded make:amd64=1, here none",
		}, ""},
		"packages, Go":     {project.Go, func(m *build.Materials) { m.Packages = nil }, nil, ""},
		"flags, Go":        {project.Go, func(m *build.Materials) { m.Flags = nil }, []string{"go flags: recorded -trimpath, here "}, ""},
		"environment, Go":  {project.Go, func(m *build.Materials) { m.Environment = []string{"GOAMD64=v3"} }, []string{"environment: recorded GOAMD64=v1, here GOAMD64=v3"}, ""},
		"toolchain":        {project.Go, func(m *build.Materials) { m.GoVersion = "go1.26.7" }, nil, "it records toolchain as go1.26.8, and the commit has go1.26.7"},
		"lock":             {project.C, func(m *build.Materials) { m.LockSHA256 = "k" }, nil, "it records bootzip.lock as l, and the commit has k"},
		"a module file":    {project.Go, func(m *build.Materials) { m.ModuleFiles = []build.ModuleFile{{Name: "go.sum", SHA256: "h"}} }, []string{"go.sum: recorded g, here h"}, ""},
		"other functions":  {project.Go, func(m *build.Materials) { m.ModuleFiles = nil }, nil, ""},
		"no lock":          {project.C, func(m *build.Materials) { m.LockSHA256 = "" }, nil, "it records bootzip.lock as l, and the commit has none"},
		"toolchain's hash": {project.Go, func(m *build.Materials) { m.GoSum = "h1:b=" }, nil, "has hash h1:b=, but the provenance records h1:a="},
		"installed Go": {project.Go, func(m *build.Materials) { m.GoModule, m.GoSum = "", "" }, []string{
			"toolchain: recorded " + recorded.GoModule + ", here the installed go1.26.8, whose hash is unknown",
		}, ""},
		"other platform": {project.Go, func(m *build.Materials) {
			m.GoModule, m.GoSum = "golang.org/toolchain@v0.0.1-go1.26.8.linux-arm64", "h1:b="
		}, nil, ""},
	} {
		m := same
		c.change(&m)
		r := RebuildResult{Provenance: attest.Provenance{Commit: strings.Repeat("1", 40), Materials: recorded}}
		err := r.compareMaterials(m, c.language)
		switch {
		case c.refused == "" && err != nil, c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused) || hint.Of(err) == ""):
			t.Errorf("%s: %v", what, err)
		case err == nil && !slices.Equal(r.Differences, c.noted):
			t.Errorf("%s: noted are %q", what, r.Differences)
		}
	}
}

func TestDifferentImages(t *testing.T) {
	a := build.Materials{Engine: "docker", Packages: []string{"gcc=1", "libc=1"}}
	b := build.Materials{Engine: "podman", Packages: []string{"gcc=2", "libc=1"}}
	if got := differentImages(a, b); got != "gcc=1 in docker, gcc=2 in podman" {
		t.Errorf("different are %q", got)
	}
	if got := differentImages(a, a); got != "" {
		t.Errorf("different from itself: %q", got)
	}
}
