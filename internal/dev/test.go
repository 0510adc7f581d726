package dev

import (
	"context"
	"os"
	"os/exec"
)

// Test runs the tests of all Go packages of the project, in every module of its go.work.
func Test(ctx context.Context,
	race *bool, // with the race detector, which needs a C compiler
) error {
	argv := []string{"test"}
	if value(race, false) {
		argv = append(argv, "-race")
	}
	return goCommand(ctx, append(argv, packages)...)
}

// goCommand runs the go command with the caller's own settings, and shows its output
// as it comes.
func goCommand(ctx context.Context, argv ...string) error {
	cmd := exec.CommandContext(ctx, "go", argv...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}
