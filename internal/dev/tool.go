package dev

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/git"
	"github.com/bootzip/bootzip/release/program"
)

// Tool makes the executables of bootzip, dist/bootzip-OS-ARCH, for six platforms, with the same bytes every time.
// 'bootzip version' prints the commit that they were built from, if no file differs
// from it.
func Tool(ctx context.Context,
	version *string, // what `bootzip version` prints, such as v1.2.3; default: that of a checkout
	platforms *string, // some of them, with commas: linux/amd64,windows/arm64; default: all
) error {
	dist, err := filepath.Abs("dist")
	if err != nil {
		return err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return misuse(err)
	}
	c := program.Config{
		Root: ".", Package: "./cmd/bootzip", Out: dist, Version: value(version, ""), Environ: os.Environ(), Cache: filepath.Join(cache, "bootzip"),
		Progress: func(name string) { fmt.Fprintln(os.Stderr, "compiling", name) },
	}
	if platforms != nil {
		c.Platforms = strings.Split(*platforms, ",")
	}
	if err := program.Check(c); err != nil {
		return misuse(err)
	}
	// Without git, or without a commit, the commit is unknown, which is fine.
	if tree, err := git.State(ctx, ".", os.Environ()); err == nil && len(tree.Dirty) == 0 {
		c.Commit = tree.Commit
	}
	unlock, err := build.Lock(dist)
	if err != nil {
		return err
	}
	defer unlock()
	all, err := program.Make(ctx, c)
	if err != nil {
		return errors.New(withHint(err))
	}
	for _, e := range all {
		fmt.Println(e.SHA256, "dist/"+e.Name)
	}
	return nil
}
