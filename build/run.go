package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/tempdir"
	"github.com/bootzip/bootzip/project"
)

// make builds what has changed, in a directory beside the artifacts, and moves all of
// it into place at the end. done of the total bootstraps exist already.
func (b *builder) make(ctx context.Context, changed []Unit, total, done int) (map[string]Artifact, error) {
	host, stage, remove, err := b.places()
	if err != nil {
		return nil, err
	}
	defer remove()
	all := plan{inputs: map[string]inputs{}}
	var fetched []product // from the store
	for _, units := range b.rounds(changed) {
		p, err := b.plan(ctx, units, host)
		if err != nil {
			return nil, err
		}
		found := b.fetch(ctx, p, host)
		if len(found) > 0 {
			// The state has their inputs as well. Plan the others again.
			if err := b.inputDigests(found, p.inputs); err != nil {
				return nil, err
			}
			if p, err = b.plan(ctx, without(units, found), host); err != nil {
				return nil, err
			}
			fetched = append(fetched, found...)
			done += len(found)
		}
		if err := b.inputDigests(productsOf(p.steps), p.inputs); err != nil {
			return nil, err
		}
		all.join(p)
		if len(p.steps) == 0 {
			continue
		}
		host.toolchain, host.modules = p.toolchain, p.modules
		for _, prepare := range p.prepare {
			if err := prepare(ctx); err != nil {
				return nil, err
			}
		}
		outcomes, err := b.run(ctx, p.steps, host, total, done)
		if err != nil {
			return nil, err
		}
		done += len(productsOf(p.steps))
		all.failure.join(b.judge(p.steps, outcomes, host.out))
	}
	if len(all.failure.Functions) > 0 {
		slices.SortStableFunc(all.failure.Functions, func(x, y FunctionFailure) int {
			return b.position(x.Name) - b.position(y.Name)
		})
		return nil, &all.failure
	}
	b.keep(ctx, all, host)
	return b.publish(append(productsOf(all.steps), fetched...), stage, host.out)
}

// rounds splits the units into groups that can be built at once. The functions in Go of
// a group have the same toolchain, as an engine has a place for only one.
func (b *builder) rounds(changed []Unit) [][]Unit {
	rounds := make([][]Unit, 1)
	var versions []string // of Go, one for each round
	for _, u := range changed {
		round := 0
		if u.Function.Language == project.Go {
			version := b.languages[project.Go].toolchain(u)
			if round = slices.Index(versions, version); round < 0 {
				round = len(versions)
				versions = append(versions, version)
			}
		}
		if round == len(rounds) {
			rounds = append(rounds, nil)
		}
		rounds[round] = append(rounds[round], u)
	}
	return rounds
}

func (b *builder) position(name string) int {
	return slices.IndexFunc(b.config.Functions, func(f project.Function) bool { return f.Name == name })
}

// places makes the directories of a run, below a stage and a temporary directory. The
// directories may be given to another user; the stage and the temporary directory stay the
// caller's. remove removes all of them.
func (b *builder) places() (host places, stage *atomicfile.Stage, remove func(), err error) {
	if stage, err = atomicfile.Begin(filepath.Join(b.config.Dist, StateDir)); err != nil {
		return host, nil, nil, err
	}
	temp, err := tempdir.New("", "bootzip-build")
	if err != nil {
		_ = stage.Remove()
		return host, nil, nil, err
	}
	remove = func() { _, _ = temp.Remove(), stage.Remove() }
	host.out, host.temp = filepath.Join(stage.Path, "out"), filepath.Join(temp.Path, "temp")
	if host.source, err = b.config.visible(); err == nil {
		host.project, err = filepath.Rel(host.source, b.config.Root)
		host.project = filepath.ToSlash(host.project)
	}
	if err == nil {
		err = errors.Join(
			os.Mkdir(host.temp, 0o700), os.Chmod(temp.Path, 0o711),
			os.Mkdir(host.out, 0o700), os.Chmod(stage.Path, 0o711),
		)
	}
	if err == nil && (b.config.ColdCache || b.engine.name() == "host" && b.config.Vary.otherUser()) {
		host.cache = filepath.Join(stage.Path, "cache")
		err = os.Mkdir(host.cache, 0o700)
	}
	if err != nil {
		remove()
	}
	return host, stage, remove, err
}

// plan asks each language how to build its units.
func (b *builder) plan(ctx context.Context, changed []Unit, host places) (plan, error) {
	all := plan{inputs: map[string]inputs{}}
	for _, name := range project.Languages() {
		units := slices.DeleteFunc(slices.Clone(changed), func(u Unit) bool { return u.Function.Language != name })
		if len(units) == 0 {
			continue
		}
		p, err := b.languages[name].plan(ctx, units, b.engine, host)
		if err != nil {
			return all, err
		}
		all.join(p)
	}
	return all, nil
}

// inputDigests puts the inputs and their digests into the state. It is called before the build,
// so that the next run sees a file that is edited meanwhile as changed.
func (b *builder) inputDigests(products []product, in map[string]inputs) error {
	for _, p := range products {
		recipe, err := b.recipe(p.unit)
		if err != nil {
			return err
		}
		u := unitState{Inputs: in[p.unit.String()]}
		if u.Digest, err = b.digests.digest(u.Inputs, recipe); err != nil {
			return err
		}
		b.state.Units[p.unit.String()] = u
	}
	return nil
}

// run runs the steps in one batch.
func (b *builder) run(ctx context.Context, steps []step, host places, total, done int) ([]outcome, error) {
	vary := b.apply(steps, host)
	if packages := b.serveGoCache(ctx, steps, host); packages != nil {
		defer packages.Close()
	}
	batch := batch{host: host, vary: vary, parallel: runtime.NumCPU()}
	count := counter{build: b, out: host.out, before: done, here: len(productsOf(steps)), total: total}
	for _, s := range steps {
		s.env = with(s.env, vary.environment()...)
		batch.jobs = append(batch.jobs, s.job)
		count.left = append(count.left, s.products)
		for _, p := range s.products {
			if err := os.MkdirAll(filepath.Join(host.out, filepath.FromSlash(filepath.Dir(p.file))), 0o755); err != nil {
				return nil, err
			}
		}
	}
	count.tell(true)
	// Commands begin in order: the first at once, each other when one has ended.
	begun := slices.Repeat([]time.Time{time.Now()}, len(steps))
	next := batch.parallel
	batch.finished = func(i int) {
		count.mu.Lock()
		for _, p := range steps[i].products {
			b.seconds[p.unit.String()] = time.Since(begun[i]).Seconds() / float64(len(steps[i].products))
		}
		if next < len(begun) {
			begun[next] = time.Now()
			next++
		}
		count.left[i] = nil
		count.mu.Unlock()
		count.tell(true)
	}
	ended := make(chan struct{})
	var watching errgroup.Group
	watching.Go(func() error {
		for {
			select {
			case <-time.After(300 * time.Millisecond):
				count.tell(false)
			case <-ended:
				return nil
			}
		}
	})
	outcomes, err := b.engine.run(ctx, batch)
	close(ended)
	_ = watching.Wait()
	return outcomes, err
}

// productsOf returns the products of all steps.
func productsOf(steps []step) []product {
	var all []product
	for _, s := range steps {
		all = append(all, s.products...)
	}
	return all
}

// sideBySide calls do with each item and its index, for at most limit of them at a time.
func sideBySide[T any](items []T, limit int, do func(int, T)) {
	var running errgroup.Group
	running.SetLimit(limit)
	for i, item := range items {
		running.Go(func() error { do(i, item); return nil })
	}
	_ = running.Wait()
}

// A counter reports how many bootstraps are finished. One go command builds many,
// so it looks for their files as well. With an engine on another machine, the files
// appear only at the end.
type counter struct {
	build  *builder
	out    string
	before int // finished in earlier rounds, or unchanged
	here   int // in this round
	total  int

	mu   sync.Mutex
	left [][]product // the products of each step; none once the step has ended
	done int         // as last reported
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

// firstOf joins the first names, and says how many more there are.
func firstOf(names []string) string {
	const shown = 3
	if extra := len(names) - shown; extra > 0 {
		names = append(names[:shown], fmt.Sprintf("%d more", extra))
	}
	return strings.Join(names, ", ")
}

// judge checks what the steps left below the directory out, and returns what failed.
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
		if outcomes[i].exit == 0 && !outcomes[i].withheld {
			output = strings.TrimPrefix(strings.TrimRight(output, "\n")+"\nit ended with status 0 and left no regular file $OUT/"+path.Base(s.products[0].file)+" that has something in it", "\n")
		}
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

// named returns the units that have their own messages in the output, or all units if none
// has.
func named(units []Unit, all map[string]blamed, output string) []Unit {
	some := slices.DeleteFunc(slices.Clone(units), func(u Unit) bool { return all[u.String()].message == output })
	if len(some) == 0 {
		return units
	}
	return some
}
