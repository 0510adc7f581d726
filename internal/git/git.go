package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/process"
	"github.com/bootzip/bootzip/internal/tempdir"
)

// configuration is git's only configuration (git-config). A repository's own
// configuration is never read where it could matter: see own.
const configuration = `[safe]
	directory = *
[core]
	hooksPath = /dev/null
	attributesFile = /dev/null
	excludesFile = /dev/null
	fsmonitor = false
	autocrlf = false
	eol = lf
	pager = cat
[gc]
	auto = 0
[maintenance]
	auto = false
[fetch]
	recurseSubmodules = false
[submodule]
	recurse = false
[credential]
	helper =
`

// transports are the allowed ways to fetch a commit (git,
// GIT_ALLOW_PROTOCOL). ext would run any command.
const transports = "file:https:http:ssh:git"

// passed are the caller's variables that git gets: where programs are, how to
// reach the network, and the ssh agent.
var passed = []string{
	"PATH", "TMPDIR", "TMP", "TEMP", "SYSTEMROOT", "PATHEXT", "COMSPEC", "SSH_AUTH_SOCK",
	"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH",
}

// git runs git commands in a fixed environment.
type git struct {
	home    *tempdir.Dir
	env     []string
	options []string // options of git itself, for every command
}

// newGit prepares the environment. The caller calls close.
func newGit(environ []string) (*git, error) {
	home, err := tempdir.New("", "bootzip-git")
	if err != nil {
		return nil, err
	}
	g := &git{home: home}
	config := filepath.Join(home.Path, ".gitconfig")
	if err := os.WriteFile(config, []byte(configuration), 0o600); err != nil {
		g.close()
		return nil, err
	}
	for _, e := range environ {
		if name, _, _ := strings.Cut(e, "="); slices.Contains(passed, strings.ToUpper(name)) {
			g.env = append(g.env, e)
		}
	}
	g.env = append(g.env,
		// Older versions of git ignore GIT_CONFIG_GLOBAL and read HOME.
		"HOME="+home.Path, "XDG_CONFIG_HOME="+home.Path, "GIT_CONFIG_GLOBAL="+config, "GIT_CONFIG_NOSYSTEM=1", "GIT_ATTR_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0", "GIT_SSH_COMMAND=ssh -o BatchMode=yes", "GIT_ALLOW_PROTOCOL="+transports,
		"GIT_NO_LAZY_FETCH=1", "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C")
	return g, nil
}

func (g *git) close() { _ = g.home.Remove() }

// repository returns the directory of the repository that own makes.
func (g *git) repository() string { return filepath.Join(g.home.Path, "repository") }

// own makes an empty repository without configuration. It returns a git for that
// repository, with tree as its working tree.
func (g *git) own(ctx context.Context, commit, tree string) (*git, error) {
	dir := g.repository()
	argv := []string{"init", "--quiet", "--bare"}
	if len(commit) == 64 {
		argv = append(argv, "--object-format=sha256")
	}
	if _, err := g.run(ctx, g.home.Path, nil, append(argv, dir)...); err != nil {
		return nil, err
	}
	return &git{home: g.home, env: append(slices.Clone(g.env), "GIT_DIR="+dir, "GIT_WORK_TREE="+tree)}, nil
}

// run executes git in the directory dir and returns its standard output. The
// error has git's standard error.
func (g *git) run(ctx context.Context, dir string, stdin io.Reader, argv ...string) (string, error) {
	var stdout bytes.Buffer
	if err := g.runTo(ctx, dir, stdin, &stdout, argv...); err != nil {
		return "", err
	}
	return stdout.String(), nil
}

// runTo is run with standard output sent to a writer. git ends when a write fails.
func (g *git) runTo(ctx context.Context, dir string, stdin io.Reader, stdout io.Writer, argv ...string) error {
	// git starts children, which may still write to directories that the caller
	// is about to remove.
	cmd := process.Command(ctx, g.env, dir, slices.Concat([]string{"git"}, g.options, argv)...)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, &stderr
	err := process.Run(ctx, cmd)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return hint.New("install git", "git command not found: %w", err)
	case err != nil:
		return fmt.Errorf("git %s: %s (%w)", argv[0], shorten(stderr.String()), err)
	}
	return nil
}

// places returns several paths, and runs git rev-parse once for each: a path may contain line
// ends.
func (g *git) places(ctx context.Context, dir string, asked ...[]string) (places []string, err error) {
	for _, options := range asked {
		text, err := g.run(ctx, dir, nil, append([]string{"rev-parse"}, options...)...)
		if err != nil {
			return nil, err
		}
		places = append(places, strings.TrimSuffix(text, "\n"))
	}
	return places, nil
}

// meaning returns means, which explains the failure err of a git command. It returns err if
// that has another reason: ctx has ended, or err has a hint, as when there is no git.
func meaning(ctx context.Context, err, means error) error {
	if ctx.Err() != nil || hint.Of(err) != "" {
		return err
	}
	return means
}

// shorten bounds how much of git's output is shown.
func shorten(s string) string {
	const most = 2000
	s = WithoutCredentials(strings.TrimSpace(s))
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// zeroed splits the output of a command with -z.
func zeroed(text string) []string {
	return strings.FieldsFunc(text, func(c rune) bool { return c == 0 })
}
