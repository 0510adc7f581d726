package build

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/bootzip/bootzip/internal/sandbox"
)

// host runs commands on this machine, without confinement.
type host struct {
	cache     string
	otherUser bool // commands are to run, and can run, as another user
}

func newHost(c Config) (*host, error) {
	if err := sandbox.KeepDescriptors(); err != nil {
		return nil, err
	}
	h := &host{cache: filepath.Join(c.Cache, "host"), otherUser: c.Vary.otherUser() && os.Getuid() == 0}
	return h, os.MkdirAll(h.cache, 0o755)
}

func (h *host) name() string               { return "host" }
func (h *host) image() builtImage          { return builtImage{} }
func (h *host) platform() (string, string) { return runtime.GOOS, runtime.GOARCH }
func (h *host) bounds() Bounds             { return Bounds{} }

// copiesModules: another user cannot enter the caller's module cache.
func (h *host) copiesModules() bool { return h.otherUser }

func (h *host) userUnsupported(host places) string {
	if !h.otherUser {
		return "only root can run commands as another user"
	}
	if name := closedTo(host); name != "" {
		return name + " is closed to other users"
	}
	return ""
}

func (h *host) view(p places) places {
	p.source = p.root()
	p.cache = cmp.Or(p.cache, h.cache)
	return p
}

func (h *host) run(ctx context.Context, b batch) (outcomes []outcome, err error) {
	if b.vary.otherUser() {
		uid, gid := b.vary.user()
		if err := giveTo(uid, gid, b.host.out, b.host.temp, b.host.cache); err != nil {
			return nil, err
		}
		defer func() {
			err = errors.Join(err, giveTo(os.Getuid(), os.Getgid(), b.host.out))
		}()
	}
	outcomes = make([]outcome, len(b.jobs))
	errs := make([]error, len(b.jobs))
	sideBySide(b.jobs, b.parallel, func(i int, j job) {
		var output cut
		exit, err := h.execute(ctx, &output, filepath.Join(b.host.root(), filepath.FromSlash(j.dir)), j, b.vary)
		outcomes[i], errs[i] = outcome{exit: exit, output: output.String()}, err
		if err == nil {
			b.finished(i)
		}
	})
	return outcomes, cmp.Or(errs...)
}

// execute runs one command.
func (h *host) execute(ctx context.Context, output io.Writer, dir string, j job, v Variations) (int, error) {
	argv := j.command
	if v.Umask != 0 {
		// All threads of this process share its umask.
		argv = append([]string{"/bin/sh", "-c", `umask "$0" && exec "$@"`, fmt.Sprintf("%04o", v.Umask)}, argv...)
	}
	cmd := command(ctx, j.env, dir, argv...)
	if v.otherUser() {
		uid, gid := v.user()
		asUser(cmd, uid, gid)
	}
	return finish(ctx, cmd, output)
}

// closedTo returns a file or directory of a build that another user cannot use, ""
// if there is none. That user will own what the build writes, so only the way to
// it must be open.
func closedTo(host places) string {
	ways := []string{filepath.Dir(host.out), filepath.Dir(host.temp), filepath.Dir(host.cache), host.source}
	if host.toolchain != "" {
		ways = append(ways, host.toolchain)
	}
	for _, way := range ways {
		for dir, below := way, ""; dir != below; dir, below = filepath.Dir(dir), dir {
			if info, err := os.Stat(dir); err != nil || info.Mode()&0o001 == 0 {
				return dir
			}
		}
	}
	return closedBelow(host.source)
}

// giveTo changes the owner of directories and of all that is in them.
func giveTo(uid, gid int, dirs ...string) error {
	for _, dir := range dirs {
		err := walkBelow(dir, func(name, _ string, _ fs.DirEntry) error { return os.Lchown(name, uid, gid) })
		if err != nil {
			return err
		}
	}
	return nil
}
