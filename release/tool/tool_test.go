package tool

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// The fixture is a module of bootzip's name with one target, which says what the
// linker has set.
const (
	magefile = `//go:build mage

package main

import (
	//mage:import
	_ "github.com/bootzip/bootzip/targets"
)
`
	target = `package targets

import "fmt"

var releaseVersion, releaseCommit string

// Version says what the linker has set.
func Version() { fmt.Println(releaseVersion, releaseCommit) }
`
	commit = "0123456789abcdef0123456789abcdef01234567"
)

// fixture writes the module into the folder, and returns how to make its
// executables. Its compiler cache is kept between runs of the test.
func fixture(t *testing.T, folder string) Config {
	t.Helper()
	goMod := "module github.com/bootzip/bootzip\n\ngo 1.24.0\n\ntoolchain " + runtime.Version() + "\n\ntool github.com/magefile/mage\n"
	goSum := ""
	for line := range strings.Lines(read(t, "../../go.sum")) {
		words := strings.Fields(line)
		if words[0] != "github.com/magefile/mage" {
			continue
		}
		goSum += line
		if !strings.HasSuffix(words[1], "/go.mod") {
			goMod += "\nrequire github.com/magefile/mage " + words[1] + "\n"
		}
	}
	write(t, folder, map[string]string{"go.mod": goMod, "go.sum": goSum, "magefile.go": magefile, "targets/targets.go": target})
	user, err := os.UserCacheDir()
	if err != nil {
		user = os.TempDir()
	}
	return Config{
		Root: folder, Out: filepath.Join(folder, "dist"), Version: "v1.2.3", Commit: commit,
		Environ: append(os.Environ(), "GOPROXY=off", "GOSUMDB=off"), Cache: filepath.Join(user, "bootzip-test"),
	}
}

// What the caller has set for Go's compiler neither stops the fetching of
// modules nor runs anything.
func TestKitIgnoresTheCallersCompiler(t *testing.T) {
	c := fixture(t, t.TempDir())
	trap := filepath.Join(t.TempDir(), "ran")
	c.Environ = append(c.Environ, "GOEXPERIMENT=nope", "GOFIPS140=bogus", "CGO_ENABLED=1", "CC=touch "+trap)
	if _, err := newKit(context.Background(), c, t.TempDir()); err != nil {
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

// files are the names of all files below the folder, sorted.
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

// Two copies, in folders with other paths and at other times, with other
// settings of the caller, give the same six files.
func TestMake(t *testing.T) {
	base := t.TempDir()
	first := fixture(t, filepath.Join(base, "a"))
	second := fixture(t, filepath.Join(base, "second copy", "deep", "below"))
	second.Out = filepath.Join(base, "elsewhere")
	second.Environ = append(second.Environ, "TZ=Asia/Kathmandu", "LANG=de_DE.UTF-8", "GOFLAGS=-tags=other", "GOAMD64=v3", "CGO_ENABLED=1",
		"GO_EXTLINK_ENABLED=1", "GOTOOLCHAIN=local", "GOOS=plan9", "MAGEFILE_VERBOSE=1", "MAGEFILE_GOCMD=false")
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
	want := "bootzip-darwin-amd64 bootzip-darwin-arm64 bootzip-linux-amd64 bootzip-linux-arm64 bootzip-windows-amd64.exe bootzip-windows-arm64.exe"
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
	if got := files(t, second.Root); got != "go.mod go.sum magefile.go targets/targets.go" {
		t.Errorf("in the copy are left %s", got)
	}

	name := "bootzip-" + runtime.GOOS + "-" + runtime.GOARCH
	i := slices.IndexFunc(a, func(e Executable) bool { return strings.TrimSuffix(e.Name, ".exe") == name })
	if i < 0 {
		t.Skip("no executable is for this system")
	}
	cmd := exec.Command(a[i].Path, "version")
	cmd.Env = []string{"PATH="}
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "v1.2.3 "+commit+"\n" {
		t.Errorf("it says %q, %v", out, err)
	}
}

// The version of another project is not bootzip's.
func TestMakeOfAnotherProject(t *testing.T) {
	config := fixture(t, t.TempDir())
	for name, text := range map[string]string{"go.mod": read(t, filepath.Join(config.Root, "go.mod")), "magefile.go": magefile} {
		write(t, config.Root, map[string]string{name: strings.ReplaceAll(text, "github.com/bootzip/bootzip", "example.com/other")})
	}
	all, err := Make(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if text := read(t, e.Path); strings.Contains(text, "v1.2.3") || strings.Contains(text, commit) {
			t.Errorf("%s says that bootzip is %s of commit %s", e.Name, config.Version, commit)
		}
	}
}

// What cannot be made leaves what was there, and nothing else.
func TestMakeFails(t *testing.T) {
	for what, c := range map[string]struct {
		files  map[string]string
		change func(*Config)
		want   string
	}{
		"version with a quote":  {nil, func(c *Config) { c.Version = "v1' -X a=b" }, "version"},
		"short commit":          {nil, func(c *Config) { c.Commit = "0123abc" }, "commit"},
		"no module":             {map[string]string{"go.mod": "go 1.24.0\n"}, nil, "no module line"},
		"no toolchain":          {map[string]string{"go.mod": "module m\n\ngo 1.24.0\n"}, nil, "no toolchain line"},
		"replaced by a folder":  {map[string]string{"go.mod": "module m\n\ngo 1.24.0\n\nreplace example.com/a => ../a\n"}, nil, `by the folder "../a"`},
		"no go.mod":             {nil, func(c *Config) { c.Root = filepath.Join(c.Root, "targets") }, "go.mod"},
		"code that is no code":  {map[string]string{"targets/targets.go": "package targets\n\nfunc"}, nil, "targets.go:3"},
		"code that has no type": {map[string]string{"targets/targets.go": "package targets\n\nvar x = y\n\n// A does.\nfunc A() {}\n"}, nil, "undefined: y"},
	} {
		t.Run(what, func(t *testing.T) {
			config := fixture(t, t.TempDir())
			write(t, config.Root, map[string]string{"dist/bootzip-linux-amd64": "the one before"})
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
			if got := read(t, filepath.Join(config.Out, "bootzip-linux-amd64")); got != "the one before" {
				t.Error("the executable of before is gone")
			}
		})
	}
	config := fixture(t, t.TempDir())
	if err := os.Remove(filepath.Join(config.Root, "magefile.go")); err != nil {
		t.Fatal(err)
	}
	if _, err := Make(context.Background(), config); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a magefile: %v", err)
	}
}

// An interrupt in the middle leaves nothing behind, and what a killed process left
// goes with the next run.
func TestMakeInterrupted(t *testing.T) {
	config := fixture(t, t.TempDir())
	write(t, config.Root, map[string]string{"dist/" + workName + "-123/mage_output_file.go": "package main", "dist/" + workName + "-123/.bootzip-lock": ""})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	made := 0
	config.Progress = func(string) {
		if made++; made != 2 {
			return
		}
		// While the second one is compiled, its main file is there.
		go func() {
			for ctx.Err() == nil {
				found, err := filepath.Glob(filepath.Join(config.Root, "dist", workName+"-*", "mage_output_file.go"))
				if err != nil || len(found) > 0 {
					cancel()
				}
				time.Sleep(time.Millisecond)
			}
		}()
	}
	if _, err := Make(ctx, config); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if got := files(t, config.Root); got != "go.mod go.sum magefile.go targets/targets.go" {
		t.Errorf("there are left %s", got)
	}
}
