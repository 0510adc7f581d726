package git

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bootzip/bootzip/internal/hint"
)

// Limits bound what At takes from a repository. 0 means no limit.
type Limits struct {
	Files     int   // files, links and directories
	Depth     int   // directories above a file
	FileBytes int64 // of one file, also while git computes its name
	Bytes     int64 // of all files, as they are written
	Fetched   int64 // of git's own objects, compressed
}

// ForStrangers are the limits for an untrusted repository. They are far above what
// a function needs: Linux, for instance, has 100,000 files in 1.5 GB.
func ForStrangers() Limits {
	return Limits{Files: 200_000, Depth: 100, FileBytes: 512 << 20, Bytes: 4 << 30, Fetched: 4 << 30}
}

// maxNameBytes bounds the total length of all files' names, in bytes, where there is a
// limit for the number of files.
const maxNameBytes = 64 << 20

// refuse returns the error about a limit.
func refuse(commit, format string, args ...any) error {
	return hint.New("look at the repository's contents; if they are right, clone it and build the commit there",
		"commit %s is not checked out: %s", commit, fmt.Sprintf(format, args...))
}

// fetching returns a git that fetches within the limits. Objects come compressed,
// and as deltas, so a few bytes can stand for gigabytes: git holds each in memory
// while it computes its name, and fails at GIT_ALLOC_LIMIT. That is the limit of a
// file plus 64 MiB for what else git needs.
func (l Limits) fetching(g *git) *git {
	if l.FileBytes == 0 {
		return g
	}
	bounded := *g
	bounded.env = append(slices.Clone(g.env), fmt.Sprintf("GIT_ALLOC_LIMIT=%d", l.FileBytes+64<<20))
	// git streams files above the threshold, past the limit. Each thread may
	// allocate up to the limit, so use one.
	bounded.options = []string{"-c", "core.bigFileThreshold=4095m", "-c", "pack.threads=1"}
	return &bounded
}

// explain names the limit if git failed at GIT_ALLOC_LIMIT.
func (l Limits) explain(commit string, err error) error {
	if err != nil && l.FileBytes > 0 && strings.Contains(err.Error(), "over limit") {
		return refuse(commit, "it has a file over the limit of %d bytes", l.FileBytes)
	}
	return err
}

// within runs do, and cancels its context as soon as the files in the directory
// dir exceed the limit, in bytes. The error is then over.
func within(ctx context.Context, dir string, limit int64, over error, do func(context.Context) error) error {
	if limit == 0 {
		return do(ctx)
	}
	ctx, stop := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for pause := 50 * time.Millisecond; ; {
			select {
			case <-ctx.Done():
				return
			case <-time.After(pause):
			}
			began := time.Now()
			if sizeBelow(dir) > limit {
				stop(over)
				return
			}
			pause = max(50*time.Millisecond, 4*time.Since(began)) // measuring takes a fifth of the time at most
		}
	}()
	err := do(ctx)
	stop(nil)
	<-watched
	if errors.Is(context.Cause(ctx), over) || err == nil && sizeBelow(dir) > limit {
		return over
	}
	return err
}

// sizeBelow returns the size of the files below a directory, in bytes. Files may
// come and go meanwhile.
func sizeBelow(dir string) int64 {
	var size int64
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			if info, err := e.Info(); err == nil {
				size += info.Size()
			}
		}
		return nil
	})
	return size
}
