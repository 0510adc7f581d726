package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/bootzip/bootzip/project"
)

// A benchProject is a Go module with many functions, which share a package
// and use encoding/json, as functions do.
type benchProject struct {
	dir       string
	functions []project.Function
}

const sharedSource = `package shared

import "encoding/json"

type Event struct{ Name string }

func Greet(data []byte) string {
	var e Event
	if err := json.Unmarshal(data, &e); err != nil {
		return err.Error()
	}
	return "Hello " + e.Name
}
`

const mainSource = `package main

import (
	"os"

	"example.org/bench/shared"
)

func main() { os.Stdout.WriteString(shared.Greet([]byte(os.Args[0])) + "function %d edit %d\n") }
`

func newProject(dir string, n int) (benchProject, error) {
	p := benchProject{dir: dir}
	files := map[string]string{
		"go.mod":           fmt.Sprintf("module example.org/bench\n\ngo 1.24.0\n\ntoolchain %s\n", runtime.Version()),
		"shared/shared.go": sharedSource,
	}
	for i := range n {
		name := fmt.Sprintf("function%d", i)
		files["cmd/"+name+"/main.go"] = fmt.Sprintf(mainSource, i, 0)
		p.functions = append(p.functions, project.Function{
			Name: name, Source: "cmd/" + name, Language: project.Go, Arch: architectures, Runtime: project.AL2023,
		})
	}
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return p, err
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return p, err
		}
	}
	return p, nil
}

// edit changes one function to something that it never was before.
func (p benchProject) edit(n int) error {
	return os.WriteFile(filepath.Join(p.dir, "cmd", "function0", "main.go"), fmt.Appendf(nil, mainSource, 0, n+1), 0o644)
}

// flags are those of package build, so that both sides do the same work.
var flags = []string{"-trimpath", "-buildvcs=false", "-pgo=off", "-mod=readonly", "-ldflags=-s -w -buildid= -linkmode=internal"}

func (p benchProject) goBuild(ctx context.Context, cache string, packages ...string) error {
	out := filepath.Join(p.dir, "dist-go")
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	if len(packages) == 0 {
		packages = []string{"./cmd/..."}
	}
	argv := append(append([]string{"build"}, flags...), "-o", out+"/")
	cmd := exec.CommandContext(ctx, "go", append(argv, packages...)...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "GOFLAGS=", "GOWORK=off", "GOCACHE="+cache)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w: %s", err, text)
	}
	return nil
}

func (p benchProject) goBuildEach(ctx context.Context, cache string) error {
	for _, f := range p.functions {
		if err := p.goBuild(ctx, cache, "./"+f.Source); err != nil {
			return err
		}
	}
	return nil
}
