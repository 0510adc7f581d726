// Package program makes the executables of a main package for six platforms,
// with the same bytes every time.
//
// The bytes of an executable depend on the sources, on go.mod and go.sum (with
// them the toolchain's exact version), and on Config.Version and
// Config.Commit. They do not depend on the path of the checkout, the user, the
// time, the umask, the time zone, the number of processors, what is in a
// cache, or the system and architecture that they are made on: the Go compiler
// is run with -trimpath, without cgo, with its own linker and in a fixed
// environment.
//
// Exceptions:
//
//   - A modified toolchain with the version string of go.mod. What the go command
//     downloads is checked against the checksum database; an installed toolchain
//     is trusted.
//   - A module replaced by a directory (`replace` in go.mod): its path would be
//     in the executable. Such a go.mod is refused.
package program

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/process"
	"github.com/bootzip/bootzip/internal/regular"
)

// Config says what to make executables from.
type Config struct {
	Root    string   // directory of go.mod
	Package string   // the main package, relative to Root, such as "./cmd/tool"
	Out     string   // directory for the executables; it is made if necessary
	Version string   // what the variable main.version is set to, if the package has it
	Commit  string   // what main.commit is set to: 40 or 64 hexadecimal digits, or ""
	Environ []string // the caller's, for access to the module proxy; the compiler gets none of it
	Cache   string   // directory for the compiler's cache; an empty one makes a cold build

	// Platforms lists which of the six to make executables for, such as
	// "linux/amd64"; empty means all.
	Platforms []string

	// Progress, if not nil, is called with the name of each executable before
	// it is made.
	Progress func(name string)
}

// An Executable is a program that was made.
type Executable struct {
	Name   string // "tool-linux-amd64", "tool-windows-amd64.exe"
	Path   string // Config.Out and Name
	Size   int64  // bytes
	SHA256 string // hexadecimal
}

// platforms are the supported platforms.
var platforms = []string{
	"darwin/amd64", "darwin/arm64",
	"linux/amd64", "linux/arm64",
	"windows/amd64", "windows/arm64",
}

// choose returns the requested platforms, in order.
func choose(wanted []string) ([]string, error) {
	for _, p := range wanted {
		if !slices.Contains(platforms, p) {
			return nil, hint.New("use "+strings.Join(platforms, ", "), "unsupported platform %q", p)
		}
	}
	if len(wanted) == 0 {
		return platforms, nil
	}
	return slices.DeleteFunc(slices.Clone(platforms), func(p string) bool { return !slices.Contains(wanted, p) }), nil
}

// What is allowed in the linker's flags, where a blank or a quote would end a
// value.
var (
	goodVersion = regexp.MustCompile(`^[0-9A-Za-z.+-]*$`)
	goodCommit  = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})?$`)
)

// Check returns the error that Make would return before it makes anything. Errors
// have hints.
func Check(c Config) error {
	if !goodVersion.MatchString(c.Version) {
		return hint.New("write it as in v1.2.3", "invalid version %q: only letters, digits, '.', '+' and '-' are allowed", c.Version)
	}
	if !goodCommit.MatchString(c.Commit) {
		return hint.New("give its full name, as `git rev-parse HEAD` prints it", "invalid commit %q: want 40 or 64 hexadecimal digits", c.Commit)
	}
	if _, err := choose(c.Platforms); err != nil {
		return err
	}
	dir := filepath.Join(c.Root, c.Package)
	if files, err := filepath.Glob(filepath.Join(dir, "*.go")); err != nil || len(files) == 0 || !filepath.IsLocal(c.Package) {
		return hint.New("name a directory of the project, such as ./cmd/tool", "no Go package in %q", c.Package)
	}
	return nil
}

// Make makes the executables for Linux, macOS and Windows on both architectures,
// sorted by name. If one cannot be built, none appears in Config.Out. Errors have
// hints.
func Make(ctx context.Context, c Config) ([]Executable, error) {
	if err := Check(c); err != nil {
		return nil, err
	}
	var err error
	for _, dir := range []*string{&c.Root, &c.Out, &c.Cache} {
		if *dir, err = filepath.Abs(*dir); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return nil, err
	}
	stage, err := atomicfile.Begin(c.Out)
	if err != nil {
		return nil, err
	}
	defer stage.Remove()
	version, err := toolchain(c.Root)
	if err != nil {
		return nil, err
	}
	temp := filepath.Join(stage.Path, "temp")
	k, err := build.FindCompiler(ctx, c.Environ, version, filepath.Join(c.Cache, "program"), temp)
	if err = cmp.Or(err, os.MkdirAll(temp, 0o755)); err != nil {
		return nil, err
	}
	if err := run(ctx, k.Fetching, c.Root, k.Command, "mod", "download"); err != nil {
		return nil, hint.Wrap(err, "the module proxy must be reachable for modules that are not in the module cache")
	}
	name := path.Base(filepath.ToSlash(filepath.Join(c.Root, c.Package)))
	var all []Executable
	var files []atomicfile.File
	chosen, _ := choose(c.Platforms) // Check has refused unknown ones
	for _, p := range chosen {
		goos, arch, _ := strings.Cut(p, "/")
		e := Executable{Name: name + "-" + goos + "-" + arch}
		if goos == "windows" {
			e.Name += ".exe"
		}
		e.Path = filepath.Join(c.Out, e.Name)
		if c.Progress != nil {
			c.Progress(e.Name)
		}
		file := filepath.Join(stage.Path, e.Name)
		argv := append(c.flags(), "-o", file, "./"+filepath.ToSlash(c.Package))
		if err := run(ctx, append(slices.Clone(k.Environ), "GOOS="+goos, "GOARCH="+arch), c.Root, append([]string{k.Command, "build"}, argv...)...); err != nil {
			return nil, fmt.Errorf("executable %q: %w", e.Name, err)
		}
		if e.SHA256, e.Size, err = digest.File(file); err != nil {
			return nil, err
		}
		all, files = append(all, e), append(files, atomicfile.File{From: file, To: e.Path, Mode: 0o755})
	}
	return all, stage.Commit(files...)
}

// flags returns the go command's flags. The variables that they set have the names that
// goreleaser uses, and are ignored if the package does not have them (cmd/link, -X).
func (c Config) flags() []string {
	ldflags := "-s -w -buildid= -linkmode=internal"
	if c.Version != "" {
		ldflags += " -X main.version=" + c.Version
	}
	if c.Commit != "" {
		ldflags += " -X main.commit=" + c.Commit
	}
	return []string{"-trimpath", "-buildvcs=false", "-mod=readonly", "-pgo=off", "-ldflags=" + ldflags}
}

// toolchain returns the exact version of Go that go.mod names.
func toolchain(root string) (string, error) {
	data, err := regular.ReadFile(filepath.Join(root, "go.mod"))
	if errors.Is(err, fs.ErrNotExist) {
		err = hint.Wrap(err, "executables are built from a Go module")
	}
	if err != nil {
		return "", err
	}
	f, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		return "", err
	}
	for _, r := range f.Replace {
		if r.New.Version == "" {
			return "", hint.New("release it, and require that version",
				"go.mod replaces %q by the directory %q, whose path would be in the executables", r.Old.Path, r.New.Path)
		}
	}
	if f.Toolchain == nil || f.Toolchain.Name == "default" {
		return "", hint.New("add one, for instance with `go get toolchain@go1.26.8`: the bytes depend on it", "go.mod has no toolchain line")
	}
	return f.Toolchain.Name, nil
}

// run runs a go command. An error includes the standard error.
func run(ctx context.Context, environ []string, dir string, argv ...string) error {
	// The compilers must have ended before the directory that they write to is removed.
	cmd := process.Command(ctx, environ, dir, argv...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err := process.Run(ctx, cmd)
	if err != nil {
		err = fmt.Errorf("%s %s: %w\n%s", filepath.Base(argv[0]), argv[1], err, strings.TrimSpace(stderr.String()))
	}
	return cmp.Or(ctx.Err(), err)
}
