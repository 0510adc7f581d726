package dev

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// The versions that Lint runs. They are not dependencies of this module, so that
// importers of bootzip do not get them.
const (
	staticcheck = "honnef.co/go/tools/cmd/staticcheck@v0.8.2"
	actionlint  = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
)

// Lint checks the Go code: formatting, go vet (with the tag mage, too) and staticcheck, in every module of go.work.
// Workflows in .github/workflows it checks with actionlint.
func Lint(ctx context.Context) error {
	if err := checkFormat(ctx); err != nil {
		return err
	}
	commands := [][]string{{"vet", packages}, {"vet", "-tags=mage", packages}, {"run", staticcheck, packages}}
	workflows, err := filepath.Glob(filepath.Join(".github", "workflows", "*.y*ml"))
	if err != nil {
		return err
	}
	if len(workflows) > 0 {
		commands = append(commands, append([]string{"run", actionlint}, workflows...))
	}
	for _, argv := range commands {
		if err := goCommand(ctx, argv...); err != nil {
			return fmt.Errorf("go %s: %w", strings.Join(argv, " "), err)
		}
	}
	return nil
}

// checkFormat runs the gofmt of the go command in use on all Go files below the current
// directory, including those that build tags exclude.
func checkFormat(ctx context.Context) error {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("go env GOROOT: %w", err)
	}
	gofmt := filepath.Join(strings.TrimSpace(string(root)), "bin", "gofmt")
	out, err := exec.CommandContext(ctx, gofmt, "-l", ".").CombinedOutput()
	if err != nil {
		return fmt.Errorf("gofmt: %w\n%s", err, out)
	}
	if len(out) > 0 {
		return fmt.Errorf("not formatted, run gofmt -w on:\n%s", out)
	}
	return nil
}
