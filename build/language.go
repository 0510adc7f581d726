package build

import (
	"cmp"
	"context"
	"maps"

	"github.com/bootzip/bootzip/project"
)

// A language knows which commands turn the functions of a run into
// bootstraps.
type language interface {
	// recipe identifies how u is built, apart from what is in its files: the source
	// directory, flags, toolchain, environment. It is an input of the bootstrap.
	recipe(u Unit) (string, error)

	// plan fetches what the units need, on the host, and returns the steps
	// that build them. host has the directories of the run.
	plan(ctx context.Context, units []Unit, e engine, host places) (plan, error)

	// check looks at a finished bootstrap; file is its path on the host.
	check(u Unit, file string) error

	// toolchain names the compiler and its version, for the manifest.
	toolchain(u Unit) string
}

// A plan is how some units are built.
type plan struct {
	steps  []step
	inputs map[string]inputs // by Unit.String()

	// failure has the units that are known not to build. They have no step.
	failure Failure

	// Directories of the language on the host; "" for none.
	toolchain, modules string

	// prepare makes what the steps need. It is not called if the store has all of
	// their products.
	prepare []func(context.Context) error
}

// join adds another plan to this one.
func (p *plan) join(other plan) {
	p.steps = append(p.steps, other.steps...)
	maps.Copy(p.inputs, other.inputs)
	p.failure.join(other.failure)
	p.toolchain = cmp.Or(p.toolchain, other.toolchain)
	p.prepare = append(p.prepare, other.prepare...)
	p.modules = cmp.Or(p.modules, other.modules)
}

// A step is one job and the bootstraps that it leaves.
type step struct {
	job
	products []product
	// blame divides the output among the missing units, whose products were not
	// made.
	blame func(output string, missing []Unit) map[string]blamed
}

// A product is a file that a step leaves below the output directory.
type product struct {
	unit Unit
	file string // slash-separated, relative to the output directory
}

type blamed struct{ message, hint string }

// languageOf returns the language that builds l's functions on the engine.
func languageOf(ctx context.Context, c Config, l project.Language, e engine) (language, error) {
	if l == project.Go {
		return &golang{config: c, modules: map[string]goModule{}, told: map[string]bool{}}, nil
	}
	return newDebian(ctx, c, l, e)
}
