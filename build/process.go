package build

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/process"
)

// cut is a buffer that keeps the first maxOutput bytes and counts the rest.
type cut struct {
	kept bytes.Buffer // a field: io.Copy would use the ReadFrom of an embedded one, past Write
	lost int
}

func (c *cut) Write(p []byte) (int, error) {
	room := min(len(p), maxOutput-c.kept.Len())
	c.kept.Write(p[:room])
	c.lost += len(p) - room
	return len(p), nil
}

func (c *cut) String() string {
	if c.lost > 0 {
		return fmt.Sprintf("%s\n… and %d bytes more", c.kept.String(), c.lost)
	}
	return c.kept.String()
}

// command prepares a child process that ends with ctx, and with this process
// where the system can do that.
func command(ctx context.Context, env []string, dir string, argv ...string) *exec.Cmd {
	cmd := process.Command(ctx, env, dir, argv...)
	process.EndWithParent(cmd)
	return cmd
}

// capture runs a command and returns its standard output. The error has what
// the command wrote to standard error.
func capture(ctx context.Context, env []string, dir string, argv ...string) (string, error) {
	cmd := command(ctx, env, dir, argv...)
	var stdout bytes.Buffer
	var stderr cut
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := process.Run(ctx, cmd); err != nil {
		return stdout.String(), commandError(ctx, argv, err, stderr.String())
	}
	return stdout.String(), nil
}

func commandError(ctx context.Context, argv []string, err error, stderr string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	name := strings.Join(argv[:min(len(argv), 2)], " ")
	if text := strings.TrimSpace(stderr); text != "" {
		return fmt.Errorf("%s: %s (%w)", name, text, err)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// finish runs a prepared command with both outputs into w, and returns its exit
// status. The error is about starting or losing the command.
func finish(ctx context.Context, cmd *exec.Cmd, w io.Writer) (int, error) {
	cmd.Stdout, cmd.Stderr = w, w
	err := process.Run(ctx, cmd)
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return -1, ctx.Err()
	case errors.As(err, &exit):
		if exit.ExitCode() < 0 {
			fmt.Fprintln(w, exit) // as in "signal: killed"
		}
		return exit.ExitCode(), nil
	case errors.Is(err, exec.ErrWaitDelay):
		fmt.Fprintln(w, err)
		return -1, nil
	case err != nil:
		return -1, fmt.Errorf("%s: %w", cmd.Args[0], err)
	}
	return 0, nil
}

// lookup returns the value of a variable in an environment list. The last one
// counts, as for the operating system.
func lookup(environ []string, key string) string {
	for _, e := range slices.Backward(environ) {
		if name, value, ok := strings.Cut(e, "="); ok && name == key {
			return value
		}
	}
	return ""
}

// with returns environ with some variables set to new values.
func with(environ []string, set ...string) []string {
	kept := slices.DeleteFunc(slices.Clone(environ), func(e string) bool {
		name, _, _ := strings.Cut(e, "=")
		return slices.ContainsFunc(set, func(s string) bool { return strings.HasPrefix(s, name+"=") })
	})
	return append(kept, set...)
}
