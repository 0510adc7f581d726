package build

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	gover "go/version"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/regular"
)

// A goModule is the module, or the workspace, that a program is built in.
type goModule struct {
	dir     string // slash-separated, relative to the project's root: where go.mod or go.work is, which may be ".."
	work    bool   // it is a workspace
	version string // the toolchain, "go1.26.8"
	unnamed bool   // no line of the module names it: it is Config.Go, or DefaultGo
	vendor  bool   // dependencies are in vendor/
}

// modFlag says where the go command may find dependencies. The command never writes
// to go.mod or go.sum.
func (m goModule) modFlag() string {
	if m.vendor {
		return "-mod=vendor"
	}
	return "-mod=readonly"
}

// workValue returns GOWORK, for the project's root at the path root.
func (m goModule) workValue(root string) string {
	if m.work {
		return path.Join(filepath.ToSlash(root), m.dir, "go.work")
	}
	return "off"
}

// fullVersion matches a Go release, as in "go1.26.8" or "go1.27rc1", and not a
// language version as in "go1.26".
var fullVersion = regexp.MustCompile(`^go1\.\d+(\.\d+|rc\d+|beta\d+)(-[0-9A-Za-z.+-]+)?$`)

// DefaultGo is the toolchain of modules that name none, if bootzip.yaml names none
// either. bootzip itself is released with it.
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
	dir := source
	for ; !exists(filepath.Join(c.Root, dir, "go.mod")); dir = path.Dir(dir) {
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
		if m.version, err = namedToolchain(c.Root, file); err != nil {
			return m, err
		}
		if m.version != "" {
			break
		}
	}
	if m.version == "" {
		m.unnamed, m.version = true, cmp.Or(c.Go, DefaultGo)
	}
	m.vendor = exists(filepath.Join(c.Root, m.dir, "vendor", "modules.txt"))
	return m, nil
}

// readLines reads a go.mod or go.work, whose name is slash-separated and relative to root.
// The go, toolchain and replace lines of a go.mod are returned as those of a go.work without
// use lines.
func readLines(root, file string) (*modfile.WorkFile, error) {
	data, err := regular.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
	if err != nil {
		return nil, err
	}
	if path.Base(file) == "go.work" {
		return modfile.ParseWork(file, data, nil) // its errors begin with the name
	}
	f, err := modfile.Parse(file, data, nil)
	if err != nil {
		return nil, err
	}
	return &modfile.WorkFile{Go: f.Go, Toolchain: f.Toolchain, Replace: f.Replace}, nil
}

// namedToolchain returns the toolchain that a go.mod or go.work names. It returns
// "" if that is not a release, or is older than oldestSwitch.
func namedToolchain(root, file string) (string, error) {
	lines, err := readLines(root, file)
	if err != nil {
		return "", err
	}
	// The newer of the go and the toolchain line counts (Go Toolchains, "Configuration").
	named := ""
	if lines.Toolchain != nil && lines.Toolchain.Name != "default" {
		named = lines.Toolchain.Name
	}
	if lines.Go != nil && (named == "" || gover.Compare("go"+lines.Go.Version, named) > 0) {
		named = "go" + lines.Go.Version
	}
	if !fullVersion.MatchString(named) || gover.Compare(named, oldestSwitch) < 0 {
		return "", nil
	}
	return named, nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// goTool is a Go toolchain on the host, and the environment that lets it
// fetch for the caller.
type goTool struct {
	version  string
	root     string // GOROOT
	modules  string // GOMODCACHE
	fetching []string
}

// goSettings are the go command's settings that decide where modules come from, who
// vouches for them, and where they are kept. Every later command gets their values,
// with GOENV=off, so only these settings of the caller's `go env -w` file count.
var goSettings = []string{
	"GOMODCACHE", "GOPATH", "GOPROXY", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOSUMDB", "GOINSECURE", "GOVCS", "GOAUTH",
}

// goVariable matches the names of the variables that the go command and its
// compilers read (go help environment), but not GOOGLE_APPLICATION_CREDENTIALS,
// which a GOAUTH command may need.
var goVariable = regexp.MustCompile(`^(C?GO_.*|GO[A-Z0-9]*|GCCGO[A-Z0-9]*|AR|CC|CXX|FC|PKG_CONFIG)$`)

// withoutGo returns the caller's environment without Go's variables, except for
// goSettings and those that say where files are.
func withoutGo(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(e string) bool {
		name, _, _ := strings.Cut(e, "=")
		kept := name == "GOENV" || name == "GOCACHE" || name == "GOTMPDIR" || slices.Contains(goSettings, name)
		return goVariable.MatchString(name) && !kept
	})
}

// findGo finds the toolchain of exactly that version on the host. The go command
// downloads it if the installed one differs.
func findGo(ctx context.Context, c Config, version string) (goTool, error) {
	// Only values that are not empty override the caller's `go env -w` file. Asked
	// for all settings, the go command would run the caller's C compiler.
	env := with(withoutGo(c.Environ), "GOTOOLCHAIN="+version, "GOFLAGS=-mod=readonly", "GOWORK=off", "GO111MODULE=on",
		"GOEXPERIMENT=none", "GOFIPS140=off", "CGO_ENABLED=0")
	text, err := capture(ctx, env, os.TempDir(), append([]string{"go", "env", "-json", "GOROOT", "GOVERSION"}, goSettings...)...)
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

// command returns the path of the go command in the GOROOT. The caller's PATH may
// have a different one.
func (t goTool) command() string { return filepath.Join(t.root, "bin", "go"+exeSuffix(runtime.GOOS)) }

// A Compiler is one version of the Go toolchain, to build a release's own programs with.
type Compiler struct {
	Command  string   // the go command
	Fetching []string // the environment in which it fetches modules for the caller
	Environ  []string // the complete environment in which it compiles, without the platform
}

// FindCompiler finds the toolchain of exactly that version, such as "go1.26.8", on this
// machine. The go command downloads it if the installed one differs. The compiler's cache is
// below cache, and its temporary files are in temp.
func FindCompiler(ctx context.Context, environ []string, version, cache, temp string) (Compiler, error) {
	tool, err := findGo(ctx, Config{Environ: environ}, version)
	settled := goEnv(places{toolchain: tool.root, temp: temp, cache: cache, modules: tool.modules}, goModule{}, "")
	return Compiler{tool.command(), tool.fetching, with(settled, "TMP="+temp, "TEMP="+temp, "PATH="+filepath.Dir(tool.command()))}, err
}
