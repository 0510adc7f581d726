package tool

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/process"
	"github.com/bootzip/bootzip/internal/tempdir"
)

// workName begins the names of the work folders in dist.
const workName = ".bootzip-tool"

// workFolder makes a folder below dist to compile in. It is inside of the
// module, so that the magefile finds what it imports, and its name begins with
// a dot, so that the go command does not take it for one of the module's
// packages.
func workFolder(root string) (*tempdir.Dir, error) {
	dist := filepath.Join(root, "dist")
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return nil, err
	}
	return tempdir.New(dist, workName)
}

// A kit is what an executable is made with.
type kit struct {
	root, work string
	goCommand  string
	environ    []string // of the compiler, whole
	ldflags    string
}

func newKit(ctx context.Context, c Config, work string) (kit, error) {
	k := kit{root: c.Root, work: work}
	path, version, err := readModule(c.Root)
	if err != nil {
		return k, err
	}
	// What comes from elsewhere is fetched with the caller's settings, less those
	// that a go command of this version could refuse.
	fetching := append(c.Environ[:len(c.Environ):len(c.Environ)], "GOTOOLCHAIN="+version, "GOFLAGS=-mod=readonly", "GOWORK=off", "GO111MODULE=on",
		"GOEXPERIMENT=none", "GOFIPS140=off", "CGO_ENABLED=0")
	text, err := run(ctx, fetching, c.Root, "go", "env", "-json", "GOROOT", "GOVERSION", "GOMODCACHE")
	if err != nil {
		return k, hint.Wrap(fmt.Errorf("toolchain %s: %w", version, err),
			"install Go 1.24 or newer, and let it reach its module proxy to download the toolchain that go.mod names")
	}
	var settings struct{ GOROOT, GOVERSION, GOMODCACHE string }
	if err := json.Unmarshal([]byte(text), &settings); err != nil {
		return k, fmt.Errorf("go env: %w", err)
	}
	if settings.GOVERSION != version {
		return k, hint.New("install it, or change the toolchain line of go.mod",
			"the go command is %s and go.mod wants %s", settings.GOVERSION, version)
	}
	if _, err := run(ctx, fetching, c.Root, "go", "mod", "download"); err != nil {
		return k, hint.Wrap(err, "the module proxy must be reachable for what is not in the module cache yet")
	}

	suffix := ""
	if runtime.GOOS == "windows" {
		suffix = ".exe"
	}
	k.goCommand = filepath.Join(settings.GOROOT, "bin", "go"+suffix)
	temp := filepath.Join(work, "temp")
	k.environ = []string{
		"CGO_ENABLED=0", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=", "GOFIPS140=off", "GODEBUG=",
		"GOFLAGS=-trimpath -buildvcs=false -mod=readonly -pgo=off",
		"GOTOOLCHAIN=local", "GOENV=off", "GOWORK=off", "GO111MODULE=on", "GOPROXY=off", "GOSUMDB=off", "GOVCS=*:off", "GOTELEMETRY=off",
		"GOROOT=" + settings.GOROOT, "GOMODCACHE=" + settings.GOMODCACHE, "GOPATH=" + filepath.Join(temp, "gopath"),
		"GOCACHE=" + filepath.Join(c.Cache, "tool", "go-build"), "MAGEFILE_CACHE=" + filepath.Join(temp, "mage"),
		"TMPDIR=" + temp, "TMP=" + temp, "TEMP=" + temp, "GOTMPDIR=" + temp,
		"PATH=" + filepath.Dir(k.goCommand), "TZ=UTC", "LANG=C.UTF-8",
	}
	k.ldflags = "-s -w -buildid= -linkmode=internal"
	// Of another module, the version and the commit are not bootzip's.
	if c.Version != "" && path == ownModule {
		k.ldflags += " -X " + versionVariable + "=" + c.Version
	}
	if c.Commit != "" && path == ownModule {
		k.ldflags += " -X " + commitVariable + "=" + c.Commit
	}
	if err := os.MkdirAll(temp, 0o755); err != nil {
		return k, err
	}
	magefile, err := os.ReadFile(filepath.Join(c.Root, "magefile.go"))
	if errors.Is(err, fs.ErrNotExist) {
		err = hint.Wrap(err, "the executables are made of the targets that a magefile.go in the module's root imports")
	}
	if err != nil {
		return k, err
	}
	return k, os.WriteFile(filepath.Join(work, "magefile.go"), magefile, 0o644)
}

// readModule returns the module's path, and the exact version of Go that its
// go.mod names.
func readModule(root string) (path, toolchain string, err error) {
	name := filepath.Join(root, "go.mod")
	data, err := os.ReadFile(name)
	if err != nil {
		return "", "", err
	}
	f, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		return "", "", err
	}
	for _, r := range f.Replace {
		if r.New.Version == "" {
			return "", "", hint.New("release it, and require that version",
				"go.mod replaces %q by the folder %q, whose path would be in the executables", r.Old.Path, r.New.Path)
		}
	}
	if f.Module == nil {
		return "", "", hint.New("run `go mod init`", "go.mod has no module line")
	}
	if f.Toolchain == nil || f.Toolchain.Name == "default" {
		return "", "", hint.New("add one, e.g. with `go get toolchain@go1.26.8`; equal bytes begin there", "go.mod has no toolchain line")
	}
	return f.Module.Mod.Path, f.Toolchain.Name, nil
}

// compile makes one executable in the work folder and returns its path. The
// file is called bootzip there, since its name goes into its help texts.
func (k kit) compile(ctx context.Context, e Executable) (string, error) {
	folder := filepath.Join(k.work, e.OS+"-"+e.Arch)
	if err := os.Mkdir(folder, 0o755); err != nil {
		return "", err
	}
	file := filepath.Join(folder, "bootzip")
	_, err := run(ctx, k.environ, k.root, k.goCommand, "tool", "mage",
		"-d", k.work, "-gocmd", k.goCommand, "-goos", e.OS, "-goarch", e.Arch, "-ldflags", k.ldflags, "-compile", file)
	return file, err
}

// run runs a command, which ends with ctx together with all that it started:
// they would write into the work folder while it is removed. It returns the
// standard output; an error has the standard error in it.
func run(ctx context.Context, environ []string, dir, name string, args ...string) (string, error) {
	cmd := process.Command(ctx, environ, dir, append([]string{name}, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := process.Run(ctx, cmd)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), args[0], err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}
