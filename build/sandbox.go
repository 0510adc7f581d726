package build

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/sandbox"
)

// sandboxed runs commands in Linux namespaces, confined as in a container, but
// without a container engine.
type sandboxed struct {
	cache      string
	source     string // where the commands see the project
	unfiltered string // why the commands have no filter of system calls
}

// ErrUnsuitable is an error of [Build] with engine sandbox, which cannot build the functions
// on any machine: one of them needs cgo, or is not in Go.
var ErrUnsuitable = errors.New("the sandbox builds Go only, without cgo")

func newSandbox(ctx context.Context, c Config) (*sandboxed, error) {
	for _, f := range c.Functions {
		if f.Cgo != "" {
			return nil, hint.New("start docker or podman", "function %q needs a C compiler for cgo: %w", f.Name, ErrUnsuitable)
		}
		if needsImage(f.Language) {
			return nil, hint.New("start docker or podman",
				"function %q uses language %s: %w", f.Name, f.Language, ErrUnsuitable)
		}
	}
	s := &sandboxed{cache: filepath.Join(c.Cache, "sandbox"), source: c.Vary.source()}
	// For the caller alone: the next build runs what is in the cache.
	if err := os.MkdirAll(s.cache, 0o700); err != nil {
		return nil, err
	}
	var err error
	s.unfiltered, err = c.Known.probe(c.Root+"\n"+s.cache, func() (string, error) {
		return sandbox.Probe(ctx,
			sandbox.Mount{Source: c.Root, Target: "/src", ReadOnly: true}, sandbox.Mount{Source: s.cache, Target: "/cache"})
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Known keeps results for later runs in the same process: what a sandbox lacks here, and
// which packages programs consist of. The zero value is empty.
type Known struct {
	sandboxes sync.Map // what they lack (string), by their directories
	listings  sync.Map // keptListing, by command
}

// probe returns the result that is kept under a name, or else the result of ask. A nil Known
// keeps nothing.
func (k *Known) probe(name string, ask func() (string, error)) (string, error) {
	if k == nil {
		return ask()
	}
	if lacks, ok := k.sandboxes.Load(name); ok {
		return lacks.(string), nil
	}
	lacks, err := ask()
	if err == nil {
		k.sandboxes.Store(name, lacks)
	}
	return lacks, err
}

// why adds what the sandbox lacks to the reason for taking it.
func (s *sandboxed) why(reason string) string {
	if s.unfiltered == "" {
		return reason
	}
	return strings.TrimPrefix(reason+"; without a "+s.unfiltered, "; ")
}

func (s *sandboxed) name() string               { return "sandbox" }
func (s *sandboxed) image() builtImage          { return builtImage{} }
func (s *sandboxed) platform() (string, string) { return "linux", runtime.GOARCH }
func (s *sandboxed) bounds() Bounds             { return Bounds{} }

func (s *sandboxed) copiesModules() bool { return false }

func (s *sandboxed) userUnsupported(places) string { return "" }

func (s *sandboxed) view(host places) places { return viewAt(s.source, host) }

func (s *sandboxed) run(ctx context.Context, b batch) ([]outcome, error) {
	c := sandbox.Config{Parallel: b.parallel, Umask: b.vary.mask()}
	if b.vary.otherUser() {
		c.UID, c.GID = b.vary.user()
	}
	for _, m := range []sandbox.Mount{
		{Source: b.host.source, Target: b.vary.source(), ReadOnly: true},
		{Source: b.host.out, Target: containerPlaces.out},
		{Source: cmp.Or(b.host.cache, s.cache), Target: containerPlaces.cache},
		{Source: b.host.toolchain, Target: containerPlaces.toolchain, ReadOnly: true},
		{Source: b.host.modules, Target: containerPlaces.modules, ReadOnly: true},
	} {
		if m.Source == "" {
			continue // the batch needs none
		}
		if m.ReadOnly {
			// The module cache may not exist yet.
			if err := os.MkdirAll(m.Source, 0o755); err != nil {
				return nil, err
			}
		}
		c.Mounts = append(c.Mounts, m)
	}
	for _, j := range b.jobs {
		c.Commands = append(c.Commands, sandbox.Command{Dir: path.Join(b.vary.source(), b.host.project, j.dir), Env: j.env, Argv: j.command})
	}
	outcomes := make([]outcome, len(b.jobs))
	err := sandbox.Run(ctx, c, func(r sandbox.Result) {
		if len(b.jobs) == 0 {
			return // Start: the one result is about no command
		}
		outcomes[r.Index] = outcome{exit: r.Exit, output: r.Output}
		b.finished(r.Index)
	})
	if err != nil && ctx.Err() == nil {
		err = hint.Wrap(err, "build with docker, podman, or --engine=host")
	}
	return outcomes, err
}
