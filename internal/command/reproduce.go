package command

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/magefile/mage/mg"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/git"
	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/reproduce"
)

// Reproduce builds and packs every function twice, and proves that the zips are the same, byte for byte.
// The second time it builds a clean checkout of the commit, in another folder, as another
// user, with a cold cache and so on; it lists what was another and what could
// not be. It ends with status 1 if a zip differs, and says what differs and why.
func Reproduce(ctx context.Context,
	engine *string, // auto (the default), docker, podman, sandbox or host
	other *string, // engine of the second build; default: another one, if one can be used
	arch *string, // amd64 or arm64; default: each function's own
	function *string, // one function; default: all
	format *string, // text (the default) or json
) error {
	s, err := readSettings(engine, arch, function)
	if err != nil {
		return err
	}
	write, err := comparisonWriter(format)
	if err != nil {
		return err
	}
	second, err := secondEngine(other)
	if err != nil {
		return err
	}
	// Before the first build, which may take a while.
	tree, err := git.State(ctx, ".", os.Environ())
	if err != nil {
		return misuse(err)
	}
	if line := (reproduce.Result{Dirty: tree.Dirty}).DirtyLine(); line != "" {
		note("%s", line)
	}
	var r reproduce.Result
	err = s.inDist(ctx, func(ctx context.Context, _ project.Project, c build.Config) error {
		first, err := pipeline.Package(ctx, c)
		if err != nil {
			return err
		}
		c.Engine = first.Build.Engine
		r, err = reproduce.Reproduce(ctx, reproduce.Config{First: c, Zips: pipeline.Lines(first.Zips), Engine: second, Progress: again(c.Progress)})
		return err
	})
	if err != nil {
		return err
	}
	if err := write(r); err != nil {
		return err
	}
	if !r.OK() {
		return mg.Fatal(1, "not every zip is reproducible")
	}
	return nil
}

// secondEngine reads the engine of a second build, "" for the default: before
// the first build, which may take a while.
func secondEngine(other *string) (string, error) {
	second := choose(other, "", "")
	if second == "auto" {
		second = ""
	}
	return second, misuse(build.CheckEngine(second))
}

// again shows the events of a second build as such.
func again(show func(build.Event)) func(build.Event) {
	return func(e build.Event) {
		if e.Stage == "engine" {
			e.Text += ", a second time"
		}
		show(e)
	}
}

// A comparison is a result that can be written for people and for programs.
type comparison interface {
	WriteText(io.Writer) error
	WriteJSON(io.Writer) error
}

// comparisonWriter returns what writes a result in the format asked for.
func comparisonWriter(format *string) (func(comparison) error, error) {
	switch name := choose(format, "", "text"); name {
	case "text":
		return func(c comparison) error { return c.WriteText(os.Stdout) }, nil
	case "json":
		return func(c comparison) error { return c.WriteJSON(os.Stdout) }, nil
	default:
		return nil, misuse(fmt.Errorf("unknown format %q; use text or json", name))
	}
}
