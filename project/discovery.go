package project

import (
	"bytes"
	"errors"
	"go/ast"
	"go/build"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/regular"
)

// A discovery looks for main packages in the modules of a project.
type discovery struct {
	root    string
	modules []goModule
	beside  []goModule // modules on this machine that replace others, or that go.work uses outside the root
	work    []string   // directories that go.work uses; nil without one
	outside []string   // directories of modules that go.work does not use
	mains   []mainPackage
	known   map[seen]usage
}

// A goModule has a module's directory, slash-separated, its path, and what its go.mod
// ignores.
type goModule struct {
	dir, path string
	ignore    []*modfile.Ignore
}

// ignores reports whether the module's ignore lines match a directory, which is relative to
// the module's. In these lines, ./x matches only in the module's own directory, and x matches
// anywhere below it (Go Modules Reference, "ignore directive").
func (m goModule) ignores(dir string) bool {
	return slices.ContainsFunc(m.ignore, func(i *modfile.Ignore) bool {
		name := "/" + path.Clean(i.Path) + "/"
		if strings.HasPrefix(i.Path, "./") {
			return strings.HasPrefix("/"+dir+"/", name)
		}
		return strings.Contains("/"+dir+"/", name)
	})
}

// A mainPackage is a candidate for a function.
type mainPackage struct {
	source  string
	kind    Kind
	arch    []Arch // for which it has files
	leftOut string // why it is not a function; "" if it is one
	keys    string // what bootzip.yaml must say about it besides its source, as in ", tags: [x]"
}

// A seen is the directory of a package, and the variant that it was read for.
type seen struct {
	dir string
	variant
}

// A variant is an architecture, with cgo files or without.
type variant struct {
	arch Arch
	cgo  bool
}

// variants are tried in this order.
var variants = []variant{{AMD64, false}, {AMD64, true}, {ARM64, false}, {ARM64, true}}

// newDiscovery finds the project's modules. It returns an error if there are none.
func newDiscovery(root string) (*discovery, error) {
	d := &discovery{root: root, known: map[seen]usage{}}
	data, err := regular.ReadFile(filepath.Join(root, "go.work"))
	if err == nil {
		work, err := modfile.ParseWork("go.work", data, nil)
		if err != nil {
			return nil, hint.Wrap(err, "write a go.work that the go command accepts: go work use -r .")
		}
		d.work = []string{}
		for _, use := range work.Use {
			dir := path.Clean(filepath.ToSlash(use.Path))
			if fs.ValidPath(dir) {
				d.work = append(d.work, dir)
			} else if data, err := regular.ReadFile(filepath.Join(root, dir, "go.mod")); err == nil {
				d.beside = append(d.beside, goModule{dir: dir, path: modfile.ModulePath(data)})
			}
		}
		d.replaced(".", work.Replace)
	}
	err = d.directories(func(name, dir string) {
		data, err := regular.ReadFile(filepath.Join(name, "go.mod"))
		switch {
		case err != nil:
			return
		case d.work != nil && !slices.Contains(d.work, dir):
			d.outside = append(d.outside, dir)
			return
		}
		m := goModule{dir: dir, path: modfile.ModulePath(data)}
		if f, err := modfile.Parse("go.mod", data, nil); err == nil {
			d.replaced(dir, f.Replace)
			m.ignore = f.Ignore
		}
		d.modules = append(d.modules, m)
	})
	if err == nil && len(d.modules) == 0 && d.work != nil {
		return d, hint.New("go work use ./DIRECTORY, by a relative path whose names begin neither with '.' nor with '_', or list the functions in a bootzip.yaml",
			"go.work in %s uses no module below it in which functions are looked for", root)
	}
	if err == nil && len(d.modules) == 0 {
		err = hint.New("run this in the directory of bootzip.yaml or go.mod, or write a bootzip.yaml",
			"%w is in %s", ErrNoProject, root)
	}
	return d, err
}

// replaced adds the modules on this machine that replace others in a go.mod or go.work in
// the directory dir.
func (d *discovery) replaced(dir string, all []*modfile.Replace) {
	for _, r := range all {
		if r.New.Version == "" && !filepath.IsAbs(r.New.Path) {
			d.beside = append(d.beside, goModule{dir: path.Join(dir, filepath.ToSlash(r.New.Path)), path: r.Old.Path})
		}
	}
}

// directories calls visit for the root, and for each directory below it that can hold the
// project's packages. dir is relative to the root, and slash-separated.
func (d *discovery) directories(visit func(name, dir string)) error {
	return filepath.WalkDir(d.root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if name != d.root && !ours(name) {
			return fs.SkipDir
		}
		dir, err := filepath.Rel(d.root, name)
		if err == nil {
			visit(name, filepath.ToSlash(dir))
		}
		return err
	})
}

// ours reports whether a directory below the root can hold the project's packages: the
// go command does not ignore it, and it is not a project of its own.
func ours(name string) bool {
	_, err := os.Stat(filepath.Join(name, ConfigFile))
	return holdsPackages(filepath.Base(name)) && err != nil
}

// shortName returns the name of a function whose program is in the directory source: that of
// the directory. In the root it is the last element of the module's path that is not a major
// version, or else the root's own name.
func (d *discovery) shortName(source string) string {
	if source != "." {
		return functionName(path.Base(source))
	}
	for _, m := range d.modules {
		if prefix, _, ok := module.SplitPathVersion(m.path); m.dir == "." && ok && prefix != "" {
			return functionName(path.Base(prefix))
		}
	}
	return functionName(filepath.Base(d.root))
}

// context returns a context that does not depend on the caller's environment, so that GOOS
// or GOFLAGS do not decide which functions are found.
func (v variant) context() *build.Context {
	return &build.Context{
		GOOS: "linux", GOARCH: string(v.arch), Compiler: "gc", ReleaseTags: build.Default.ReleaseTags, CgoEnabled: v.cgo,
		OpenFile: func(name string) (io.ReadCloser, error) { return regular.Open(name) },
	}
}

// walk fills in the main packages, in the order of their directories.
func (d *discovery) walk() error {
	return d.directories(func(name, source string) {
		at, ok := d.moduleOf(source)
		outside := ok && slices.Contains(d.outside, at)
		if !outside && !slices.ContainsFunc(d.modules, func(m goModule) bool {
			return ok && m.dir == at && !m.ignores(relativeTo(at, source))
		}) {
			return
		}
		for _, v := range variants {
			p, err := v.context().ImportDir(name, 0)
			var none *build.NoGoError
			if constrained, keys := constrained(name, p.IgnoredGoFiles); constrained != "" && (errors.As(err, &none) || p.Name == "main" && !d.usage(source, v).any()) {
				d.mains = append(d.mains, mainPackage{source: source, leftOut: constrained, keys: keys})
				break
			}
			if !isMain(p, err) {
				if len(p.IgnoredGoFiles) == 0 {
					return // no variant has more files
				}
				continue
			}
			m := mainPackage{source: source, arch: slices.DeleteFunc(Architectures(), func(a Arch) bool {
				return a != v.arch && !isMain(variant{a, v.cgo}.context().ImportDir(name, 0))
			})}
			u := d.usage(source, v)
			switch {
			case outside && !u.any():
				return
			case outside:
				m.leftOut = "go.work does not use its module: go work use ./" + at
			case err == nil && !u.any(): // the compiler reports a package that is broken
				m.leftOut = "it uses no Lambda runtime"
			}
			// An extension registers itself, and asks for no invocations. A program that
			// does both is a function with an internal extension, or a proxy of the
			// Runtime API: only bootzip.yaml can tell which.
			if u.api && u.registers && !u.library && !u.invocations {
				m.kind = KindExtension
			}
			d.mains = append(d.mains, m)
			break
		}
	})
}

// isMain reports whether the results of ImportDir describe a main package that has files
// besides tests.
func isMain(p *build.Package, err error) bool {
	var none *build.NoGoError
	return !errors.As(err, &none) && p.Name == "main" && (err != nil || len(p.GoFiles)+len(p.CgoFiles) > 0)
}

// moduleOf returns the directory of the module to which a directory belongs: the nearest
// go.mod decides.
func (d *discovery) moduleOf(dir string) (at string, ok bool) {
	for ; ; dir = path.Dir(dir) {
		if _, err := os.Stat(filepath.Join(d.root, filepath.FromSlash(dir), "go.mod")); err == nil {
			return dir, true
		}
		if dir == "." {
			return "", false
		}
	}
}

// constrained looks for a main package that imports a Lambda runtime and that build
// constraints exclude. It returns what to do about it, and, if a single tag is all that is
// missing, what bootzip.yaml must say. Both are "" if there is no such package.
func constrained(dir string, files []string) (remedy, keys string) {
	for _, name := range files {
		if match, err := (variant{ARM64, true}).context().MatchFile(dir, name); err == nil && match {
			continue // only the architecture excluded it
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil || f.Name.Name != "main" || !slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool {
			return isRuntime(strings.Trim(i.Path.Value, `"`))
		}) {
			continue
		}
		for _, group := range f.Comments {
			for _, c := range group.List {
				if !constraint.IsGoBuild(c.Text) {
					continue
				}
				with := "tags"
				if expr, err := constraint.Parse(c.Text); err == nil {
					if tag, ok := expr.(*constraint.TagExpr); ok {
						with += ": [" + tag.Tag + "]"
						keys = ", " + with
					}
				}
				return name + " is only built by its constraint " + strings.TrimPrefix(c.Text, "//go:build ") + ": list it in a bootzip.yaml, with " + with, keys
			}
		}
	}
	return "", ""
}

// runtimes are the packages, with those below them, whose import makes a program a
// function: AWS's, bootzip's, libraries that start AWS's, and independent ones.
var runtimes = []string{
	"github.com/aws/aws-lambda-go/lambda", "github.com/aws/aws-lambda-go/lambdaurl", "github.com/bootzip/bootzip/runtime",
	"github.com/akrylysov/algnhsa", "github.com/apex/gateway", "github.com/carlmjohnson/gateway", "github.com/fujiwara/ridge",
	"github.com/aws-cloudformation/cloudformation-cli-go-plugin/cfn", "github.com/hotsock/voker", "github.com/mantil-io/mantil.go",
}

// RuntimeAPI is the variable with the address of Lambda's APIs (AWS Lambda developer guide,
// "Using the Lambda runtime API for custom runtimes").
const RuntimeAPI = "AWS_LAMBDA_RUNTIME_API"

// Other strings in the source of a program that uses Lambda's APIs itself: the path of the
// Runtime API, and the header with which an extension registers ("Using the Lambda
// Extensions API"), in lower case.
const (
	invocationPath  = "/runtime/invocation/"
	extensionHeader = "lambda-extension-name"
)

// A usage says how a package uses Lambda, directly or through packages of the project.
type usage struct {
	library     bool // it imports a runtime
	api         bool // it reads the address of the APIs
	invocations bool // it asks for invocations
	registers   bool // it registers an extension
}

// any reports whether a program with this usage is a function or an extension.
func (u usage) any() bool { return u.library || u.api }

func (u *usage) add(other usage) {
	u.library = u.library || other.library
	u.api = u.api || other.api
	u.invocations = u.invocations || other.invocations
	u.registers = u.registers || other.registers
}

// usage returns what the package in a directory uses: nothing, if it cannot be read.
func (d *discovery) usage(dir string, v variant) usage {
	at := seen{dir, v}
	if known, ok := d.known[at]; ok {
		return known
	}
	d.known[at] = usage{} // for packages that import each other, which do not compile
	name := filepath.Join(d.root, filepath.FromSlash(dir))
	p, _ := v.context().ImportDir(name, 0)
	if p == nil {
		return usage{}
	}
	var u usage
	for _, file := range slices.Concat(p.GoFiles, p.CgoFiles) {
		data, _ := regular.ReadFile(filepath.Join(name, file)) // the compiler reports what cannot be read
		u.add(usage{
			api:         bytes.Contains(data, []byte(RuntimeAPI)),
			invocations: bytes.Contains(data, []byte(invocationPath)),
			registers:   bytes.Contains(bytes.ToLower(data), []byte(extensionHeader)),
		})
	}
	for _, imported := range p.Imports {
		u.library = u.library || isRuntime(imported)
		if local, ok := d.directory(imported); ok {
			u.add(d.usage(local, v))
		}
	}
	d.known[at] = u
	return u
}

func isRuntime(imported string) bool {
	if imported == "github.com/aws/aws-lambda-go/lambda/messages" { // only types, for callers of functions
		return false
	}
	return slices.ContainsFunc(runtimes, func(r string) bool {
		return imported == r || strings.HasPrefix(imported, r+"/")
	})
}

// directory returns the directory of a package in the project's modules, or in the
// modules beside them.
func (d *discovery) directory(imported string) (string, bool) {
	var best goModule
	for _, m := range slices.Concat(d.modules, d.beside) {
		if (imported == m.path || strings.HasPrefix(imported, m.path+"/")) && len(m.path) > len(best.path) {
			best = m
		}
	}
	return path.Join(best.dir, strings.TrimPrefix(imported, best.path)), best.path != ""
}
