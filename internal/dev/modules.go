package dev

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// goPackages returns the go command's patterns for all packages below the
// current directory: "./..." for one module, and a pattern for each module that
// the go.work in use lists, since "./..." does not match what is in a module
// below. A module of the workspace that is elsewhere is left out, and so is one
// below that is not in the workspace.
func goPackages(ctx context.Context) ([]string, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list -m: %w", err)
	}
	// Links are resolved on both sides: the go command names a module by PWD,
	// which may contain links.
	here, err := filepath.Abs(".")
	if err == nil {
		here, err = filepath.EvalSymlinks(here)
	}
	if err != nil {
		return nil, err
	}
	var patterns []string
	for line := range strings.Lines(string(out)) {
		dir, err := filepath.EvalSymlinks(strings.TrimSpace(line))
		if err != nil {
			return nil, err
		}
		rel, err := filepath.Rel(here, dir)
		if err != nil || !filepath.IsLocal(rel) {
			continue
		}
		patterns = append(patterns, "./"+filepath.ToSlash(filepath.Join(rel, "...")))
	}
	if len(patterns) == 0 {
		patterns = []string{"./..."} // in a directory below a module's root
	}
	return patterns, nil
}
