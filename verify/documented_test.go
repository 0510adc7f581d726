package verify_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// Every bootzip.yaml that the documentation shows is accepted as it stands,
// its check ids included.
func TestDocumentedProjects(t *testing.T) {
	const program = "package main\n\nfunc main() {}\n"
	for name, files := range map[string][]string{
		"project/doc.go":       {"cmd/hello/main.go", "cmd/hello/templates/a.html"},
		"docs/bootzip-yaml.md": {"cmd/hello/main.go", "cmd/hello/templates/a.html", "cmd/shared/ca.pem", "cmd/tracer/main.go"},
		"README.md":            {"cmd/hello/main.go", "cmd/hello/templates/a.html", "cmd/shared/ca.pem"},
	} {
		text := documentedProject(t, filepath.Join("..", filepath.FromSlash(name)))
		root := t.TempDir()
		for _, file := range append(files, project.ConfigFile) {
			content := program
			if file == project.ConfigFile {
				content = text
			}
			path := filepath.Join(root, filepath.FromSlash(file))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		p, err := project.Load(root)
		if err != nil {
			t.Errorf("%s: %v (hint: %s) in\n%s", name, err, hint.Of(err), text)
			continue
		}
		for _, f := range p.Functions {
			if err := verify.ValidateRules(f.Checks); err != nil {
				t.Errorf("%s: function %q: %v", name, f.Name, err)
			}
		}
	}
}

// documentedProject returns the lines of a file from "functions:" to the end of the block,
// which is before the first line of a Go comment or a Markdown page that is not part of it.
func documentedProject(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	prefix, text := "", ""
	for line := range strings.Lines(string(data)) {
		if strings.HasSuffix(file, ".go") {
			prefix = "//\t"
		}
		line, in := strings.CutPrefix(line, prefix)
		if text == "" && strings.HasPrefix(line, "functions:") {
			in, text = true, line
			continue
		}
		if text != "" && (!in || strings.HasPrefix(line, "```")) {
			return text
		}
		if text != "" {
			text += line
		}
	}
	t.Fatalf("%s: no block begins with functions:", file)
	return ""
}
