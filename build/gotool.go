package build

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	gover "go/version"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/mod/modfile"

	"github.com/bootzip/bootzip/internal/hint"
)

// A goModule is the module, or the workspace, that a program is built in.
type goModule struct {
	dir     string // slash-separated, relative to the project's root: where go.mod or go.work is, which may be ".."
	work    bool   // it is a workspace
	version string // the toolchain, "go1.26.8"
	unnamed bool   // no line of the module names it: it is Config.Go, or DefaultGo
	vendor  bool   // dependencies are in vendor/
}

// modFlag is the one way in which the go command may find dependencies. It
// never writes to go.mod or go.sum.
func (m goModule) modFlag() string {
	if m.vendor {
		return "-mod=vendor"
	}
	return "-mod=readonly"
}

// workValue is GOWORK, for the project's root at the path root.
func (m goModule) workValue(root string) string {
	if m.work {
		return path.Join(filepath.ToSlash(root), m.dir, "go.work")
	}
	return "off"
}

// fullVersion is a Go release, as in "go1.26.8" or "go1.27rc1", and not just
// a language version as in "go1.26".
var fullVersion = regexp.MustCompile(`^go1\.\d+(\.\d+|rc\d+|beta\d+)(-[0-9A-Za-z.+-]+)?$`)

// DefaultGo is the toolchain of modules that name none, where bootzip.yaml
// names none either: the one that bootzip itself is released with.
const DefaultGo = "go1.26.8"

// oldestSwitch is the first release that the go command can fetch by itself
// (Go Toolchains, "Go toolchain selection").
const oldestSwitch = "go1.21.0"

// findModule returns the module that the package in the directory source
// belongs to: a go.work in the project's root, else one above it in the
// repository that lists the module, else the nearest go.mod.
//
// The toolchain is that of go.work's lines, else of the module's: the
// toolchain line, or the go line where that is a release. Otherwise it is
// Config.Go, or DefaultGo.
func findModule(c Config, source string) (goModule, error) {
	var m goModule
	root, dir := c.Root, source
	for ; !exists(filepath.Join(root, dir, "go.mod")); dir = path.Dir(dir) {
		if dir == "." {
			return m, hint.New("run `go mod init`, or move bootzip.yaml to the module's root",
				"no go.mod is in %q or above it, up to the project's root", source)
		}
	}
	m.dir = dir
	files := []string{path.Join(dir, "go.mod")}
	if work, ok := c.workspace(dir); ok {
		m.work, m.dir = true, work
		files = []string{path.Join(work, "go.work"), files[0]}
	}
	for _, file := range files {
		var err error
		if m.version, err = namedToolchain(root, file); err != nil {
			return m, err
		}
		if m.version != "" {
			break
		}
	}
	if m.version == "" {
		m.unnamed, m.version = true, cmp.Or(c.Go, DefaultGo)
	}
	m.vendor = exists(filepath.Join(root, m.dir, "vendor", "modules.txt"))
	return m, nil
}

// namedToolchain returns the toolchain that a go.mod or go.work names, "" if
// none.
func namedToolchain(root, file string) (string, error) {
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
	if err != nil {
		return "", err
	}
	var goLine *modfile.Go
	var toolchain *modfile.Toolchain
	if path.Base(file) == "go.work" {
		f, err := modfile.ParseWork(file, data, nil)
		if err != nil {
			return "", fmt.Errorf("go.work: %w", err)
		}
		goLine, toolchain = f.Go, f.Toolchain
	} else {
		f, err := modfile.Parse(file, data, nil)
		if err != nil {
			return "", fmt.Errorf("go.mod: %w", err)
		}
		goLine, toolchain = f.Go, f.Toolchain
	}
	// Without a toolchain line the go line names the toolchain (Go
	// Toolchains, "Configuration").
	named := ""
	switch {
	case toolchain != nil && toolchain.Name != "default":
		named = toolchain.Name
	case goLine != nil:
		named = "go" + goLine.Version
	}
	if !fullVersion.MatchString(named) || gover.Compare(named, oldestSwitch) < 0 {
		return "", nil
	}
	return named, nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return !errors.Is(err, fs.ErrNotExist) && err == nil
}

// goTool is a Go toolchain on the host, and the environment that lets it
// fetch for the caller.
type goTool struct {
	version  string
	root     string // GOROOT
	modules  string // GOMODCACHE
	fetching []string
}

// goSettings are the go command's settings that decide from where modules
// come, who vouches for them, and where they are kept. They are asked for, and
// then given to every later command together with GOENV=off, so that a setting
// in the caller's `go env -w` file counts here and no other does.
var goSettings = []string{
	"GOMODCACHE", "GOPATH", "GOPROXY", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOSUMDB", "GOINSECURE", "GOVCS", "GOAUTH",
}

// goVariable matches the names of the variables that the go command and its
// compilers read (go help environment). GOOGLE_APPLICATION_CREDENTIALS, which a
// GOAUTH command may need, is none of them.
var goVariable = regexp.MustCompile(`^(C?GO_.*|GO[A-Z0-9]*|GCCGO[A-Z0-9]*|AR|CC|CXX|FC|PKG_CONFIG)$`)

// withoutGo returns the caller's environment without the variables of Go's, but
// for goSettings and those that say where files are.
func withoutGo(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(e string) bool {
		name, _, _ := strings.Cut(e, "=")
		kept := name == "GOENV" || name == "GOCACHE" || name == "GOTMPDIR" || slices.Contains(goSettings, name)
		return goVariable.MatchString(name) && !kept
	})
}

// findGo finds the toolchain with the very version on the host. The go
// command downloads it if the installed one differs.
func findGo(ctx context.Context, c Config, version string) (goTool, error) {
	// What the caller's `go env -w` file has is overridden by values that are
	// not empty alone. Asked for everything, the go command would run the
	// caller's C compiler.
	env := with(withoutGo(c.Environ), "GOTOOLCHAIN="+version, "GOFLAGS=-mod=readonly", "GOWORK=off", "GO111MODULE=on",
		"GOEXPERIMENT=none", "GOFIPS140=off", "CGO_ENABLED=0")
	text, err := goEnvironment(ctx, env)
	if err != nil {
		return goTool{}, hint.Wrap(fmt.Errorf("toolchain %s: %w", version, err),
			"install Go 1.24 or newer, and let it reach its module proxy to download the toolchain that go.mod names")
	}
	values := map[string]string{}
	if err := json.Unmarshal([]byte(text), &values); err != nil {
		return goTool{}, fmt.Errorf("go env: %w", err)
	}
	if values["GOVERSION"] != version {
		return goTool{}, hint.New("install it, or change the toolchain line of go.mod",
			"the go command is %s and go.mod wants %s", values["GOVERSION"], version)
	}
	fetching := []string{"GOTOOLCHAIN=local", "GOENV=off", "GOFLAGS=", "GOEXPERIMENT=", "GOROOT=", "GODEBUG="}
	for _, name := range goSettings {
		fetching = append(fetching, name+"="+values[name])
	}
	return goTool{version: version, root: values["GOROOT"], modules: values["GOMODCACHE"], fetching: with(env, fetching...)}, nil
}

// goAnswers are what go env said to this process, by what it depends on: serve
// builds again and again.
var goAnswers sync.Map

func goEnvironment(ctx context.Context, env []string) (string, error) {
	key := strings.Join(env, "\x00")
	file := lookup(env, "GOENV")
	if file == "" {
		if config, err := os.UserConfigDir(); err == nil {
			file = filepath.Join(config, "go", "env")
		}
	}
	if info, err := os.Stat(file); err == nil {
		key += fmt.Sprint("\x00", info.Size(), info.ModTime().UnixNano())
	}
	if text, ok := goAnswers.Load(key); ok {
		return text.(string), nil
	}
	text, err := capture(ctx, env, os.TempDir(), append([]string{"go", "env", "-json", "GOROOT", "GOVERSION"}, goSettings...)...)
	if err == nil {
		goAnswers.Store(key, text)
	}
	return text, err
}

// command is the path of the go command itself. Going through the GOROOT
// leaves no room for another go of the caller's PATH.
func (t goTool) command() string { return filepath.Join(t.root, "bin", "go"+exeSuffix()) }
