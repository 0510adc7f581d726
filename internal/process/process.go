// Package process runs commands in their own process groups, so that everything that a
// command starts ends with it.
//
// Windows has no such groups: only the command itself is ended, and what it started keeps
// running.
package process

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// How long to wait, after an interrupt, until the command's outputs are closed,
// and then until the rest of its group has ended.
const (
	outputDelay = 2 * time.Second
	groupDelay  = 2 * time.Second
)

// Command prepares a command that is killed, with its group, when ctx is done.
// Ctrl-C on a terminal reaches only this process, which then ends its commands in
// order. env is the complete environment.
func Command(ctx context.Context, env []string, dir string, argv ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env, cmd.Dir = env, dir
	cmd.SysProcAttr = Group()
	cmd.Cancel = func() error { return kill(cmd.Process) }
	cmd.WaitDelay = outputDelay
	return cmd
}

// Run runs a command that [Command] made. After an interrupt it waits, for at most
// groupDelay, until the command's group has ended: until then the group may write to
// directories that the caller is about to remove. If the command has ended and another
// process of its group keeps its outputs open, Run ends the group and returns an error that
// wraps exec.ErrWaitDelay.
func Run(ctx context.Context, cmd *exec.Cmd) error {
	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) && ctx.Err() == nil {
		_ = kill(cmd.Process)
		return fmt.Errorf("a process that was started in the background kept the outputs open; its process group was ended (%w)", err)
	}
	if ctx.Err() == nil || cmd.Process == nil {
		return err
	}
	for end := time.Now().Add(groupDelay); alive(cmd.Process.Pid) && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	return err
}
