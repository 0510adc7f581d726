package build

import (
	"context"

	"github.com/bootzip/bootzip/project"
)

// A language knows which commands turn the functions of a run into
// bootstraps.
type language interface {
	// recipe identifies how u is built, apart from its files: flags,
	// toolchain, environment. It is an input of what is built.
	recipe(u Unit) (string, error)

	// plan fetches what the units need, on the host, and returns the steps
	// that build them. A unit that cannot be built for a reason that is
	// known by now is added to failure and has no step.
	//
	// host has the folders of the run; plan adds those that the language
	// brings along.
	plan(ctx context.Context, units []Unit, e engine, host *places, failure *Failure) (plan, error)

	// check looks at a finished bootstrap; file is its path on the host.
	check(u Unit, file string) error

	// toolchain names the compiler and its version, for the manifest.
	toolchain(u Unit) string
}

// A plan is how a language builds some units.
type plan struct {
	steps  []step
	inputs map[string]inputs // by Unit.String()
}

// A step is one job and the bootstraps that it leaves.
type step struct {
	job
	products []product
	// blame says which of the units the output speaks of. It gets the units
	// whose product is missing.
	blame func(output string, missing []Unit) map[string]blamed
}

// A product is a file that a step leaves below the output folder.
type product struct {
	unit Unit
	file string // slash-separated, relative to the output folder
}

type blamed struct{ message, hint string }

// languageOf returns the language that builds l's functions on the engine.
func languageOf(ctx context.Context, c Config, l project.Language, e engine) (language, error) {
	if l == project.Go {
		return &golang{config: c, modules: map[string]goModule{}, tools: map[string]goTool{}}, nil
	}
	return newDebian(ctx, c, l, e)
}
