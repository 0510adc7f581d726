// Package pipeline joins the steps: it turns functions into zips, and shows
// that Lambda can start them.
//
//	source ──build──▶ bootstrap ──pack──▶ zip ──verify──▶ report ──boot──▶ answer
//
// [Package] runs the first two steps. [Check] runs the last two, on zips that
// Package made or on zips of any tool. [Changed] compares zips with what is
// deployed. No step knows another; a [Zip] has everything that they make from one
// function.
package pipeline

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// The steps, in their order.
var (
	packaging = []step{
		buildBootstraps, // source → bootstrap
		packZips,        // bootstrap and assets → zip
	}
	checking = []step{
		recallReports, // of equal zips, from the store
		verifyZips,    // zip → report
		bootZips,      // zip → answer to an event, in the report
		keepReports,
	}
)

// A step works on all zips of a run at once: one container builds all functions.
// It returns an error only if the step itself fails. What it cannot do for a single
// zip is a skip, with the reason in the zip's report.
type step func(context.Context, *run) error

// A run is one pass through some of the steps.
type run struct {
	build build.Config
	pack  PackageConfig
	check CheckConfig

	report build.Report
	zips   []Zip
}

func (r *run) through(ctx context.Context, steps []step) error {
	for _, do := range steps {
		if err := do(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// A Zip is one function for one architecture, and what the steps made from it.
type Zip struct {
	// Function is the function in the zip. For a zip of another tool, only what is
	// known is set. The boot check uses Handlers, Env, Event, Memory, Timeout and
	// Layers.
	Function project.Function

	Root string // the project's directory, for Event and Layers; "": the current one

	Packed pack.Zip      // its line in the manifest; zero for a zip of another tool
	Target verify.Target // where it is, and what it must be
	Report verify.Report // what Check found

	imageEnv []string // variables of the image whose code it is; nil: it is a zip
	key      string   // of its report in the store; empty: none
	recalled bool     // the report is from the store
	seconds  float64  // how long the boot check took
	isolated bool     // the function was started, and saw nothing of this machine
}

// Seconds returns how long the boot check took; 0: there was none.
func (z Zip) Seconds() float64 { return z.seconds }

// Reports returns the reports of checked zips.
func Reports(zips []Zip) []verify.Report {
	var all []verify.Report
	for _, z := range zips {
		all = append(all, z.Report)
	}
	return all
}

// Lines returns the zips' lines in the manifest.
func Lines(zips []Zip) []pack.Zip {
	var all []pack.Zip
	for _, z := range zips {
		all = append(all, z.Packed)
	}
	return all
}

// ofLine returns the zip of a line of the manifest. No other code derives from a function
// what its zip must be.
func ofLine(f project.Function, z pack.Zip, root, dist string) Zip {
	options := verify.Options{
		Function: f.Name, Arch: z.Arch, Runtime: f.Runtime, Rules: slices.Concat(f.Checks, derivedRules(f)),
		Static: f.Kind != project.KindLayer, Budget: f.Budget,
	}
	if f.Kind.IsLayer() {
		options.Kind = verify.KindLayer
	}
	return Zip{Function: f, Root: root, Packed: z, Target: verify.Target{Path: filepath.Join(dist, z.File), Options: options}}
}

// newZip returns the zip of a packed unit.
func newZip(u build.Unit, root, dist string, packed []pack.Zip) (Zip, error) {
	for _, z := range packed {
		if z.Function == u.Function.Name && z.Arch == u.Arch {
			return ofLine(u.Function, z, root, dist), nil
		}
	}
	return Zip{}, fmt.Errorf("function %q was not packed for %s", u.Function.Name, u.Arch)
}

// derivedRules returns rules that waive checks which the function's other settings answer,
// except for checks that its own rules name.
func derivedRules(f project.Function) (rules []project.CheckRule) {
	waive := func(reason string, ids ...string) {
		for _, id := range ids {
			if !slices.ContainsFunc(f.Checks, func(r project.CheckRule) bool { return r.ID == id }) {
				rules = append(rules, project.CheckRule{ID: id, Severity: "waive", Reason: reason + " in " + project.ConfigFile, Pos: f.Pos})
			}
		}
	}
	if f.Cgo != "" {
		waive("cgo: "+f.Cgo, "go-cgo")
	}
	if f.ImageBase != "" || f.ImageZones {
		waive("the image has files that the zip has not, and is started with them: image", verify.IDGoZones, verify.IDBoot)
	}
	return rules
}
