package build_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
)

// TestMain lets a test start this program once more as another process.
func TestMain(m *testing.M) {
	if dist := os.Getenv("BOOTZIP_TEST_LOCK"); dist != "" {
		_, err := build.Lock(dist)
		fmt.Print(err)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// goVersion returns the toolchain that runs the tests. The tests build with it, so that
// no other has to be downloaded.
func goVersion() string {
	version, _, _ := strings.Cut(runtime.Version(), " ")
	return version
}

// goRoot returns the GOROOT of the go command that runs the tests.
func goRoot(t testing.TB) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// goMod is the go.mod of a module.
func goMod(module string) string {
	return "module " + module + "\n\ngo 1.24\n\ntoolchain " + goVersion() + "\n"
}

// program is a main package that needs next to nothing of the standard
// library, so that it is built in no time.
const program = "package main\n\nfunc main() { println(\"hello\") }\n"

// tree makes a project of files in a new directory and returns it, with links
// resolved.
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

// cache is one directory for all tests and all runs of them, so that the
// standard library is compiled once.
func cache(t testing.TB) string {
	t.Helper()
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "bootzip-test")
}

// config builds all of the project's functions that sources name ("NAME" or
// "NAME=SOURCE"), for amd64, on the host and without network.
func config(t testing.TB, root string, sources ...string) build.Config {
	t.Helper()
	c := build.Config{
		Root: root, Dist: filepath.Join(root, "dist"), Cache: cache(t), Engine: "host",
		Environ: append(os.Environ(), "GOPROXY=off", "GOSUMDB=off", "GOFLAGS="),
	}
	for _, s := range sources {
		name, source, ok := strings.Cut(s, "=")
		if !ok {
			source = name
		}
		c.Functions = append(c.Functions, project.Function{
			Name: name, Source: source, Language: project.Go, Arch: []project.Arch{project.AMD64}, Runtime: project.AL2023,
		})
	}
	return c
}

// run builds under the lock, as every caller of Build has to.
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

// sums are the SHA-256 of all artifacts, by function and architecture.
func sums(r build.Report) map[string]string {
	all := map[string]string{}
	for _, a := range r.Artifacts {
		all[a.Unit.String()] = a.SHA256
	}
	return all
}

// built names the artifacts that were built, rather than found unchanged.
func built(r build.Report) string {
	var names []string
	for _, a := range r.Artifacts {
		if !a.Unchanged {
			names = append(names, a.Unit.String())
		}
	}
	return strings.Join(names, " ")
}

// wantError fails unless err says all of texts, and its hint says mend.
func wantError(t testing.TB, err error, mend string, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %q", texts)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error is\n%v\nwant that it says %q", err, text)
		}
	}
	all := hint.Of(err)
	var failure *build.Failure
	if errors.As(err, &failure) {
		for _, f := range failure.Functions {
			all += f.Hint
		}
	}
	if !strings.Contains(all, mend) || mend == "" && all != "" {
		t.Errorf("hint is %q, want %q", all, mend)
	}
}

// distFiles returns the files in dist with their content. What is kept about earlier runs
// is omitted, and leftover working directories of a run are an error.
func distFiles(t testing.TB, dist string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dist, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.HasPrefix(e.Name(), ".bootzip-stage-") {
			t.Errorf("folder %s was left", name)
		}
		rel := strings.TrimPrefix(name, dist+"/")
		if !e.IsDir() && !strings.HasPrefix(rel, ".bootzip/") {
			all[rel] = read(t, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
