package project

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/internal/hint"
)

// Whatever is in a bootzip.yaml, it is read to an end. The result is either an error that
// says where the mistake is and how to fix it, or functions whose files are all in the
// project.
func FuzzConfig(f *testing.F) {
	root := tree(f, map[string]string{
		"outside/file":          "secret",
		"project/a/main.go":     program,
		"project/a/data/x":      "x",
		"project/a/data/y":      "y",
		"project/a/passwords":   "-> ../../outside/file",
		"project/a/leak/file":   "-> ../../../outside/file",
		"project/away":          "-> ../outside",
		"project/shared/ca.pem": "ca",
	})
	root = filepath.Join(root, "project")
	for _, c := range badConfigs {
		f.Add([]byte(c.yaml))
	}
	f.Add([]byte("functions:\n  a:\n    source: a\n    assets: [data, {source: ../shared, name: certs}]\n"))
	f.Add([]byte("functions: {a: {assets: [{source: ., name: x}]}}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4096 {
			return // more of the same, and slow
		}
		p := Project{Root: root}
		err := parseConfig(&p, ConfigFile, data)
		functions := p.Functions
		if err != nil {
			if !strings.HasPrefix(err.Error(), ConfigFile+":") || hint.Of(err) == "" {
				t.Errorf("error %q with hint %q", err, hint.Of(err))
			}
			return
		}
		if len(functions) == 0 {
			t.Fatal("neither functions nor an error")
		}
		var names []string
		for _, function := range functions {
			if slices.Contains(names, function.Name) || CheckName(function.Name) != nil {
				t.Errorf("name %q is there twice, or bad", function.Name)
			}
			names = append(names, function.Name)
			mustBeInside(t, root, function.Source)
			var entries []string
			for _, a := range function.Assets {
				mustBeInside(t, root, a.Source)
				if !fs.ValidPath(a.Name) || a.Name == "." || slices.Contains(entries, a.Name) {
					t.Errorf("asset %q is there twice, or bad", a.Name)
				}
				entries = append(entries, a.Name)
				info, err := os.Stat(filepath.Join(root, a.Source))
				if err != nil || !info.Mode().IsRegular() {
					t.Errorf("asset %q is no file (%v)", a.Source, err)
				}
			}
		}
	})
}

func mustBeInside(t *testing.T, root, name string) {
	t.Helper()
	resolved, err := filepath.EvalSymlinks(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	if rel, err := filepath.Rel(root, resolved); err != nil || !filepath.IsLocal(rel) {
		t.Errorf("%q is %q, outside of the project", name, resolved)
	}
}
