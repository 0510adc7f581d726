//go:build linux

package endtoend

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/project"
)

// repository is the root of this module.
func repository(t testing.TB) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// tree makes a project from files, in a new directory.
func tree(t testing.TB, files map[string]string) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		put(t, filepath.Join(root, filepath.FromSlash(name)), content)
	}
	return root
}

func put(t testing.TB, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// The two projects of this repository: directories, as copied by copySamples.
const (
	goProject    = "."
	otherProject = "sample" // languages that need the build image
)

// copySamples copies the files of the samples into the directory to.
func copySamples(t testing.TB, to string) {
	t.Helper()
	copyRepository(t, to, "go.mod", "go.sum", "go.work", "bootzip.yaml", "runtime", "sample", "test")
}

// copyRepository copies files and directories of the repository, except what was built in
// it.
func copyRepository(t testing.TB, to string, names ...string) {
	t.Helper()
	root := repository(t)
	for _, name := range names {
		err := filepath.WalkDir(filepath.Join(root, name), func(file string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, file)
			if err != nil {
				return err
			}
			if e.IsDir() && e.Name() == "dist" {
				return fs.SkipDir
			}
			if !e.IsDir() {
				put(t, filepath.Join(to, rel), read(t, file))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// load returns the functions of the project in root.
func load(t testing.TB, root string) []project.Function {
	t.Helper()
	p, err := project.Load(root)
	if err != nil {
		t.Fatal(err)
	}
	return p.Functions
}

// cache returns one directory for all tests and all their runs, so that the standard library
// is compiled once.
func cache(t testing.TB) string {
	t.Helper()
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "bootzip-test")
}

// config returns the configuration of a build of the functions into root/dist.
func config(t testing.TB, root, engine string, functions []project.Function) build.Config {
	return build.Config{
		Root: root, Dist: filepath.Join(root, "dist"), Cache: cache(t), Engine: engine,
		Functions: functions, BaseImage: os.Getenv("BOOTZIP_BASE_IMAGE"), Environ: os.Environ(),
	}
}

// goFunction returns a function for amd64 in the directory with its name.
func goFunction(name string) project.Function {
	return project.Function{Name: name, Source: name, Language: project.Go, Arch: []project.Arch{project.AMD64}, Runtime: project.AL2023}
}

// goMod returns a go.mod with the toolchain that runs the tests.
func goMod() string {
	version, _, _ := strings.Cut(runtime.Version(), " ")
	return "module example.com/app\n\ngo 1.24\n\ntoolchain " + version + "\n"
}

// says returns a Go program that prints a word, and is quick to build.
func says(word string) string {
	return "package main // AWS_LAMBDA_RUNTIME_API\n\nfunc main() { println(\"" + word + "\") }\n"
}

// run builds under the lock, as every caller of Build must.
func run(ctx context.Context, t testing.TB, c build.Config) (build.Report, error) {
	t.Helper()
	unlock, err := build.Lock(c.Dist)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	return build.Build(ctx, c)
}

func mustBuild(t testing.TB, c build.Config) build.Report {
	t.Helper()
	r, err := run(context.Background(), t, c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sums returns the SHA-256 of all artifacts, by function and architecture.
func sums(r build.Report) map[string]string {
	all := map[string]string{}
	for _, a := range r.Artifacts {
		all[a.Unit.String()] = a.SHA256
	}
	return all
}

// equalSums compares what two builds made of the same functions.
func equalSums(t testing.TB, what string, got, want map[string]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d bootstraps, want %d", what, len(got), len(want))
	}
	for name, sum := range want {
		if got[name] != sum {
			t.Errorf("%s: %s has the SHA-256 %s, want %s", what, name, got[name], sum)
		}
	}
}

// stages returns the stages that runs left in dist.
func stages(t testing.TB, dist string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dist, ".bootzip", ".bootzip-stage-*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// files returns the files below a directory with their contents, except bootzip's own.
func files(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && e.Name() == ".bootzip" {
			return fs.SkipDir
		}
		if !e.IsDir() {
			rel, err := filepath.Rel(dir, name)
			if err != nil {
				return err
			}
			all[rel] = read(t, name)
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return all
}

// Samples, built once by each engine for all tests.
var (
	samplesLock sync.Mutex
	samplesDir  string
	samples     = map[string]build.Report{} // by engine and project
)

// sample builds a project of this repository with the engine, in a copy that
// all engines use.
func sample(t testing.TB, engine, folder string) build.Report {
	t.Helper()
	samplesLock.Lock()
	defer samplesLock.Unlock()
	if r, ok := samples[engine+" "+folder]; ok {
		return r
	}
	if samplesDir == "" {
		dir, err := filepath.EvalSymlinks(workFolder)
		if err != nil {
			t.Fatal(err)
		}
		samplesDir = filepath.Join(dir, "samples")
		copySamples(t, samplesDir)
	}
	root := filepath.Join(samplesDir, folder)
	c := config(t, root, engine, load(t, root))
	c.Dist = filepath.Join(samplesDir+"-dist", engine, folder)
	c.Force = true
	r := mustBuild(t, c)
	samples[engine+" "+folder] = r
	return r
}
