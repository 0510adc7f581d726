package targets

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/release/tool"
)

// Tool makes the six executables of these targets, dist/bootzip-OS-ARCH, with the same bytes every time.
// They need neither Go nor Mage: linux, darwin and windows, amd64 and arm64.
func Tool(ctx context.Context,
	version *string, // what `bootzip version` says, e.g. v1.2.3; default: (devel)
	commit *string, // the commit it says; default: unknown
) error {
	s, err := readSettings(nil, nil, nil)
	if err != nil {
		return err
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
	bar := newProgress()
	all, err := tool.Make(ctx, tool.Config{
		Root: ".", Out: dist, Version: choose(version, "", ""), Commit: choose(commit, "", ""), Environ: os.Environ(), Cache: s.cache,
		Progress: func(name string) { bar.event(build.Event{Stage: "compiling", Text: name}) },
	})
	bar.close()
	if err != nil {
		return failed(err)
	}
	rows := [][]string{{"EXECUTABLE", "SIZE", "SHA256"}}
	for _, e := range all {
		rows = append(rows, []string{distFolder + "/" + e.Name, size(e.Size), e.SHA256})
	}
	return table(rows)
}
