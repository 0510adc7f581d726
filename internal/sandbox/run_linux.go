package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// maxTasks is how many processes and threads the commands of Run may have
// together. Go's own builds stay below a few hundred.
const maxTasks = 4096

// Probe returns an error if no sandbox with these mounts can be made here.
// unfiltered says why commands would run without a filter of system calls.
func Probe(ctx context.Context, mounts ...Mount) (unfiltered string, err error) {
	err = Run(ctx, Config{Mounts: mounts}, func(r Result) { unfiltered = r.Unfiltered })
	return unfiltered, err
}

// Run makes a sandbox, runs the commands in it, and calls finished with the result
// of each, one at a time. The error is about the sandbox; a command that fails has a
// Result instead. Without commands there is one Result, whose Unfiltered says how they
// would have run.
func Run(ctx context.Context, c Config, finished func(Result)) error {
	s := setup{UID: c.UID, GID: c.GID, Tasks: maxTasks, Config: &c}
	stderr, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer stderr.Close()
	said := make(chan string, 1)
	go func() {
		var l limited
		_, _ = io.Copy(&l, stderr)
		said <- l.String()
	}()
	child, err := start(s, c.Mounts, true, syscall.CLONE_NEWNET, write)
	write.Close()
	if err != nil {
		return err
	}
	// All processes inside are in the process namespace of the first process, and end
	// with it.
	stop := context.AfterFunc(ctx, func() { _ = child.cmd.Process.Kill() })
	defer stop()
	ended := 0
	for ; ; ended++ {
		var r Result
		if _, err = child.channel.receive(&r); err != nil {
			break
		}
		finished(r)
	}
	status := child.cmd.Wait()
	child.channel.close()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case status != nil:
		return fmt.Errorf("sandbox: %s (%w)", strings.TrimSpace(<-said), status)
	case ended != max(len(c.Commands), 1):
		return errors.Join(fmt.Errorf("sandbox: %d of %d commands ended", ended, len(c.Commands)), err)
	}
	return nil
}
