package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	gobuild "go/build"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/dirhash"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/regular"
)

// A goPackage has the fields of `go list -json` (cmd/go, "List packages or
// modules") that are used here.
type goPackage struct {
	Dir, ImportPath, Name                  string
	Standard                               bool
	GoFiles, IgnoredGoFiles, EmbedPatterns []string
	SFiles, HFiles, SysoFiles, EmbedFiles  []string
	CgoFiles, CFiles, CXXFiles             []string
	Deps, Match                            []string
	Module                                 *goListModule
	Error                                  *goListError
	DepsErrors                             []goListError
}

type goListModule struct {
	Path, Version, Dir, GoMod string
	Main                      bool
	Replace                   *goListModule
}

type goListError struct{ Pos, Err string }

func (e goListError) String() string {
	return strings.TrimPrefix(e.Pos+": "+e.Err, ": ")
}

const goListFields = "-json=Dir,ImportPath,Name,Standard,GoFiles,IgnoredGoFiles,EmbedPatterns,SFiles,HFiles,SysoFiles,EmbedFiles,CgoFiles,CFiles,CXXFiles,Deps,Match,Module,Error,DepsErrors"

// A goProgram is a main package with its dependencies.
type goProgram struct {
	main     *goPackage
	packages []*goPackage // dependencies outside of the standard library, and main itself
}

// listPrograms runs `go list` for the group's main packages, which also fetches the
// modules that they need. It returns a program for each unit, in order.
func listPrograms(ctx context.Context, c Config, tool goTool, group goGroup) ([]goProgram, error) {
	m, arch := group.module, group.arch
	argv := append([]string{tool.command(), "list", "-e", "-deps", goListFields, m.modFlag()}, group.tags()...)
	for _, u := range group.units {
		argv = append(argv, packagePath(c.Root, m, u.Function.Source))
	}
	dir := filepath.Join(c.Root, m.dir)
	// List the packages that the build will see. PWD: if the caller's directory
	// was reached by a link, the go command would use that in all its paths.
	env := with(tool.fetching, "GOOS=linux", "GOARCH="+string(arch), "GOAMD64=v1", "GOARM64=v8.0", "GOWORK="+m.workValue(c.Root), "PWD="+dir)
	env = with(env, group.compiler()...)
	key := strings.Join(slices.Concat(argv, env), "\x00")
	text, err := c.Known.listing(key, func() (string, error) { return capture(ctx, env, dir, argv...) }, func(text string) (dirs, files []string, ok bool) {
		packages, err := decodePackages(text)
		if err != nil {
			return nil, nil, false
		}
		return m.decides(c.Root, tool.modules, packages)
	})
	if err != nil {
		return nil, err
	}
	packages, err := decodePackages(text)
	if err != nil {
		return nil, err
	}
	all := map[string]*goPackage{}
	for _, p := range packages {
		all[p.ImportPath] = p
	}
	programs := make([]goProgram, len(group.units))
	for i, u := range group.units {
		s := u.Function.Source
		dir, name := filepath.Join(c.Root, filepath.FromSlash(s)), packagePath(c.Root, m, s)
		// A package that cannot be loaded may have no Dir.
		found := slices.IndexFunc(packages, func(p *goPackage) bool { return p.Dir == dir || slices.Contains(p.Match, name) })
		if found < 0 {
			return nil, fmt.Errorf("go list says nothing of the package in %q", s)
		}
		p := packages[found]
		programs[i].main = p
		for _, path := range append(slices.Clone(p.Deps), p.ImportPath) {
			if q := all[path]; q != nil && !q.Standard {
				programs[i].packages = append(programs[i].packages, q)
			}
		}
	}
	return programs, nil
}

// decodePackages decodes the output of go list -json.
func decodePackages(text string) ([]*goPackage, error) {
	var all []*goPackage
	for decoder := json.NewDecoder(strings.NewReader(text)); ; {
		p := new(goPackage)
		if err := decoder.Decode(p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		all = append(all, p)
	}
}

// copyModules makes a module cache in the directory dir with only the modules that
// the group needs. It fetches missing modules into the caller's cache first, which
// then serves as a proxy.
func copyModules(ctx context.Context, c Config, tool goTool, group goGroup, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	proxy := url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Join(tool.modules, "cache", "download"))}
	local := tool
	local.fetching = with(tool.fetching, "GOMODCACHE="+dir, "GOPROXY="+proxy.String(),
		// go.sum has their hashes, and the checksum database was asked when
		// they were fetched. -modcacherw: so that the copy can be removed.
		"GOSUMDB=off", "GOPRIVATE=", "GONOPROXY=", "GOFLAGS=-modcacherw")
	if _, err := listPrograms(ctx, c, tool, group); err != nil {
		return err
	}
	_, err := listPrograms(ctx, c, local, group)
	return err
}

// packagePath returns the go command's name for the package in the directory source,
// as seen from the directory of go.mod or go.work, which may be above the project's
// root.
func packagePath(root string, m goModule, source string) string {
	rel, err := filepath.Rel(filepath.Join(root, m.dir), filepath.Join(root, source))
	if err != nil || rel == "." {
		return "."
	}
	return "./" + filepath.ToSlash(rel)
}

const tidyHint = "run `go mod tidy`"

// problem says why the program cannot be built, as far as that is known without
// compiling it. Both results are "" if it may compile.
func (p goProgram) problem(root string) (message, remedy string) {
	if file := p.cgoOnly(root); file != "" {
		return fmt.Sprintf("%s: the package is cgo (import \"C\"), and bootstraps are built with CGO_ENABLED=0", file),
			"use a library in pure Go, or set cgo: static in bootzip.yaml, which builds it with a C compiler in docker or podman"
	}
	var lines []string
	add := func(e goListError) {
		if s := strings.TrimSpace(e.String()); s != "" && !slices.Contains(lines, s) {
			lines = append(lines, s)
		}
	}
	for _, q := range p.packages {
		if q.Error != nil {
			add(*q.Error)
		}
	}
	for _, e := range p.main.DepsErrors {
		add(e)
	}
	if len(lines) == 0 && p.main.Name != "main" {
		lines = append(lines, fmt.Sprintf("package %q is not a main package", p.main.Name))
	}
	message = strings.Join(lines, "\n")
	switch {
	case strings.Contains(message, "replacement directory"), strings.Contains(message, "(replaced by ") && strings.Contains(message, "): reading "):
		remedy = "correct the replace line of go.mod; if it is a submodule, run `git submodule update --init`"
	case strings.Contains(message, "-mod=vendor"):
		remedy = "run `go mod vendor`"
	case strings.Contains(message, "go.sum"), strings.Contains(message, "cannot find module providing package"):
		remedy = tidyHint
	}
	return message, remedy
}

// includes reports whether the package's C or assembly may include files that the go command
// does not count as its sources: files in other directories, or whose names do not end in .h.
// Go's build cache does not notice that they change.
func (p *goPackage) includes() bool { return len(p.CgoFiles)+len(p.SFiles) > 0 }

// includes reports whether a package of the program that is in the project, or beside it in
// its repository, may include such files.
func (p goProgram) includes(host places) bool {
	return slices.ContainsFunc(p.packages, func(q *goPackage) bool { return within(host.source, q.Dir) && q.includes() })
}

// cgoOnly returns a file that makes a package of the program need cgo: one
// with import "C", in a package that has no Go file without it.
func (p goProgram) cgoOnly(root string) string {
	for _, q := range p.packages {
		if len(q.GoFiles) > 0 {
			continue
		}
		for _, name := range q.IgnoredGoFiles {
			file := filepath.Join(q.Dir, name)
			if importsC(file) {
				if rel, err := filepath.Rel(root, file); err == nil && filepath.IsLocal(rel) {
					return filepath.ToSlash(rel)
				}
				return q.ImportPath + "/" + name
			}
		}
	}
	return ""
}

// leftOut returns the cgo files that the build leaves out, at most one for each package of
// the program. Without it, the package may do less, or nothing.
func (p goProgram) leftOut(u Unit) []string {
	context := gobuild.Default
	context.GOOS, context.GOARCH, context.CgoEnabled, context.BuildTags = "linux", string(u.Arch), true, u.Function.Tags
	var files []string
	for _, q := range p.packages {
		for _, name := range q.IgnoredGoFiles {
			if match, err := context.MatchFile(q.Dir, name); err == nil && match && importsC(filepath.Join(q.Dir, name)) {
				files = append(files, q.ImportPath+"/"+name)
				break
			}
		}
	}
	return files
}

func importsC(file string) bool {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	return err == nil && slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool {
		path, _ := strconv.Unquote(i.Path.Value)
		return path == "C"
	})
}

// verifyModules compares the unpacked source of every module that the programs use
// with go.sum, as `go mod verify` does for all modules. The go command checks a
// module only when it downloads it, and would silently build a changed file in the
// module cache.
func verifyModules(c Config, m goModule, programs []goProgram) error {
	if m.vendor {
		return nil
	}
	used := map[string]*goListModule{}
	for _, p := range programs {
		for _, q := range p.packages {
			mod := q.Module
			if mod != nil && mod.Replace != nil {
				mod = mod.Replace
			}
			if mod != nil && !mod.Main && mod.Version != "" && mod.Dir != "" {
				used[mod.Path+"@"+mod.Version] = mod
			}
		}
	}
	if len(used) == 0 {
		return nil
	}
	sums, err := readSums(c.Root, m)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(used)) {
		want := sums[name]
		if len(want) == 0 {
			return hint.New(tidyHint, "module %q is not in go.sum", name)
		}
		got, err := dirhash.HashDir(used[name].Dir, name, dirhash.Hash1)
		if err != nil {
			return fmt.Errorf("module %q: %w", name, err)
		}
		if !slices.Contains(want, got) {
			return hint.New("run `go clean -modcache`, and find out who changed it",
				"module %q was changed in the module cache: its hash is %s, and go.sum says %s", name, got, strings.Join(want, " or "))
		}
	}
	return nil
}

// readSums reads the hashes of modules ("module@version" → "h1:…") from
// go.sum, and in a workspace from the go.sum of each module and go.work.sum.
func readSums(root string, m goModule) (map[string][]string, error) {
	sums := map[string][]string{}
	for _, file := range moduleFiles(root, m) {
		if !strings.HasSuffix(file, ".sum") {
			continue
		}
		data, err := regular.ReadFile(filepath.Join(root, file))
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(data)) {
			if f := strings.Fields(line); len(f) == 3 && !strings.HasSuffix(f[1], "/go.mod") {
				key := f[0] + "@" + f[1]
				sums[key] = append(sums[key], f[2])
			}
		}
	}
	return sums, nil
}
