package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/internal/elfscan"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/tempdir"
	"github.com/bootzip/bootzip/project"
)

// Path is where Build leaves the bootstrap of a function.
func Path(dist string, u Unit) string {
	return filepath.Join(dist, u.Function.Name, string(u.Arch), "bootstrap")
}

// Build makes the bootstraps of all functions of the configuration.
//
// If any of them cannot be built the error is a *Failure that names them all,
// and nothing in Dist changes. Errors carry hints (package internal/hint).
// The caller holds the lock on Dist (see Lock).
func Build(ctx context.Context, c Config) (Report, error) {
	if err := c.Vary.check(); err != nil {
		return Report{}, err
	}
	if c.Jobs <= 0 {
		c.Jobs = runtime.NumCPU()
	}
	if c.ColdCache || c.Vary != (Variations{}) {
		c.Force = true
	}

	e, why, err := chooseEngine(ctx, c)
	if err != nil {
		return Report{}, err
	}
	report := Report{Engine: e.name(), Why: why, Image: e.image(), Varied: c.Vary.asked()}
	c.tell(Event{Stage: "engine", Text: engineLine(e.name(), why)})
	if err := checkLock(ctx, c, e); err != nil {
		return Report{}, err
	}

	r := &builder{config: c, engine: e, languages: map[project.Language]language{}, state: readState(c.Dist), digests: newDigester(c.Root)}
	for _, f := range c.Functions {
		if r.languages[f.Language] == nil {
			if r.languages[f.Language], err = languageOf(ctx, c, f.Language, e); err != nil {
				return Report{}, err
			}
		}
	}
	r.varied = report.Varied
	if report.Artifacts, err = r.build(ctx); err != nil {
		return Report{}, err
	}
	report.Varied = r.varied
	return report, nil
}

func engineLine(name, why string) string {
	if why == "" {
		return name
	}
	return fmt.Sprintf("%s (%s)", name, why)
}

// A builder is one run of Build.
type builder struct {
	config    Config
	engine    engine
	languages map[project.Language]language
	state     state
	digests   *digester
	varied    []Variation // for the report
}

// recipe is the language's recipe for u on this engine.
func (b *builder) recipe(u Unit) (string, error) {
	recipe, err := b.languages[u.Function.Language].recipe(u)
	return b.engine.identity() + "\n" + string(u.Arch) + "\n" + recipe, err
}

func (b *builder) build(ctx context.Context) ([]Artifact, error) {
	units := b.config.units()
	artifacts := map[string]Artifact{}
	changed := map[project.Language][]Unit{}
	for _, u := range units {
		a, ok, err := b.unchanged(u)
		if err != nil {
			return nil, err
		}
		if ok {
			artifacts[u.String()] = a
		} else {
			changed[u.Function.Language] = append(changed[u.Function.Language], u)
		}
	}
	if len(changed) > 0 {
		built, err := b.make(ctx, changed, len(units), len(artifacts))
		if err != nil {
			return nil, err
		}
		for _, a := range built {
			artifacts[a.Unit.String()] = a
		}
	}
	var all []Artifact
	for _, u := range units {
		all = append(all, artifacts[u.String()])
	}
	return all, nil
}

// unchanged returns the bootstrap of u if it is there and is what building
// it again would give.
func (b *builder) unchanged(u Unit) (Artifact, bool, error) {
	recipe, err := b.recipe(u)
	if err != nil {
		return Artifact{}, false, err
	}
	old, ok := b.state.Units[u.String()]
	if !ok || b.config.Force {
		return Artifact{}, false, nil
	}
	digest, err := b.digests.digest(old.Inputs, recipe)
	if err != nil {
		return Artifact{}, false, err
	}
	a, err := b.artifact(u, Path(b.config.Dist, u))
	if digest != old.Digest || err != nil || a.SHA256 != old.SHA256 {
		return Artifact{}, false, nil // a missing or changed bootstrap is made again
	}
	a.Unchanged = true
	return a, true, nil
}

func (b *builder) artifact(u Unit, file string) (Artifact, error) {
	info, err := os.Stat(file)
	if err != nil {
		return Artifact{}, err
	}
	sum, _, err := digest.File(file)
	if err != nil {
		return Artifact{}, err
	}
	toolchain := b.languages[u.Function.Language].toolchain(u)
	return Artifact{Unit: u, Path: Path(b.config.Dist, u), SHA256: sum, Size: info.Size(), Toolchain: toolchain}, nil
}

// make builds what has changed, in a folder beside the artifacts, and moves
// it to its place when all of it is there.
func (b *builder) make(ctx context.Context, changed map[project.Language][]Unit, total, done int) ([]Artifact, error) {
	stage, err := atomicfile.Begin(filepath.Join(b.config.Dist, stateFolder))
	if err != nil {
		return nil, err
	}
	defer stage.Remove()
	temp, err := tempdir.New("", "bootzip-build")
	if err != nil {
		return nil, err
	}
	defer temp.Remove()
	// It may be given to somebody else, and what it is in stays ours.
	host := places{source: b.config.Root, out: filepath.Join(stage.Path, "out"), temp: filepath.Join(temp.Path, "temp")}
	if err := errors.Join(
		os.Mkdir(host.temp, 0o700), os.Chmod(temp.Path, 0o711),
		os.Mkdir(host.out, 0o700), os.Chmod(stage.Path, 0o711),
	); err != nil {
		return nil, err
	}
	if b.config.ColdCache || b.engine.name() == "host" && b.config.Vary.otherUser() {
		host.cache = filepath.Join(stage.Path, "cache")
		if err := os.Mkdir(host.cache, 0o700); err != nil {
			return nil, err
		}
	}

	failure := &Failure{}
	var steps []step
	in := map[string]inputs{}
	for _, name := range project.Languages() {
		if len(changed[name]) == 0 {
			continue
		}
		p, err := b.languages[name].plan(ctx, changed[name], b.engine, &host, failure)
		if err != nil {
			return nil, err
		}
		steps = append(steps, p.steps...)
		for unit, files := range p.inputs {
			in[unit] = files
		}
	}
	// The digest is of what the files were before the build: one that is
	// edited meanwhile is seen as a change by the next run.
	digests := map[string]string{}
	for _, s := range steps {
		for _, product := range s.products {
			recipe, err := b.recipe(product.unit)
			if err != nil {
				return nil, err
			}
			key := product.unit.String()
			if digests[key], err = b.digests.digest(in[key], recipe); err != nil {
				return nil, err
			}
		}
	}
	if err := b.runSteps(ctx, steps, host, total, done, failure); err != nil {
		return nil, err
	}
	if err := failure.orNil(); err != nil {
		slices.SortStableFunc(failure.Functions, func(x, y FunctionFailure) int {
			return b.position(x.Name) - b.position(y.Name)
		})
		return nil, err
	}
	return b.publish(steps, stage, host.out, in, digests)
}

func (b *builder) position(name string) int {
	return slices.IndexFunc(b.config.Functions, func(f project.Function) bool { return f.Name == name })
}

// runSteps runs the steps in one batch and looks at what they left.
func (b *builder) runSteps(ctx context.Context, steps []step, host places, total, done int, failure *Failure) error {
	if len(steps) == 0 {
		return nil
	}
	vary, varied, err := b.apply(ctx, steps, host)
	if err != nil {
		return err
	}
	b.varied = varied
	batch := batch{host: host, vary: vary, parallel: b.config.Jobs}
	for _, s := range steps {
		s.env = with(s.env, vary.environment()...)
		batch.jobs = append(batch.jobs, s.job)
		for _, p := range s.products {
			if err := os.MkdirAll(filepath.Join(host.out, filepath.FromSlash(filepath.Dir(p.file))), 0o755); err != nil {
				return err
			}
		}
	}
	running := make([]bool, len(steps))
	for i := range running {
		running[i] = true
	}
	tell := func() {
		b.config.tell(Event{Stage: "build", Text: unfinished(steps, running), Done: done, Total: total})
	}
	tell()
	batch.finished = func(i int) {
		running[i] = false
		done += len(steps[i].products)
		tell()
	}
	outcomes, err := b.engine.run(ctx, batch)
	if err != nil {
		return err
	}
	for i, s := range steps {
		var missing []Unit
		for _, p := range s.products {
			file := filepath.Join(host.out, filepath.FromSlash(p.file))
			if !madeInside(host.out, filepath.FromSlash(p.file)) {
				missing = append(missing, p.unit)
				continue
			}
			if err := b.check(p.unit, file); err != nil {
				failure.add(p.unit, err.Error(), hint.Of(err))
			}
		}
		if len(missing) == 0 && outcomes[i].exit == 0 {
			continue
		}
		if len(missing) == 0 {
			for _, p := range s.products {
				missing = append(missing, p.unit)
			}
		}
		output := outcomes[i].output
		if output == "" {
			output = fmt.Sprintf("%q ended with status %d and said nothing", filepath.Base(s.command[0]), outcomes[i].exit)
		}
		blamed := s.blame(output, missing)
		for _, u := range missing {
			failure.add(u, blamed[u.String()].message, blamed[u.String()].hint)
		}
	}
	return nil
}

// unfinished names the first of the units that are being built, and counts
// the others.
func unfinished(steps []step, running []bool) string {
	const shown = 3
	var names []string
	for i, s := range steps {
		for _, p := range s.products {
			if running[i] {
				names = append(names, p.unit.String())
			}
		}
	}
	if extra := len(names) - shown; extra > 0 {
		names = append(names[:shown], fmt.Sprintf("%d more", extra))
	}
	return strings.Join(names, ", ")
}

// check refuses what is certainly not a bootstrap for the architecture, so
// that it does not take the place of one that is. All else is verify's.
func (b *builder) check(u Unit, file string) error {
	f, err := elfscan.ReadFile(file)
	if errors.Is(err, elfscan.ErrNotELF) {
		return errors.New("what was built is not an ELF program")
	}
	if err != nil {
		return err
	}
	if f.GOARCH() != string(u.Arch) {
		return fmt.Errorf("what was built is for %s, not for %s", f.MachineName(), u.Arch)
	}
	return b.languages[u.Function.Language].check(u, file)
}

// publish moves the new bootstraps to their places, and then the state.
func (b *builder) publish(steps []step, stage *atomicfile.Stage, out string, in map[string]inputs, digests map[string]string) ([]Artifact, error) {
	var built []Artifact
	var files []atomicfile.File
	for _, s := range steps {
		for _, p := range s.products {
			file := filepath.Join(out, filepath.FromSlash(p.file))
			a, err := b.artifact(p.unit, file)
			if err != nil {
				return nil, err
			}
			key := p.unit.String()
			b.state.Units[key] = unitState{Inputs: in[key], Digest: digests[key], SHA256: a.SHA256}
			built, files = append(built, a), append(files, atomicfile.File{From: file, To: a.Path, Mode: 0o755})
		}
	}
	state := filepath.Join(stage.Path, "state.json")
	if err := b.state.write(state); err != nil {
		return nil, err
	}
	return built, stage.Commit(append(files, atomicfile.File{From: state, To: stateFile(b.config.Dist), Mode: 0o644})...)
}

// Start does what Build does before the first command runs, and runs one that
// does nothing: it is what an engine costs by itself, for measuring.
func Start(ctx context.Context, c Config) error {
	e, _, err := chooseEngine(ctx, c)
	if err != nil {
		return err
	}
	stage, err := os.MkdirTemp(c.Dist, "start-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(stage)
	_, err = e.run(ctx, batch{host: places{source: c.Root, out: stage, temp: stage}, parallel: 1})
	return err
}
