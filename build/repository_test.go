package build_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/bootzip/bootzip/build"
)

// besideConfig returns the configuration of the project in one directory of a repository,
// and the path of that repository, without links.
func besideConfig(t *testing.T, engine string, files map[string]string, folder string, sources ...string) (repository string, c build.Config) {
	t.Helper()
	repository, err := filepath.EvalSymlinks(tree(t, files))
	if err != nil {
		t.Fatal(err)
	}
	if engine == "host" {
		c = config(t, filepath.Join(repository, filepath.FromSlash(folder)), sources...)
	} else {
		c = containerConfig(t, engine, filepath.Join(repository, filepath.FromSlash(folder)), sources...)
	}
	c.Repository = repository
	return repository, c
}

// Modules of the repository that a replace line names are used by builds, seen by every
// engine, and noticed when they change. The bytes are the same as when the project is
// the entire repository.
func TestReplaceBesideTheProject(t *testing.T) { replaceBeside(t, "host") }

func TestReplaceBesideTheProjectInEngines(t *testing.T) { eachEngine(t, replaceBeside) }

func replaceBeside(t *testing.T, engine string) {
	files := map[string]string{
		"go/svc/go.mod": goMod("example.com/svc") + "\nrequire example.com/shared v0.0.0\n" +
			"require example.com/far v0.0.0\n\nreplace example.com/shared => ../shared\n\nreplace example.com/far => ../../lib/far\n",
		"go/svc/cmd/a/main.go": printing("example.com/shared/sub", "example.com/far"),
		"go/shared/go.mod":     "module example.com/shared\n\ngo 1.24\n",
		"go/shared/sub/sub.go": library("sub", "from beside"),
		"lib/far/go.mod":       "module example.com/far\n\ngo 1.24\n",
		"lib/far/far.go":       library("far", "from far"),
		"secret/unrelated.txt": "x",
	}
	repository, c := besideConfig(t, engine, files, "go/svc", "a=cmd/a")
	r := mustBuild(t, c)
	wantBuilt(t, r, map[string]string{"a": "from beside"})
	wantBuilt(t, r, map[string]string{"a": "from far"})

	_, whole := besideConfig(t, "host", files, ".", "a=go/svc/cmd/a")
	if got, want := sums(r)["a/amd64"], sums(mustBuild(t, whole))["a/amd64"]; got != want {
		t.Errorf("SHA-256 %s, and %s with the repository as the project", got, want)
	}
	if got := built(mustBuild(t, c)); got != "" {
		t.Errorf("nothing was edited, and built are %q", got)
	}
	put(t, filepath.Join(repository, "go/shared/sub/sub.go"), library("sub", "edited beside"))
	wantBuilt(t, mustBuild(t, c), map[string]string{"a": "edited beside"})
	put(t, filepath.Join(repository, "lib/far/go.mod"), "module example.com/far\n\ngo 1.23\n")
	if got := built(mustBuild(t, c)); got != "a/amd64" {
		t.Errorf("go.mod of a module beside the project was edited, and built are %q", got)
	}
	put(t, filepath.Join(repository, "secret/unrelated.txt"), "y")
	if got := built(mustBuild(t, c)); got != "" {
		t.Errorf("an unrelated file was edited, and built are %q", got)
	}

	// A link in the repository may lead anywhere.
	outside := tree(t, map[string]string{"sub.go": library("sub", "linked")})
	name := filepath.Join(repository, "go/shared/sub")
	if err := os.RemoveAll(name); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, name); err != nil {
		t.Skip(err)
	}
	_, err := run(context.Background(), t, c)
	wantError(t, err, "put the file itself into the project", `package "example.com/shared/sub" is reached by a link that leads out of the project`)
}

// A go.work above the project counts if it lists the project's module and is in the same
// repository.
func TestWorkspaceAboveTheProject(t *testing.T) { workspaceAbove(t, "host") }

func TestWorkspaceAboveTheProjectInEngines(t *testing.T) { eachEngine(t, workspaceAbove) }

func workspaceAbove(t *testing.T, engine string) {
	work := "go 1.24\n\ntoolchain " + goVersion() + "\n\nuse (\n\t./svc\n\t./lib\n)\n"
	files := map[string]string{
		"go.work":         work,
		"svc/go.mod":      "module example.com/svc\n\ngo 1.24\n",
		"svc/main.go":     printing("example.com/lib"),
		"lib/go.mod":      "module example.com/lib\n\ngo 1.24\n",
		"lib/lib.go":      library("lib", "of the workspace"),
		"apart/go.mod":    goMod("example.com/apart"),
		"apart/x/main.go": says("apart"),
	}
	repository, c := besideConfig(t, engine, files, "svc", "svc=.")
	r := mustBuild(t, c)
	wantBuilt(t, r, map[string]string{"svc": "of the workspace"})
	if got := r.Artifacts[0].Toolchain; got != goVersion() {
		t.Errorf("built with %s, want go.work's %s", got, goVersion())
	}
	put(t, filepath.Join(repository, "lib/lib.go"), library("lib", "edited there"))
	wantBuilt(t, mustBuild(t, c), map[string]string{"svc": "edited there"})
	put(t, filepath.Join(repository, "go.work"), work+"\n// edited\n")
	if got := built(mustBuild(t, c)); got != "svc/amd64" {
		t.Errorf("go.work was edited, and built are %q", got)
	}
	m, err := build.MaterialsOf(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range m.ModuleFiles {
		names = append(names, f.Name)
	}
	if len(names) != 3 || names[0] != "../go.work" || names[1] != "../lib/go.mod" || names[2] != "go.mod" {
		t.Errorf("module files %q", names)
	}

	// The go command would refuse a module that go.work does not list.
	_, c = besideConfig(t, engine, files, "apart", "apart=x")
	wantBuilt(t, mustBuild(t, c), map[string]string{"apart": "apart"})

	// The repository does not contain the go.work, which may belong to anyone.
	_, c = besideConfig(t, engine, files, "svc", "svc=.")
	c.Repository = c.Root
	_, err = run(context.Background(), t, c)
	wantError(t, err, "so not followed", "cannot find module providing package")
}
