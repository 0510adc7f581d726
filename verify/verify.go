package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/zipscan"
	"github.com/bootzip/bootzip/project"
)

// Options say what a zip is checked against.
type Options struct {
	Function string              // name for the report; may be empty
	Arch     project.Arch        // expected architecture; empty: either of Lambda's
	Runtime  project.Runtime     // decides the glibc ceiling; empty: al2023
	Kind     Kind                // empty: KindFunction
	Rules    []project.CheckRule // what findings mean for this zip
	Strict   bool                // warnings fail, but for those that a rule set to warn
	Dynamic  bool                // dynamically linked programs are allowed
	Static   bool                // a dynamically linked program fails, instead of being warned of

	Budget project.Budget // its sizes are a check

	// WithLayer says that the function has a layer, which may supply what the
	// zip has not: bootstrap, an interpreter below /opt, commands, libraries.
	WithLayer bool

	// Layers are the files of the function's layers. Their directories are read:
	// what they have is there, and their unzipped size counts with the zip's.
	Layers []string
}

// A Kind is what a zip is for.
type Kind string

// The kinds of zip that Lambda takes.
const (
	KindFunction Kind = "function" // unpacked into /var/task
	KindLayer    Kind = "layer"    // unpacked into /opt
)

// A Target is one zip to check.
type Target struct {
	Path    string
	Options Options
}

// File checks one zip. Whatever is in the file is a matter of the report; the
// error is for what is no question of its content: there is no such file, it
// is a directory, it cannot be read, the options make no sense (an unknown id in
// a rule, a rule for a check that cannot be changed), or ctx was cancelled.
//
// It keeps under 32 MB of memory, whatever the size of the zip, and
// decompresses at most Lambda's 262,144,000 bytes once, and programs that
// scripts start, and parts of others, twice.
func File(ctx context.Context, path string, o Options) (Report, error) {
	var s zipscan.Stream
	return file(ctx, path, o, &s)
}

// Files checks many zips at once, on all cores. The reports have the order
// of the targets. The first error ends the work.
func Files(ctx context.Context, targets []Target) ([]Report, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	reports := make([]Report, len(targets))
	errs := make([]error, len(targets))
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(targets)) {
		workers.Add(1)
		go func() {
			defer workers.Done()
			var s zipscan.Stream
			for i := range next {
				if reports[i], errs[i] = file(ctx, targets[i].Path, targets[i].Options, &s); errs[i] != nil {
					cancel()
				}
			}
		}()
	}
feed:
	for i := range targets {
		select {
		case next <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	workers.Wait()
	if err := firstError(errs); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return reports, nil
}

func isCancelled(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// firstError returns the first error that is not the echo of another's
// cancellation.
func firstError(errs []error) error {
	var echo error
	for _, err := range errs {
		if err == nil {
			continue
		}
		if !isCancelled(err) {
			return err
		}
		echo = err
	}
	return echo
}

func file(ctx context.Context, path string, o Options, s *zipscan.Stream) (Report, error) {
	policy, err := newPolicy(o)
	if err != nil {
		return Report{}, err
	}
	const mend = "give the path of a zip; packed functions are in dist/"
	info, err := os.Stat(path)
	if err != nil {
		return Report{}, hint.Wrap(fmt.Errorf("zip cannot be read: %w", err), mend)
	}
	// Opening a pipe would wait for somebody to write into it.
	if !info.Mode().IsRegular() {
		return Report{}, hint.New(mend, "zip %q is not a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return Report{}, hint.Wrap(fmt.Errorf("zip cannot be read: %w", err), mend)
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return Report{}, fmt.Errorf("zip cannot be read: %w", err)
	}
	return examine(ctx, path, f, info.Size(), o, policy, s)
}

// ReaderAt checks a zip of size bytes that is not, or not yet, a file; name
// stands in the report for its path. Like [File], it returns an error only for
// what is no question of the zip's content. It reads r from two goroutines.
func ReaderAt(ctx context.Context, name string, r io.ReaderAt, size int64, o Options) (Report, error) {
	policy, err := newPolicy(o)
	if err != nil {
		return Report{}, err
	}
	return examine(ctx, name, r, size, o, policy, &zipscan.Stream{})
}

// examine makes the report; while the zip is read by one goroutine, another
// sums it.
func examine(ctx context.Context, name string, f io.ReaderAt, size int64, o Options, p policy, s *zipscan.Stream) (Report, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	supplied, err := readLayers(o)
	if err != nil {
		return Report{}, err
	}
	x := &examination{ctx: ctx, file: f, size: size, options: o, stream: s, layers: supplied}
	var sum string
	err = both(size > aloneBelow,
		func() error { return x.run() },
		func() (err error) { sum, err = sha256Of(ctx, f, size); return err },
		cancel)
	if err != nil {
		return Report{}, fmt.Errorf("zip %q cannot be read: %w", name, err)
	}
	return Report{
		Path: name, Function: o.Function, Arch: o.Arch, Program: x.arch, Size: size, SHA256: sum,
		Kind: x.kind(), Facts: x.facts, Results: p.results(x), policy: p,
	}, nil
}

// aloneBelow is the size in bytes below which a second goroutine costs more
// than it saves.
const aloneBelow = 256 << 10

// both does two things, at once if that is worth it. The first to fail cancels
// the other.
func both(atOnce bool, a, b func() error, cancel func()) error {
	if !atOnce {
		if err := a(); err != nil {
			return err
		}
		return b()
	}
	second := make(chan error, 1)
	go func() {
		err := b()
		if err != nil {
			cancel()
		}
		second <- err
	}()
	err := a()
	if err != nil {
		cancel()
	}
	return firstError([]error{err, <-second})
}

// sha256Of sums a file in pieces, so that it can be cancelled.
func sha256Of(ctx context.Context, f io.ReaderAt, size int64) (string, error) {
	h := sha256.New()
	b := make([]byte, min(size, 64<<10))
	for off := int64(0); off < size; {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		n, err := f.ReadAt(b[:min(int64(len(b)), size-off)], off)
		h.Write(b[:n])
		off += int64(n)
		if err != nil && off < size {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
