package program

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/build"
)

// The fixture is a module with one command, which prints what the linker has set.
const (
	source = `package main

import "fmt"

var version, commit string

func main() { fmt.Println(version, commit) }
`
	commit = "0123456789abcdef0123456789abcdef01234567"
)

// fixture writes the module into the directory, and returns the configuration to make its
// executables. The compiler's cache is kept between runs of the test.
func fixture(t *testing.T, dir string) Config {
	t.Helper()
	goMod := "module example.com/thing\n\ngo 1.24.0\n\ntoolchain " + runtime.Version() + "\n"
	write(t, dir, map[string]string{"go.mod": goMod, "cmd/thing/main.go": source})
	user, err := os.UserCacheDir()
	if err != nil {
		user = os.TempDir()
	}
	return Config{
		Root: dir, Package: "./cmd/thing", Out: filepath.Join(dir, "dist"), Version: "v1.2.3", Commit: commit,
		Environ: append(os.Environ(), "GOPROXY=off", "GOSUMDB=off"), Cache: filepath.Join(user, "bootzip-test"),
	}
}

// The caller's settings for Go's compiler neither stop modules from being fetched nor run
// anything.
func TestCompilerIgnoresTheCallersCompiler(t *testing.T) {
	c := fixture(t, t.TempDir())
	trap := filepath.Join(t.TempDir(), "ran")
	c.Environ = append(c.Environ, "GOEXPERIMENT=nope", "GOFIPS140=bogus", "CGO_ENABLED=1", "CC=touch "+trap)
	if _, err := build.FindCompiler(context.Background(), c.Environ, runtime.Version(), t.TempDir(), t.TempDir()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(trap); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the caller's C compiler ran (%v)", err)
	}
}

func write(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// files returns the names of all files below the directory, sorted.
func files(t *testing.T, folder string) string {
	t.Helper()
	var all []string
	err := fs.WalkDir(os.DirFS(folder), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			all = append(all, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// Two copies in directories with different paths, made at different times and with
// different settings of the caller, give the same six files.
func TestMake(t *testing.T) {
	base := t.TempDir()
	first := fixture(t, filepath.Join(base, "a"))
	second := fixture(t, filepath.Join(base, "second copy", "deep", "below"))
	second.Out = filepath.Join(base, "elsewhere")
	second.Environ = append(second.Environ, "TZ=Asia/Kathmandu", "LANG=de_DE.UTF-8", "GOFLAGS=-tags=other", "GOAMD64=v3", "CGO_ENABLED=1",
		"GO_EXTLINK_ENABLED=1", "GOTOOLCHAIN=local", "GOOS=plan9")
	var told []string
	first.Progress = func(name string) { told = append(told, name) }
	a, err := Make(context.Background(), first)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Make(context.Background(), second)
	if err != nil {
		t.Fatal(err)
	}
	want := "thing-darwin-amd64 thing-darwin-arm64 thing-linux-amd64 thing-linux-arm64 thing-windows-amd64.exe thing-windows-arm64.exe"
	if got := strings.Join(told, " "); got != want {
		t.Errorf("made %s", got)
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]bool{}
	for i := range a {
		if a[i].SHA256 != b[i].SHA256 || a[i].Size != b[i].Size || read(t, a[i].Path) != read(t, b[i].Path) {
			t.Errorf("%s differs between two copies: %+v, %+v", a[i].Name, a[i], b[i])
		}
		if text := read(t, a[i].Path); strings.Contains(text, base) || strings.Contains(text, strings.TrimSpace(string(goroot))) {
			t.Errorf("%s has a path of this machine in it", a[i].Name)
		}
		sums[a[i].SHA256] = true
	}
	if len(sums) != 6 {
		t.Errorf("%d different files", len(sums))
	}
	if got := files(t, second.Out); got != want {
		t.Errorf("in the folder are %s", got)
	}
	if got := files(t, second.Root); got != "cmd/thing/main.go go.mod" {
		t.Errorf("in the copy are left %s", got)
	}

	name := "thing-" + runtime.GOOS + "-" + runtime.GOARCH
	i := slices.IndexFunc(a, func(e Executable) bool { return strings.TrimSuffix(e.Name, ".exe") == name })
	if i < 0 {
		t.Skip("no executable is for this system")
	}
	cmd := exec.Command(a[i].Path)
	cmd.Env = []string{"PATH="}
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "v1.2.3 "+commit+"\n" {
		t.Errorf("it says %q, %v", out, err)
	}
}

// If executables cannot be made, what was there stays, and nothing else is left.
func TestMakeFails(t *testing.T) {
	for what, c := range map[string]struct {
		files  map[string]string
		change func(*Config)
		want   string
	}{
		"version with a quote":    {nil, func(c *Config) { c.Version = "v1' -X a=b" }, "version"},
		"short commit":            {nil, func(c *Config) { c.Commit = "0123abc" }, "commit"},
		"no toolchain":            {map[string]string{"go.mod": "module m\n\ngo 1.24.0\n"}, nil, "no toolchain line"},
		"replaced by a directory": {map[string]string{"go.mod": "module m\n\ngo 1.24.0\n\nreplace example.com/a => ../a\n"}, nil, `by the directory "../a"`},
		"no go.mod":               {nil, func(c *Config) { c.Root, c.Package = filepath.Join(c.Root, "cmd"), "./thing" }, "go.mod"},
		"no package":              {nil, func(c *Config) { c.Package = "./cmd/none" }, `no Go package in "./cmd/none"`},
		"package elsewhere":       {nil, func(c *Config) { c.Package = "../thing" }, `no Go package in "../thing"`},
		"unsupported platform":    {nil, func(c *Config) { c.Platforms = []string{"plan9/amd64"} }, "unsupported platform"},
		"code that is no code":    {map[string]string{"cmd/thing/main.go": "package main\n\nfunc"}, nil, "main.go:3"},
		"code that has no type":   {map[string]string{"cmd/thing/main.go": "package main\n\nvar x = y\n\nfunc main() {}\n"}, nil, "undefined: y"},
	} {
		t.Run(what, func(t *testing.T) {
			config := fixture(t, t.TempDir())
			write(t, config.Root, map[string]string{"dist/thing-linux-amd64": "the one before"})
			write(t, config.Root, c.files)
			if c.change != nil {
				c.change(&config)
			}
			before := files(t, config.Root)
			if _, err := Make(context.Background(), config); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, which does not say %s", err, c.want)
			}
			if after := files(t, config.Root); after != before {
				t.Errorf("there are\n%s\nand were\n%s", after, before)
			}
			if got := read(t, filepath.Join(config.Out, "thing-linux-amd64")); got != "the one before" {
				t.Error("the executable of before is gone")
			}
		})
	}
}

// An interrupt in the middle leaves nothing behind.
func TestMakeInterrupted(t *testing.T) {
	config := fixture(t, t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	made := 0
	config.Progress = func(string) {
		if made++; made == 2 { // and takes its time
			var more strings.Builder
			for i := range 20_000 {
				fmt.Fprintf(&more, "func f%d() string { return fmt.Sprint(version, %d) }\n", i, i)
			}
			write(t, config.Root, map[string]string{"cmd/thing/main.go": source + more.String()})
			time.AfterFunc(500*time.Millisecond, cancel)
		}
	}
	if _, err := Make(ctx, config); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if got := files(t, config.Root); got != "cmd/thing/main.go go.mod" {
		t.Errorf("there are left %s", got)
	}
}
