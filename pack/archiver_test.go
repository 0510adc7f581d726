package pack

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The parts of archiver that archive.go may use. Everything in version 3 that reads
// archives has vulnerabilities without a fix.
var (
	allowedOfArchiver = []string{"NewZip", "Zip", "File"}
	banned            = []string{"Archive", "Unarchive", "Extract", "Walk", "Open", "Read", "DefaultZip", "CheckExt", "Unzip", "ByExtension", "ByHeader"}
)

func TestArchiverOnlyWrites(t *testing.T) {
	const only = "pack/archive.go"
	found := false
	fset := token.NewFileSet()
	err := filepath.WalkDir("..", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && name != ".." && (strings.HasPrefix(e.Name(), ".") || e.Name() == "dist") {
			return fs.SkipDir
		}
		if e.IsDir() || filepath.Ext(name) != ".go" {
			return nil
		}
		f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil // a fixture that does not compile uses nothing either
		}
		rel := filepath.ToSlash(strings.TrimPrefix(name, ".."+string(filepath.Separator)))
		for _, i := range f.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			if err != nil || !strings.HasPrefix(path, "github.com/mholt/archiver") {
				continue
			}
			if rel != only || i.Name != nil {
				t.Errorf("%s: archiver is imported; only %s does that, and under its own name", fset.Position(i.Pos()), only)
				continue
			}
			found = true
			checkUses(t, fset, f)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !found {
		t.Errorf("%s does not import archiver, so this test looks at nothing", only)
	}
}

func checkUses(t *testing.T, fset *token.FileSet, f *ast.File) {
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := s.X.(*ast.Ident)
		if ok && x.Name == "archiver" && !slices.Contains(allowedOfArchiver, s.Sel.Name) || slices.Contains(banned, s.Sel.Name) {
			t.Errorf("%s: %s is used", fset.Position(s.Pos()), s.Sel.Name)
		}
		return true
	})
}
