package runtime_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The module graph of a program that imports the runtime has this module, aws-lambda-go
// for package lambda, and what aws-lambda-go's tests need. Nothing of the tool is in it.
func TestModuleGraphOfAConsumer(t *testing.T) {
	module, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":  "module example.com/consumer\n\ngo 1.24.0\n\nrequire " + own + " v0.1.0\n\nreplace " + own + " => " + filepath.ToSlash(module) + "\n",
		"go.sum":  string(sums),
		"main.go": "package main\n\nimport \"" + own + "\"\n\nfunc main() { runtime.Start() }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in := func(args ...string) []string {
		t.Helper()
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go %s: %v", strings.Join(args, " "), err)
		}
		return strings.Fields(string(out))
	}
	allowed := []string{
		"example.com/consumer", own, "github.com/aws/aws-lambda-go",
		"github.com/davecgh/go-spew", "github.com/pmezard/go-difflib", "github.com/stretchr/testify", "gopkg.in/yaml.v3",
	}
	graph := in("list", "-m", "-f", "{{.Path}}", "all")
	if !slices.Contains(graph, own) {
		t.Fatalf("the graph is %q", graph)
	}
	for _, m := range graph {
		if !slices.Contains(allowed, m) {
			t.Errorf("module %s is in the graph", m)
		}
	}
	for _, p := range in("list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".") {
		if p != "example.com/consumer" && p != own && !strings.HasPrefix(p, own+"/") {
			t.Errorf("package %s is in the program", p)
		}
	}
}

// Only package lambda imports another module: code written for aws-lambda-go reads its
// context and returns its errors.
func TestStandardLibraryAlone(t *testing.T) {
	for _, line := range strings.Split(strings.TrimSpace(run(t, "amd64", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, own+"/...")), "\n") {
		words := strings.Fields(line)
		for _, p := range words[1:] {
			first, _, _ := strings.Cut(p, "/")
			lambda := words[0] == own+"/lambda" && slices.Contains([]string{"github.com/aws/aws-lambda-go/lambdacontext", "github.com/aws/aws-lambda-go/lambda/handlertrace", "github.com/aws/aws-lambda-go/lambda/messages"}, p)
			if strings.Contains(first, ".") && !strings.HasPrefix(p+"/", own+"/") && !lambda {
				t.Errorf("package %s imports %s", words[0], p)
			}
		}
	}
}
