// Package architecture has tests that enforce the rules by which the directories of
// this module depend on each other.
package architecture

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/bootzip/bootzip"

// steps are the pipeline, in order. A step may import project and internal, but no other
// step: package pipeline joins them.
var steps = []string{"build", "pack", "verify", "emulator", "deploy"}

// joins are the directories that may import several steps. Each may also import those
// before it in this list. Both reproduce, which reads a provenance, and release, which
// writes one, import release/attest.
var joins = []string{"pipeline", "release/attest", "reproduce", "release"}

// below are directories that several joins need.
var below = []string{"diff", "registry", "release/internal"}

// mayImport says which directories the packages of a directory may import, besides those in
// their own directory. It lists the top-level directories, and those below them that have
// their own rule. A new directory needs a line.
var mayImport = map[string][]string{
	".":        {"targets", "internal/dev"}, // magefile.go
	"cmd":      {"internal/command"},
	"targets":  {"internal/command"},
	"project":  {"internal"},
	"internal": {},
	"diff":     {"internal"},
	"docker":   {},
	"registry": {"internal"},
	"sample":   {},

	"release/internal": {},
	"internal/command": slices.Concat([]string{"project", "internal", "sample"}, steps, joins, below),
	"internal/dev":     {"internal", "build", "release", "release/program"},
}

func init() {
	for _, step := range steps {
		mayImport[step] = []string{"project", "internal"}
	}
	for i, join := range joins {
		mayImport[join] = slices.Concat([]string{"project", "internal"}, steps, joins[:i], below)
	}
	// docker embeds the Dockerfile that build needs; its base image comes from a registry.
	mayImport["build"] = append(mayImport["build"], "docker", "registry")
}

// onlyIn says, for each third-party module, which directories may import it.
var onlyIn = map[string][]string{
	"github.com/magefile/mage":       {"targets", "internal/dev"},
	"github.com/aws/aws-sdk-go-v2":   {"internal", "emulator"}, // internal/store; event streams
	"github.com/spf13/cobra":         {"internal/command"},
	"github.com/mholt/archiver":      {"pack"},
	"github.com/klauspost":           {"pack"},
	"github.com/google/go-container": {"pack", "registry", "internal"}, // internal/ociimage
	"golang.org/x/crypto":            {"pack"},
	"go.yaml.in/yaml":                {"project", "deploy"},
	"github.com/hashicorp/hcl":       {"deploy"},
	"github.com/zclconf/go-cty":      {"deploy"},
	"github.com/CycloneDX":           {"release"},
	"github.com/google/licensecheck": {"release"},
	"github.com/secure-systems-lab":  {"release/attest"},
	"github.com/package-url":         {"release", "release/internal"},
	"github.com/rogpeppe":            {"diff"}, // and tests
	"github.com/aws/aws-lambda-go":   {},       // tests alone

	"github.com/aws/aws-sdk-go-v2/config":  {"internal"},
	"github.com/aws/aws-sdk-go-v2/service": {"internal"},
}

// A source is one Go file of the module that is not a test, whatever its build tags are.
type source struct {
	name   string // slash-separated, from the module's root
	folder string // the directory whose rule applies
	file   *ast.File
}

var fset = token.NewFileSet()

// sources returns all sources, except those of fixtures and of nested modules.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		base := e.Name()
		if e.IsDir() {
			if nested, _ := filepath.Glob(filepath.Join(name, "go.mod")); rel != "." &&
				(len(nested) > 0 || base == "testdata" || base == "dist" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(base) != ".go" || strings.HasSuffix(base, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		all = append(all, source{rel, folderOf(rel), f})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("only %d files were found", len(all))
	}
	return all
}

// folderOf returns the directory whose rule applies to a file or package: the first element
// of its path, or a directory below it that has a rule; "." for a file in the root.
func folderOf(name string) string {
	for folder := range mayImport {
		if strings.Contains(folder, "/") && strings.HasPrefix(name+"/", folder+"/") {
			return folder
		}
	}
	folder, _, below := strings.Cut(name, "/")
	if !below {
		return "."
	}
	return folder
}

// imports returns the paths that a file imports, with their positions.
func imports(t *testing.T, s source) map[string]token.Position {
	t.Helper()
	all := map[string]token.Position{}
	for _, i := range s.file.Imports {
		name, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = fset.Position(i.Pos())
	}
	return all
}

func TestArrowsPointOneWay(t *testing.T) {
	for _, s := range sources(t) {
		allowed, known := mayImport[s.folder]
		if !known {
			t.Errorf("%s: no rule says what the folder %q may import", s.name, s.folder)
			continue
		}
		for name, pos := range imports(t, s) {
			below, ours := strings.CutPrefix(name, module+"/")
			if to := folderOf(below + "/"); ours && to != s.folder && !slices.Contains(allowed, to) {
				t.Errorf("%s: %s imports %s", pos, s.folder, below)
			}
			for prefix, folders := range onlyIn {
				if strings.HasPrefix(name, prefix) && !slices.Contains(folders, s.folder) {
					t.Errorf("%s: %s imports %s, which is for %v alone", pos, s.folder, name, folders)
				}
			}
		}
	}
}

// isProgram reports whether a source belongs to a program, and so may read the environment
// and print.
func isProgram(s source) bool {
	return slices.Contains([]string{".", "internal/command", "internal/dev"}, s.folder) ||
		s.file.Name.Name == "main" || s.name == "internal/sandbox/init_linux.go" || s.name == "internal/sandbox/live_linux.go" // the first process of a sandbox
}

// forbidden are the functions and variables that a library must not use, by package.
var forbidden = map[string][]string{
	"os":      {"Getenv", "LookupEnv", "Environ", "ExpandEnv", "Setenv", "Unsetenv", "Stdin", "Stdout", "Stderr", "Exit", "Args", "Chdir"},
	"syscall": {"Getenv", "Environ", "Setenv", "Exit", "Chdir"},
	"log":     {"Print", "Printf", "Println", "Fatal", "Fatalf", "Fatalln", "Panic", "Panicf", "Panicln", "Default", "Writer", "Output"},
	"fmt":     {"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"},
}

func TestLibrariesNeitherReadTheEnvironmentNorPrint(t *testing.T) {
	for _, s := range sources(t) {
		if isProgram(s) {
			continue
		}
		all := imports(t, s)
		for _, name := range []string{"log/slog", "flag"} {
			if pos, ok := all[name]; ok {
				t.Errorf("%s: %s is imported", pos, name)
			}
		}
		for _, i := range s.file.Imports {
			if i.Name != nil && (i.Name.Name == "." || forbidden[strings.Trim(i.Path.Value, `"`)] != nil) {
				t.Errorf("%s: an import under another name, which this test cannot follow", fset.Position(i.Pos()))
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "print" || f.Name == "println") {
					t.Errorf("%s: %s", fset.Position(n.Pos()), f.Name)
				}
			case *ast.SelectorExpr:
				x, ok := n.X.(*ast.Ident)
				if !ok {
					return true
				}
				if _, imported := all[x.Name]; imported && slices.Contains(forbidden[x.Name], n.Sel.Name) {
					t.Errorf("%s: %s.%s in a library", fset.Position(n.Pos()), x.Name, n.Sel.Name)
				}
			}
			return true
		})
	}
}
