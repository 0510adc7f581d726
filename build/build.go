package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/internal/elfscan"
	"github.com/bootzip/bootzip/internal/regular"
	"github.com/bootzip/bootzip/project"
)

// Path is where Build leaves the bootstrap of a function.
func Path(dist string, u Unit) string {
	return filepath.Join(dist, u.Function.Name, string(u.Arch), "bootstrap")
}

// Build makes the bootstraps of all functions of the configuration.
//
// If some cannot be built, the error is a *Failure that names them all, and
// nothing in Dist changes. Errors carry hints (package internal/hint). The
// caller holds the lock on Dist (see Lock).
func Build(ctx context.Context, c Config) (Report, error) {
	if c.ColdCache || c.Vary != (Variations{}) {
		c.Force = true
	}

	if c.Functions = withProgram(c.Functions); len(c.Functions) == 0 {
		return Report{}, nil
	}
	b, report, err := newBuilder(ctx, c)
	if err != nil {
		return Report{}, err
	}
	if report.Artifacts, err = b.build(ctx); err != nil {
		return Report{}, err
	}
	report.Varied = b.varied
	return report, nil
}

// newBuilder chooses the engine and finds the languages' tools.
func newBuilder(ctx context.Context, c Config) (*builder, Report, error) {
	e, why, err := chooseEngine(ctx, c)
	if err != nil {
		return nil, Report{}, err
	}
	report := Report{Engine: e.name(), Why: why, Image: e.image().id, Bounds: e.bounds()}
	c.tell(Event{Stage: "engine", Text: engineLine(report)})
	if err := checkLock(ctx, c, e); err != nil {
		return nil, Report{}, err
	}
	b := &builder{
		config: c, engine: e, languages: map[project.Language]language{}, state: readState(c.Dist), digests: newDigester(c.Root),
		varied: c.Vary.asked(), keys: map[string]string{}, seconds: map[string]float64{}, cached: map[string]bool{},
	}
	for _, f := range c.Functions {
		if b.languages[f.Language] == nil {
			if b.languages[f.Language], err = languageOf(ctx, c, f.Language, e); err != nil {
				return nil, Report{}, err
			}
		}
	}
	return b, report, nil
}

func engineLine(r Report) string {
	line := r.Engine
	if r.Why != "" {
		line += " (" + r.Why + ")"
	}
	if bounds := r.Bounds.String(); bounds != "" {
		line += ", " + bounds
	}
	return line
}

// A builder is one run of Build.
type builder struct {
	config    Config
	engine    engine
	languages map[project.Language]language
	state     state
	digests   *digester
	varied    []Variation // each that was asked for

	// By Unit.String(), of what was built.
	keys    map[string]string // in the store
	seconds map[string]float64
	cached  map[string]bool // it came from the store
}

// recipe returns the language's recipe for u on this engine.
func (b *builder) recipe(u Unit) (string, error) {
	recipe, err := b.languages[u.Function.Language].recipe(u)
	// Engines and images may differ in their output.
	engine := strings.TrimSpace(b.engine.name() + " " + b.engine.image().id)
	return engine + "\n" + string(u.Arch) + "\n" + recipe, err
}

func (b *builder) build(ctx context.Context) ([]Artifact, error) {
	units := b.config.units()
	artifacts, err := b.unchanged(units)
	if err != nil {
		return nil, err
	}
	changed := slices.DeleteFunc(slices.Clone(units), func(u Unit) bool {
		_, unchanged := artifacts[u.String()]
		return unchanged
	})
	if len(changed) > 0 {
		built, err := b.make(ctx, changed, len(units), len(artifacts))
		if err != nil {
			return nil, err
		}
		maps.Copy(artifacts, built)
	}
	var all []Artifact
	for _, u := range units {
		all = append(all, artifacts[u.String()])
	}
	return all, nil
}

// unchanged returns the bootstraps in Dist, by Unit.String(), that another build would make
// with the same bytes.
func (b *builder) unchanged(units []Unit) (map[string]Artifact, error) {
	var same []Unit // with the same inputs
	for _, u := range units {
		recipe, err := b.recipe(u)
		if err != nil {
			return nil, err
		}
		old, ok := b.state.Units[u.String()]
		if !ok || b.config.Force {
			continue
		}
		digest, err := b.digests.digest(old.Inputs, recipe)
		if err != nil {
			return nil, err
		}
		if digest == old.Digest {
			same = append(same, u)
		}
	}
	all := map[string]Artifact{}
	var mu sync.Mutex
	sideBySide(same, runtime.NumCPU(), func(_ int, u Unit) {
		info, err := os.Lstat(Path(b.config.Dist, u))
		if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o555 != 0o555 && runtime.GOOS != "windows" {
			return
		}
		a, err := b.artifact(u, Path(b.config.Dist, u))
		if err != nil || a.SHA256 != b.state.Units[u.String()].SHA256 {
			return // a missing or changed bootstrap is built again
		}
		a.Unchanged = true
		mu.Lock()
		defer mu.Unlock()
		all[u.String()] = a
	})
	return all, nil
}

func (b *builder) artifact(u Unit, file string) (Artifact, error) {
	sum, size, err := digest.File(file)
	toolchain := b.languages[u.Function.Language].toolchain(u)
	return Artifact{Unit: u, Path: Path(b.config.Dist, u), SHA256: sum, Size: size, Toolchain: toolchain}, err
}

// check refuses what cannot be a bootstrap for the architecture, so that it does
// not replace a good one. All other checks are in package verify.
func (b *builder) check(u Unit, file string) error {
	f, err := elfscan.ReadFile(file)
	if errors.Is(err, elfscan.ErrNotELF) {
		if u.Function.Language == project.Command && isScript(file) {
			return nil
		}
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

// isScript reports whether a file begins with "#!", so that Lambda's kernel starts
// its interpreter.
func isScript(name string) bool {
	f, err := regular.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 2)
	_, err = io.ReadFull(f, head)
	return err == nil && string(head) == "#!"
}

// publish moves the new bootstraps to their places, and then the state. It returns the
// bootstraps by Unit.String().
func (b *builder) publish(products []product, stage *atomicfile.Stage, out string) (map[string]Artifact, error) {
	built := map[string]Artifact{}
	var files []atomicfile.File
	for _, p := range products {
		file := filepath.Join(out, filepath.FromSlash(p.file))
		a, err := b.artifact(p.unit, file)
		if err != nil {
			return nil, err
		}
		if err := directories(filepath.Dir(filepath.Dir(a.Path)), filepath.Dir(a.Path)); err != nil {
			return nil, err
		}
		key := p.unit.String()
		a.Key, a.Cached, a.Seconds = b.keys[key], b.cached[key], b.seconds[key]
		u := b.state.Units[key] // with its inputs, see inputDigests
		u.SHA256 = a.SHA256
		b.state.Units[key] = u
		built[key] = a
		files = append(files, atomicfile.File{From: file, To: a.Path, Mode: 0o755})
	}
	state := filepath.Join(stage.Path, "state.json")
	if err := atomicfile.WriteJSON(state, "\t", b.state); err != nil {
		return nil, err
	}
	return built, stage.Commit(append(files, atomicfile.File{From: state, To: stateFile(b.config.Dist), Mode: 0o644})...)
}

// Start starts the engine without a command, to measure what an engine costs by
// itself.
func Start(ctx context.Context, c Config) error {
	e, _, err := chooseEngine(ctx, c)
	if err != nil {
		return err
	}
	stage, err := atomicfile.Begin(c.Dist)
	if err != nil {
		return err
	}
	defer stage.Remove()
	_, err = e.run(ctx, batch{host: places{source: c.Root, out: stage.Path, temp: stage.Path}, parallel: 1})
	return err
}
