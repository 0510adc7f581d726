package targets

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/git"
	"github.com/bootzip/bootzip/release/tool"
)

// Tool makes the six executables of these targets, dist/bootzip-OS-ARCH, with the same bytes every time.
// They need neither Go nor Mage: linux, darwin and windows, amd64 and arm64.
// 'bootzip version' says the commit they were made from, if no file differs
// from it.
func Tool(ctx context.Context,
	version *string, // what `bootzip version` says, e.g. v1.2.3; default: (devel)
	platforms *string, // some of them, with commas: linux/amd64,windows/arm64; default: all
) error {
	s, err := readSettings(nil, nil, nil)
	if err != nil {
		return err
	}
	if err := tool.Check(tool.Config{Version: choose(version, "", ""), Platforms: list(platforms)}); err != nil {
		return misuse(err)
	}
	dist, err := filepath.Abs(distFolder)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	unlock, err := build.Lock(dist)
	if err != nil {
		return failed(err)
	}
	defer unlock()
	before := readDist(dist)
	// Without git, or a commit, it is unknown: what is made is none the worse.
	commit := ""
	if tree, err := git.State(ctx, ".", os.Environ()); err == nil && len(tree.Dirty) == 0 {
		commit = tree.Commit
	}
	bar := newProgress()
	all, err := tool.Make(ctx, tool.Config{
		Root: ".", Out: dist, Version: choose(version, "", ""), Commit: commit, Environ: os.Environ(), Platforms: list(platforms), Cache: s.cache,
		Progress: func(name string) { bar.event(build.Event{Stage: "compiling", Text: name}) },
	})
	bar.close()
	if err != nil {
		return before.failed(err, dist)
	}
	rows := [][]string{{"EXECUTABLE", "SIZE", "SHA256"}}
	for _, e := range all {
		rows = append(rows, []string{distFolder + "/" + e.Name, size(e.Size), e.SHA256})
	}
	return table(rows)
}
