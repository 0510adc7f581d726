package verify

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/regular"
	"github.com/bootzip/bootzip/internal/zipscan"
	"github.com/bootzip/bootzip/project"
)

// Options say what a zip is checked against.
type Options struct {
	Function string              // name for the report; may be empty
	Arch     project.Arch        // expected architecture; empty: either of Lambda's
	Runtime  project.Runtime     // whose image has the libraries; empty: al2023
	Kind     Kind                // empty: KindFunction
	Rules    []project.CheckRule // what findings mean for this zip
	Strict   bool                // warnings fail, except those of checks with a rule
	Dynamic  bool                // dynamically linked programs are allowed
	Static   bool                // dynamically linked programs fail

	Budget project.Budget // larger sizes are a finding

	// WithLayer says that the function has a layer whose zip is missing, and which may
	// supply what the zip lacks: bootstrap, an interpreter below /opt, commands, libraries.
	WithLayer bool

	// Layers are the zips of the function's layers. Their files count as present, and their
	// unzipped size is added to the zip's.
	Layers []string
}

// A Kind is what a zip is for.
type Kind string

// The kinds of zip that Lambda accepts.
const (
	KindFunction Kind = "function" // unpacked into /var/task
	KindLayer    Kind = "layer"    // unpacked into /opt
)

// A Target is one zip to check.
type Target struct {
	Path    string
	Options Options
}

// File checks one zip. Everything that is wrong with the content of the file is in the
// report. An error means that there is no such file, that it is not a regular file or
// cannot be read, that the zip of a layer cannot be read, that the options are invalid (an
// unknown id in a rule, a rule for a check that cannot be changed), or that ctx was
// cancelled.
//
// It uses less than 32 MB of memory, whatever the size of the zip. It decompresses at
// most Lambda's 262,144,000 bytes once. It decompresses programs that scripts start, and
// parts of other programs, a second time, and a library in the zip again for each program
// that needs it.
func File(ctx context.Context, path string, o Options) (Report, error) {
	var s zipscan.Stream
	return file(ctx, path, o, &s)
}

// Files checks many zips at once, on all cores. The reports are in the order
// of the targets. The first error ends the work.
func Files(ctx context.Context, targets []Target) ([]Report, error) {
	reports := make([]Report, len(targets))
	streams := sync.Pool{New: func() any { return &zipscan.Stream{} }}
	all, sub := errgroup.WithContext(ctx)
	all.SetLimit(runtime.GOMAXPROCS(0))
	for i, t := range targets {
		all.Go(func() (err error) {
			if sub.Err() != nil {
				return sub.Err()
			}
			s := streams.Get().(*zipscan.Stream)
			defer streams.Put(s)
			reports[i], err = file(sub, t.Path, t.Options, s)
			return err
		})
	}
	if err := cmp.Or(all.Wait(), ctx.Err()); err != nil {
		return nil, err
	}
	return reports, nil
}

func file(ctx context.Context, path string, o Options, s *zipscan.Stream) (Report, error) {
	policy, err := newPolicy(o)
	if err != nil {
		return Report{}, err
	}
	const remedy = "give the path of a zip; packed functions are in dist/"
	f, err := regular.Open(path)
	if err != nil {
		return Report{}, hint.Wrap(fmt.Errorf("zip cannot be read: %w", err), remedy)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Report{}, fmt.Errorf("zip cannot be read: %w", err)
	}
	return examine(ctx, path, f, info.Size(), o, policy, s)
}

// ReaderAt checks a zip of size bytes that is not, or not yet, a file; the report has name
// as its path. As with [File], no error comes from the zip's content. It may read r from
// two goroutines at once.
func ReaderAt(ctx context.Context, name string, r io.ReaderAt, size int64, o Options) (Report, error) {
	policy, err := newPolicy(o)
	if err != nil {
		return Report{}, err
	}
	return examine(ctx, name, r, size, o, policy, &zipscan.Stream{})
}

// examine makes the report. While one goroutine reads the zip, another computes its digest.
func examine(ctx context.Context, name string, f io.ReaderAt, size int64, o Options, p policy, s *zipscan.Stream) (Report, error) {
	supplied, err := readLayers(o)
	if err != nil {
		return Report{}, err
	}
	x := &examination{file: f, size: size, options: o, stream: s, layers: supplied, boot: -1, findings: findings{}}
	var sum string
	both, ctx := errgroup.WithContext(ctx)
	if size <= aloneBelow {
		both.SetLimit(1)
	}
	x.ctx = ctx
	both.Go(x.run)
	both.Go(func() (err error) {
		sum, err = sha256Of(ctx, f, size)
		return err
	})
	if err := both.Wait(); err != nil {
		return Report{}, fmt.Errorf("zip %q cannot be read: %w", name, err)
	}
	return Report{
		Path: name, Function: o.Function, Arch: o.Arch, Program: x.arch, Size: size, SHA256: sum,
		Kind: x.kind(), Facts: x.facts, Results: p.results(zipChecks(), x.findings, x.skipped), policy: p,
	}, nil
}

// aloneBelow is the size in bytes up to which reading a zip from two goroutines at once
// costs more than it saves.
const aloneBelow = 256 << 10

// sha256Of computes the digest of a file in pieces, so that it can be cancelled.
func sha256Of(ctx context.Context, f io.ReaderAt, size int64) (string, error) {
	h := sha256.New()
	n, err := io.Copy(h, &contextReader{ctx, io.NewSectionReader(f, 0, size)})
	if err == nil && n < size {
		err = io.ErrUnexpectedEOF
	}
	return hex.EncodeToString(h.Sum(nil)), err
}
