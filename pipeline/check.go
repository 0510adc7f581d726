package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bootzip/bootzip/emulator"
	"github.com/bootzip/bootzip/emulator/event"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/regular"
	"github.com/bootzip/bootzip/internal/store"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// CheckConfig controls how zips are checked.
type CheckConfig struct {
	Strict bool // warnings fail as well

	// Boot starts the functions. Without it nothing in a zip is run, and the
	// boot check is a skip.
	Boot bool

	// Environment (KEY=value), Event, Memory (MB) and Timeout are for the boot
	// check of every zip. Environment adds to the function's and overrides it; the
	// others replace the function's, unless they are nil or 0. The checks that
	// start nothing use Layers as well.
	Environment []string
	Event       []byte
	Memory      int
	Timeout     time.Duration
	Layers      []string // zips, after those of the function

	// Qemu is a program that runs programs of the other architecture. Without it,
	// their boot check is a skip.
	Qemu string

	// Store has reports of equal zips; nil: none. Tool is the version of bootzip, and
	// Machine what else decides how a function starts.
	Store         *store.Store
	Tool, Machine string
}

// Check verifies the zips and then, with Boot, starts the function of each zip in
// which nothing failed. It returns the zips in order, each with its report. Faults of
// a zip are in its report; for errors, see verify.Files and emulator.Boot.
func Check(ctx context.Context, c CheckConfig, zips []Zip) ([]Zip, error) {
	r := run{check: c, zips: slices.Clone(zips)}
	for i := range r.zips {
		z := &r.zips[i]
		z.Target.Options.Strict = c.Strict
		if z.Target.Options.Kind != verify.KindLayer {
			z.Target.Options.Layers = slices.Concat(Layers(z.Function, z.Target.Options.Arch, z.Root), c.Layers)
		}
	}
	if err := r.through(ctx, checking); err != nil {
		return nil, err
	}
	return r.zips, nil
}

func verifyZips(ctx context.Context, r *run) error {
	var targets []verify.Target
	var which []int
	for i := range r.zips {
		z := &r.zips[i]
		if !z.recalled {
			targets, which = append(targets, z.Target), append(which, i)
		}
	}
	reports, err := verify.Files(ctx, targets)
	for i, report := range reports {
		r.zips[which[i]].Report = report
	}
	return err
}

// bootZips starts the functions. A start mostly waits, but too many at once would
// exceed the time limits of all.
func bootZips(ctx context.Context, r *run) error {
	if !r.check.Boot {
		return nil
	}
	var all errgroup.Group
	all.SetLimit(runtime.NumCPU())
	for i := range r.zips {
		if z := &r.zips[i]; !z.recalled {
			all.Go(func() error { return z.boot(ctx, r.check) })
		}
	}
	return all.Wait()
}

// boot starts the function and adds the result to the report, in place of the skip
// that verify left there.
func (z *Zip) boot(ctx context.Context, check CheckConfig) error {
	if why := z.skipsBoot(); why != "" {
		z.Report.AddBoot(verify.BootOutcome{Status: verify.Skip, Detail: why})
		return nil
	}
	c, err := z.bootConfig(check)
	if err != nil {
		return err
	}
	start := time.Now()
	defer func() { z.seconds = time.Since(start).Seconds() }()
	z.isolated, err = bootInto(ctx, &z.Report, c)
	return err
}

// bootInto adds the outcome of a boot check to a report.
func bootInto(ctx context.Context, r *verify.Report, c emulator.Config) (isolated bool, err error) {
	result, err := emulator.Boot(ctx, c)
	if err != nil {
		return false, fmt.Errorf("boot check of %q: %w", r.Path, err)
	}
	r.AddBoot(verify.BootOutcome{
		Status: verify.Status(result.Status), Detail: result.Detail, Answered: result.Answered, Hint: bootHint(result),
	})
	return result.Isolated(), nil
}

// bootConfig says how the boot check starts the function.
func (z *Zip) bootConfig(check CheckConfig) (emulator.Config, error) {
	o, f := z.Target.Options, z.Function
	c := emulator.Config{
		Zip: z.Target.Path, Name: o.Function, Arch: o.Arch, Handlers: f.Handlers, Qemu: check.Qemu,
		Environment: slices.Concat(Environment(f), check.Environment),
		Memory:      cmp.Or(check.Memory, f.Memory),
		Timeout:     cmp.Or(check.Timeout, time.Duration(f.Timeout)*time.Second),
		Layers:      slices.Concat(Layers(f, o.Arch, z.Root), check.Layers),
		Event:       check.Event, ImageEnv: z.imageEnv,
	}
	if c.Event != nil || f.Event == "" {
		return c, nil
	}
	var err error
	c.Event, err = Event(f, z.Root)
	return c, err
}

// Event returns the event that bootzip.yaml gives a function of the project at
// root: a ready-made one, or a file of JSON.
func Event(f project.Function, root string) (payload []byte, err error) {
	if event.Exists(f.Event) {
		payload, err = event.Make(f.Event, event.Options{Function: f.Name})
	} else if payload, err = regular.ReadFileIn(root, filepath.FromSlash(f.Event)); err == nil && !json.Valid(payload) {
		err = fmt.Errorf("file %q is not JSON", f.Event)
	}
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("event of function %q: %w", f.Name, err), "give event in bootzip.yaml a file of JSON, or a name that bootzip event list shows")
	}
	return payload, nil
}

// Environment returns the variables of a function as KEY=value, sorted.
func Environment(f project.Function) []string {
	var all []string
	for name, value := range f.Env {
		all = append(all, name+"="+value)
	}
	slices.Sort(all)
	return all
}

// Layers returns the files of a function's layers for an architecture; root is the
// project's directory.
func Layers(f project.Function, arch project.Arch, root string) []string {
	var all []string
	for _, layer := range f.Layers {
		all = append(all, filepath.Join(root, filepath.FromSlash(forArch(layer, arch))))
	}
	return all
}

// bootHint says how to give a function what it seems to lack.
func bootHint(r emulator.BootResult) string {
	switch r.At {
	case emulator.BootStart:
		return "give it what it lacks at its start: env in bootzip.yaml or --env=KEY=VALUE, files under assets, layers or --layer=FILE.zip, memory, timeout; run it here: bootzip invoke NAME EVENT, or bootzip invoke --zip=FILE.zip EVENT. Where it cannot start without AWS, a rule for boot-answers under checks says so; a program that is not a function goes under exclude"
	case emulator.BootHandler:
		return "name the handlers that it answers to: handlers in bootzip.yaml, or bootzip check --boot --handlers=NAME"
	case emulator.BootEvent:
		return "send it an event of its kind: event in bootzip.yaml (a file, or a name that bootzip event list shows) or --event=FILE; give it env, memory or timeout; run it here: bootzip invoke NAME EVENT. Where it cannot answer without AWS, a rule for boot-answers under checks says so"
	case emulator.BootMachine:
		return "run the check on a machine that can start it; a rule for boot-answers under checks says why it need not be started"
	}
	if r.Answered != "" {
		return "an error is an answer. To see another one, send it an event of its kind: event in bootzip.yaml or --event=FILE; give it env"
	}
	return ""
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
