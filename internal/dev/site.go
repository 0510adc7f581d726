package dev

import (
	"context"
	"os"
	"os/exec"
	"runtime"
)

// Site makes the site of README and docs in site/out, and checks its links. It needs Node.js and npm.
// SITE_BASE is the path that it is published under; default: /.
func Site(ctx context.Context) error {
	npm := "npm"
	if runtime.GOOS == "windows" {
		npm = "npm.cmd"
	}
	for _, argv := range [][]string{{"ci"}, {"run", "build"}} {
		cmd := exec.CommandContext(ctx, npm, argv...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = "site", os.Stdout, os.Stderr
		if err := cmd.Run(); err != nil {
			return err
		}
	}
	return nil
}
