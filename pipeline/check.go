package pipeline

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/bootzip/bootzip/emulator"
	"github.com/bootzip/bootzip/verify"
)

// CheckConfig controls how zips are checked.
type CheckConfig struct {
	Strict bool // warnings fail as well

	// Boot starts the functions. Without it nothing in a zip is run, and the
	// boot check is a skip.
	Boot bool

	// Qemu is a program that runs programs of the other architecture; "":
	// none, and their boot check is a skip.
	Qemu string
}

// Check verifies the zips, then starts the function of each in which nothing
// failed. It returns the zips in order, each with its report. Faults of a zip are
// in its report; for errors, see verify.Files and emulator.Boot.
func Check(ctx context.Context, c CheckConfig, zips []Zip) ([]Zip, error) {
	r := run{check: c, zips: slices.Clone(zips)}
	if err := r.through(ctx, checking); err != nil {
		return nil, err
	}
	return r.zips, nil
}

func verifyZips(ctx context.Context, r *run) error {
	var targets []verify.Target
	for i := range r.zips {
		r.zips[i].Target.Options.Strict = r.check.Strict
		targets = append(targets, r.zips[i].Target)
	}
	reports, err := verify.Files(ctx, targets)
	for i, report := range reports {
		r.zips[i].Report = report
	}
	return err
}

// bootZips starts the functions. A start mostly waits, but too many at once would
// exceed the time limits of all.
func bootZips(ctx context.Context, r *run) error {
	if !r.check.Boot {
		return nil
	}
	errs := make([]error, len(r.zips))
	slots := make(chan struct{}, runtime.NumCPU())
	var wg sync.WaitGroup
	for i := range r.zips {
		wg.Add(1)
		go func() {
			defer wg.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = r.zips[i].boot(ctx, r.check.Qemu)
		}()
	}
	wg.Wait()
	return errors.Join(errs...)
}

// boot starts the function and adds the result to the report, in the place of
// the skip that verify left there.
func (z *Zip) boot(ctx context.Context, qemu string) error {
	if why := z.skipsBoot(); why != "" {
		z.Report.Add(verify.BootResult(verify.Skip, why))
		return nil
	}
	result, err := emulator.Boot(ctx, emulator.BootConfig{
		Zip: z.Target.Path, Function: z.Target.Options.Function, Arch: z.Target.Options.Arch, Handlers: z.Function.Handlers, Qemu: qemu,
	})
	if err != nil {
		return fmt.Errorf("boot check of %q: %w", z.Target.Path, err)
	}
	z.Report.Add(verify.BootResult(verify.Status(result.Status), result.Detail))
	return nil
}

// skipsBoot says why the function is not started, "" if it is.
func (z *Zip) skipsBoot() string {
	switch {
	case !z.Report.OK():
		// A start would add nothing, and the zip may be untrusted.
		return "other checks failed"
	case z.Target.Options.Kind == verify.KindLayer:
		return "a layer is not started by itself"
	}
	return ""
}
