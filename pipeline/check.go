package pipeline

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/bootzip/bootzip/emulator"
	"github.com/bootzip/bootzip/verify"
)

// A Proof is a zip, and what it must be to be started by Lambda.
type Proof struct {
	Target   verify.Target
	Handlers []string // the boot check sends an event to each; none: to one
}

// Prove checks the zips, then starts the function of each in which nothing
// failed, and returns a report for each, in their order. qemu is a program
// that runs programs of the other architecture, "" without one; then the boot
// check of those is a skip. The error is for what is no question of what is in
// the zips: verify.Files and emulator.Boot tell.
func Prove(ctx context.Context, zips []Proof, qemu string) ([]verify.Report, error) {
	var targets []verify.Target
	for _, z := range zips {
		targets = append(targets, z.Target)
	}
	reports, err := verify.Files(ctx, targets)
	if err != nil {
		return nil, err
	}
	// Each start waits for its own program more than it computes, so a few
	// run at a time.
	errs := make([]error, len(zips))
	slots := make(chan struct{}, runtime.NumCPU())
	var wg sync.WaitGroup
	for i, z := range zips {
		wg.Add(1)
		go func() {
			defer wg.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = z.boot(ctx, &reports[i], qemu)
		}()
	}
	wg.Wait()
	return reports, errors.Join(errs...)
}

// boot starts the function, and adds to the report how that went. A zip in
// which checks failed already is not started: what it does would say nothing
// new, and it may be anybody's.
func (z Proof) boot(ctx context.Context, report *verify.Report, qemu string) error {
	if !report.OK() {
		report.Add(verify.BootResult(verify.Skip, "other checks failed"))
		return nil
	}
	if z.Target.Options.Kind == verify.KindLayer {
		report.Add(verify.BootResult(verify.Skip, "a layer is not started by itself"))
		return nil
	}
	result, err := emulator.Boot(ctx, emulator.BootConfig{
		Zip: z.Target.Path, Function: z.Target.Options.Function, Arch: z.Target.Options.Arch, Handlers: z.Handlers, Qemu: qemu,
	})
	if err != nil {
		return fmt.Errorf("boot check of %q: %w", z.Target.Path, err)
	}
	report.Add(verify.BootResult(verify.Status(result.Status), result.Detail))
	return nil
}
