package tool

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/internal/hint"
)

// The variables of package targets that the linker sets. What `bootzip
// version` says of an executable is in them, since Mage compiles a list of
// files, and to such the go command adds neither a version nor a commit.
const (
	ownModule       = "github.com/bootzip/bootzip"
	versionVariable = ownModule + "/targets.releaseVersion"
	commitVariable  = ownModule + "/targets.releaseCommit"
)

// Config says what to make executables of.
type Config struct {
	Root    string   // folder of go.mod and magefile.go
	Out     string   // folder for the executables; it is made if need be
	Version string   // e.g. "v1.2.3"; "" for what is no release. See Make
	Commit  string   // 40 or 64 hexadecimal digits; "" if it is unknown. See Make
	Environ []string // the caller's: how to reach the module proxy. The compiler sees none of it
	Cache   string   // folder for the compiler's cache; an empty one makes a cold build

	// Platforms are those of the six to make executables for, "linux/amd64";
	// none are all.
	Platforms []string

	// Progress, if it is not nil, is told the name of each executable
	// before it is made.
	Progress func(name string)
}

// An Executable is a program that was made.
type Executable struct {
	Name   string // "bootzip-linux-amd64", "bootzip-windows-amd64.exe"
	OS     string // as in GOOS
	Arch   string // as in GOARCH
	Path   string // Config.Out and Name
	Size   int64  // bytes
	SHA256 string // hexadecimal
}

// platforms are what executables are made for.
var platforms = []string{
	"darwin/amd64", "darwin/arm64",
	"linux/amd64", "linux/arm64",
	"windows/amd64", "windows/arm64",
}

// choose returns those of the platforms that are wanted, in their order.
func choose(wanted []string) ([]string, error) {
	for _, p := range wanted {
		if !slices.Contains(platforms, p) {
			return nil, hint.New("known are: "+strings.Join(platforms, ", "), "platform %q is none that executables are made for", p)
		}
	}
	if len(wanted) == 0 {
		return platforms, nil
	}
	return slices.DeleteFunc(slices.Clone(platforms), func(p string) bool { return !slices.Contains(wanted, p) }), nil
}

// What may stand in the linker's flags, where a blank or a quote would end
// a value.
var (
	goodVersion = regexp.MustCompile(`^[0-9A-Za-z.+-]*$`)
	goodCommit  = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})?$`)
)

// Check finds what Make would refuse in Config.Version and Config.Platforms.
// Errors have hints.
func Check(c Config) error {
	if !goodVersion.MatchString(c.Version) {
		return hint.New("write it as in v1.2.3", "version %q has other characters than letters, digits, '.', '+' and '-'", c.Version)
	}
	_, err := choose(c.Platforms)
	return err
}

// Make makes the executables, for Linux, macOS and Windows on both
// architectures, ordered by name. If one cannot be made, Config.Out is as it
// was. The target version says Config.Version and Config.Commit; in
// executables of another project's targets it says which bootzip its go.mod
// names, and they are left out.
func Make(ctx context.Context, c Config) ([]Executable, error) {
	if err := Check(c); err != nil {
		return nil, err
	}
	if !goodCommit.MatchString(c.Commit) {
		return nil, hint.New("give the whole of it, as `git rev-parse HEAD` prints it", "commit %q is not 40 or 64 hexadecimal digits", c.Commit)
	}
	chosen, err := choose(c.Platforms)
	if err != nil {
		return nil, err
	}
	for _, folder := range []*string{&c.Root, &c.Out, &c.Cache} {
		var err error
		if *folder, err = filepath.Abs(*folder); err != nil {
			return nil, err
		}
	}
	work, err := workFolder(c.Root)
	if err != nil {
		return nil, err
	}
	defer work.Remove()
	k, err := newKit(ctx, c, work.Path)
	if err != nil {
		return nil, err
	}

	var all []Executable
	var made []string
	for _, p := range chosen {
		goos, arch, _ := strings.Cut(p, "/")
		e := Executable{Name: "bootzip-" + goos + "-" + arch, OS: goos, Arch: arch}
		if goos == "windows" {
			e.Name += ".exe"
		}
		e.Path = filepath.Join(c.Out, e.Name)
		if c.Progress != nil {
			c.Progress(e.Name)
		}
		file, err := k.compile(ctx, e)
		if err != nil {
			return nil, fmt.Errorf("executable %q: %w", e.Name, err)
		}
		if e.SHA256, e.Size, err = digest.File(file); err != nil {
			return nil, err
		}
		all, made = append(all, e), append(made, file)
	}
	return all, moveAll(ctx, made, all)
}

// moveAll puts the finished files into their places. Out may be on another
// file system than the work folder, so they are copied to a stage there.
func moveAll(ctx context.Context, files []string, to []Executable) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	out := filepath.Dir(to[0].Path)
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	stage, err := atomicfile.Begin(out)
	if err != nil {
		return err
	}
	defer stage.Remove()
	var set []atomicfile.File
	for i, file := range files {
		staged := filepath.Join(stage.Path, to[i].Name)
		if err := copyFile(staged, file); err != nil {
			return err
		}
		set = append(set, atomicfile.File{From: staged, To: to[i].Path, Mode: 0o755})
	}
	return stage.Commit(set...)
}

func copyFile(to, from string) error {
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	if closed := w.Close(); err == nil {
		err = closed
	}
	return err
}
