package reproduce

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/project"
)

// A repository is a tiny Go project under version control.
type repository struct {
	t      *testing.T
	dir    string
	cache  string
	engine string // of the first build
}

// newRepository makes a repository with the files, a .gitignore, and a go.mod for the
// toolchain that runs the tests, and commits them.
func newRepository(t *testing.T, files map[string]string) repository {
	t.Helper()
	user, err := os.UserCacheDir()
	if err != nil {
		user = os.TempDir()
	}
	r := repository{t, t.TempDir(), filepath.Join(user, "bootzip-test"), "host"}
	version, _, _ := strings.Cut(runtime.Version(), " ")
	r.write(".gitignore", "dist/\n*.secret\n")
	r.write("go.mod", "module example.com/app\n\ngo 1.24\n\ntoolchain "+version+"\n")
	for name, text := range files {
		r.write(name, text)
	}
	r.git("init", "--quiet")
	r.commit()
	return r
}

func (r repository) git(argv ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", argv...)
	cmd.Dir = r.dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + r.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %q: %v\n%s", argv, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r repository) write(name, text string) {
	r.t.Helper()
	file := filepath.Join(r.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

func (r repository) commit() string {
	r.t.Helper()
	r.git("add", "--all")
	r.git("commit", "--quiet", "--allow-empty", "--message=x")
	return r.git("rev-parse", "HEAD")
}

// environ returns an environment in which nothing is downloaded, and which ignores the Go
// settings of the user who runs the tests.
func environ() []string {
	return append(os.Environ(), "GOPROXY=off", "GOSUMDB=off", "GOFLAGS=", "GOENV=off")
}

// config returns how to build the project in the directory, which is relative to the
// repository.
func (r repository) config(folder string) build.Config {
	r.t.Helper()
	p, err := project.Load(filepath.Join(r.dir, folder))
	if err != nil {
		r.t.Fatal(err)
	}
	functions, err := p.Select("", project.AMD64)
	if err != nil {
		r.t.Fatal(err)
	}
	repository, err := filepath.EvalSymlinks(r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	return build.Config{
		Root: p.Root, Repository: repository, Dist: filepath.Join(p.Root, "dist"), Cache: r.cache, Functions: functions, Project: p.Functions,
		Engine: r.engine, BaseImage: os.Getenv("BOOTZIP_BASE_IMAGE"), Environ: environ(),
	}
}

// pack builds and packs the project in the directory.
func (r repository) pack(folder string) (build.Config, []pack.Zip) {
	r.t.Helper()
	c := r.config(folder)
	unlock, err := build.Lock(c.Dist)
	if err != nil {
		r.t.Fatal(err)
	}
	defer unlock()
	p, err := pipeline.Package(context.Background(), c, pipeline.PackageConfig{})
	if err != nil {
		r.t.Fatal(err)
	}
	return c, pipeline.Lines(p.Zips)
}

// emptyTemp makes temporary directories appear in an empty directory, and fails unless
// it is empty again at the end of the test.
func emptyTemp(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, dir)
	}
	t.Cleanup(func() {
		left, err := filepath.Glob(filepath.Join(dir, "bootzip-*")) // podman leaves files of its own
		if err != nil || len(left) > 0 {
			t.Errorf("left in the temporary folder: %v (%v)", left, err)
		}
	})
}

const hello = "package main // AWS_LAMBDA_RUNTIME_API\n\nfunc main() { println(\"hello\") }\n"
