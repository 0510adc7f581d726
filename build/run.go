package build

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/tempdir"
	"github.com/bootzip/bootzip/project"
)

// make builds what has changed, in a directory beside the artifacts, and moves
// it to its place when all of it is there. Of total bootstraps, done are
// there already.
func (b *builder) make(ctx context.Context, changed map[project.Language][]Unit, total, done int) (made, error) {
	stage, err := atomicfile.Begin(filepath.Join(b.config.Dist, stateFolder))
	if err != nil {
		return made{}, err
	}
	defer stage.Remove()
	temp, err := tempdir.New("", "bootzip-build")
	if err != nil {
		return made{}, err
	}
	defer temp.Remove()
	host, err := b.folders(stage.Path, temp.Path)
	if err != nil {
		return made{}, err
	}
	all := plan{inputs: map[string]inputs{}}
	digests := map[string]string{}
	var varied []Variation
	var fetched []step // from the store, which no command makes
	for _, units := range b.rounds(changed) {
		p, err := b.plan(ctx, units, host)
		if err != nil {
			return made{}, err
		}
		found := b.fetch(ctx, p, host)
		if len(found.products) > 0 {
			// Their inputs count as those of what is built; the others are planned anew.
			maps.Copy(all.inputs, p.inputs)
			if err := b.inputDigests(plan{steps: []step{found}, inputs: p.inputs}, digests); err != nil {
				return made{}, err
			}
			if p, err = b.plan(ctx, without(units, found.products), host); err != nil {
				return made{}, err
			}
			fetched = append(fetched, found)
			done += len(found.products)
		}
		if err := b.inputDigests(p, digests); err != nil {
			return made{}, err
		}
		all.join(p)
		if len(p.steps) == 0 {
			continue
		}
		host.toolchain, host.modules = p.toolchain, p.modules
		for _, prepare := range p.prepare {
			if err := prepare(ctx); err != nil {
				return made{}, err
			}
		}
		var outcomes []outcome
		if outcomes, varied, err = b.run(ctx, p.steps, host, total, done); err != nil {
			return made{}, err
		}
		for _, s := range p.steps {
			done += len(s.products)
		}
		all.failure.join(b.judge(p.steps, outcomes, host.out))
	}
	failure := all.failure
	if len(failure.Functions) > 0 {
		slices.SortStableFunc(failure.Functions, func(x, y FunctionFailure) int {
			return b.position(x.Name) - b.position(y.Name)
		})
		return made{}, &failure
	}
	b.keep(ctx, all, host)
	artifacts, err := b.publish(append(all.steps, fetched...), stage, host.out, all.inputs, digests)
	return made{artifacts, varied}, err
}

// rounds splits the units into those that can be built at once: with one
// toolchain of Go, which is what the engines have a place for.
func (b *builder) rounds(changed map[project.Language][]Unit) []map[project.Language][]Unit {
	first := maps.Clone(changed)
	delete(first, project.Go)
	rounds := []map[project.Language][]Unit{first}
	byVersion := map[string]map[project.Language][]Unit{}
	for _, u := range changed[project.Go] {
		version := b.languages[project.Go].toolchain(u)
		round, ok := byVersion[version]
		switch {
		case ok:
		case len(byVersion) == 0:
			round = first
		default:
			round = map[project.Language][]Unit{}
			rounds = append(rounds, round)
		}
		byVersion[version] = round
		round[project.Go] = append(round[project.Go], u)
	}
	return rounds
}

func (b *builder) position(name string) int {
	return slices.IndexFunc(b.config.Functions, func(f project.Function) bool { return f.Name == name })
}

// folders makes the directories of a run, in two that are its own. They may be
// given to another user, and what they are in stays ours.
func (b *builder) folders(stage, temp string) (places, error) {
	host := places{out: filepath.Join(stage, "out"), temp: filepath.Join(temp, "temp")}
	var err error
	if host.source, err = b.config.visible(); err != nil {
		return host, err
	}
	if host.project, err = filepath.Rel(host.source, b.config.Root); err != nil {
		return host, err
	}
	host.project = filepath.ToSlash(host.project)
	err = errors.Join(
		os.Mkdir(host.temp, 0o700), os.Chmod(temp, 0o711),
		os.Mkdir(host.out, 0o700), os.Chmod(stage, 0o711),
	)
	if err == nil && (b.config.ColdCache || b.engine.name() == "host" && b.config.Vary.otherUser()) {
		host.cache = filepath.Join(stage, "cache")
		err = os.Mkdir(host.cache, 0o700)
	}
	return host, err
}

// plan asks each language how to build its units.
func (b *builder) plan(ctx context.Context, changed map[project.Language][]Unit, host places) (plan, error) {
	all := plan{inputs: map[string]inputs{}}
	for _, name := range project.Languages() {
		if len(changed[name]) == 0 {
			continue
		}
		p, err := b.languages[name].plan(ctx, changed[name], b.engine, host)
		if err != nil {
			return all, err
		}
		all.join(p)
	}
	return all, nil
}

// inputDigests adds those of what the files are before the build, by unit: one that
// is edited meanwhile is seen as a change by the next run.
func (b *builder) inputDigests(p plan, digests map[string]string) error {
	for _, s := range p.steps {
		for _, product := range s.products {
			recipe, err := b.recipe(product.unit)
			if err != nil {
				return err
			}
			key := product.unit.String()
			if digests[key], err = b.digests.digest(p.inputs[key], recipe); err != nil {
				return err
			}
		}
	}
	return nil
}

// run runs the steps in one batch.
func (b *builder) run(ctx context.Context, steps []step, host places, total, done int) ([]outcome, []Variation, error) {
	vary, varied, err := b.apply(ctx, steps, host)
	if err != nil {
		return nil, nil, err
	}
	if packages := b.serveGoCache(ctx, steps, host); packages != nil {
		defer packages.Close()
	}
	batch := batch{host: host, vary: vary, parallel: b.config.Jobs}
	for _, s := range steps {
		s.env = with(s.env, vary.environment()...)
		batch.jobs = append(batch.jobs, s.job)
		for _, p := range s.products {
			if err := os.MkdirAll(filepath.Join(host.out, filepath.FromSlash(filepath.Dir(p.file))), 0o755); err != nil {
				return nil, nil, err
			}
		}
	}
	count := counter{build: b, out: host.out, before: done, total: total}
	for _, s := range steps {
		count.left = append(count.left, s.products)
		count.here += len(s.products)
	}
	count.tell(true)
	// Commands begin in their order, each when one before it has ended.
	begun := make([]time.Time, len(batch.jobs))
	started := 0
	start := func() {
		if started < len(begun) {
			begun[started] = time.Now()
			started++
		}
	}
	for range batch.parallel {
		start()
	}
	batch.finished = func(i int) {
		for _, p := range steps[i].products {
			b.seconds[p.unit.String()] = time.Since(begun[i]).Seconds() / float64(len(steps[i].products))
		}
		start()
		count.mu.Lock()
		count.left[i] = nil
		count.mu.Unlock()
		count.tell(true)
	}
	watched, stop := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Add(1)
	go func() {
		defer watching.Done()
		for {
			select {
			case <-time.After(300 * time.Millisecond):
				count.tell(false)
			case <-watched.Done():
				return
			}
		}
	}()
	outcomes, err := b.engine.run(ctx, batch)
	stop()
	watching.Wait()
	return outcomes, varied, err
}

// A counter tells how many bootstraps are finished. One go command builds many,
// so it looks for their files as well; an engine on another machine has them at
// the end only.
type counter struct {
	build  *builder
	out    string
	before int // finished in earlier rounds, or unchanged
	here   int // in this round
	total  int

	mu   sync.Mutex
	left [][]product // of each step; none once it has ended
	done int         // as was told last
}

func (c *counter) tell(always bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var names []string
	for _, products := range c.left {
		for _, p := range products {
			if info, err := os.Lstat(filepath.Join(c.out, filepath.FromSlash(p.file))); err != nil || info.Size() == 0 {
				names = append(names, p.unit.String())
			}
		}
	}
	if done := c.before + c.here - len(names); always || done != c.done {
		c.done = done
		c.build.config.tell(Event{Stage: "build", Text: firstOf(names), Done: done, Total: c.total})
	}
}

// firstOf are the first of the names, and how many more there are.
func firstOf(names []string) string {
	const shown = 3
	if extra := len(names) - shown; extra > 0 {
		names = append(names[:shown], fmt.Sprintf("%d more", extra))
	}
	return strings.Join(names, ", ")
}

// judge looks at what the steps left below the directory out, and returns what
// failed.
func (b *builder) judge(steps []step, outcomes []outcome, out string) Failure {
	var failure Failure
	for i, s := range steps {
		var missing []Unit
		for _, p := range s.products {
			file := filepath.FromSlash(p.file)
			if !madeInside(out, file) {
				missing = append(missing, p.unit)
				continue
			}
			if err := b.check(p.unit, filepath.Join(out, file)); err != nil {
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
		if outcomes[i].withheld {
			missing = named(missing, blamed, output)
		}
		for _, u := range missing {
			remedy := blamed[u.String()].hint
			if remedy == "" && outcomes[i].killed() {
				remedy = b.engine.bounds().hint()
			}
			failure.add(u, blamed[u.String()].message, remedy)
		}
	}
	return failure
}

// named are the units of which the output says something of their own; all, if there are none.
func named(units []Unit, all map[string]blamed, output string) []Unit {
	some := slices.DeleteFunc(slices.Clone(units), func(u Unit) bool { return all[u.String()].message == output })
	if len(some) == 0 {
		return units
	}
	return some
}
