// Build measures what building in an engine costs, beside `go build` on the
// host: 1, 10 and 50 functions, with cold caches, with one function changed
// and with nothing changed.
//
//	cd bench && go run ./build
//	go run ./build -engines=sandbox -functions=10 -rounds=5
//
// Each round runs all sides in turn. The table has the median of each side and
// its ratio to `go build`, with an engine's start-up, which is stated on its
// own, taken off. Peak memory is that of the Go tools together, read from /proc
// every 20 ms, so it is there on Linux only, and as root for containers.
//
// The base image is taken from BOOTZIP_BASE_IMAGE, as mage does.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/project"
)

var (
	engines   = flag.String("engines", "sandbox,docker,podman,host", "engines to measure")
	functions = flag.String("functions", "1,10,50", "numbers of functions")
	rounds    = flag.Int("rounds", 5, "rounds with warm caches")
	cold      = flag.Int("cold", 1, "rounds with cold caches; 0 leaves them out")
)

func main() {
	log.SetFlags(0)
	flag.Parse()
	dir, err := os.MkdirTemp("", "bootzip-bench-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	b := &bench{dir: dir, engines: strings.Split(*engines, ",")}
	if err := b.run(context.Background()); err != nil {
		os.RemoveAll(dir)
		log.Fatal(err)
	}
}

type bench struct {
	dir     string
	engines []string
	startup map[string]time.Duration
}

// A side is `go build` or an engine.
type side struct {
	name string
	run  func(ctx context.Context) error
}

func (b *bench) run(ctx context.Context) error {
	if err := b.measureStartup(ctx); err != nil {
		return err
	}
	fmt.Printf("\n%-10s %-13s %-10s %9s %9s %9s\n", "FUNCTIONS", "STATE", "SIDE", "SECONDS", "RATIO", "PEAK MB")
	for _, text := range strings.Split(*functions, ",") {
		n, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		p, err := newProject(filepath.Join(b.dir, "project-"+text), n)
		if err != nil {
			return err
		}
		if err := b.measure(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// measureStartup builds nothing in each engine: a run without a job still
// starts it. What is left is the time until a container would run.
func (b *bench) measureStartup(ctx context.Context) error {
	b.startup = map[string]time.Duration{}
	p, err := newProject(filepath.Join(b.dir, "startup"), 1)
	if err != nil {
		return err
	}
	fmt.Printf("%-10s %9s\n", "ENGINE", "START-UP")
	for _, name := range b.engines {
		c := b.config(p, name)
		if err := lockedBuild(ctx, c); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		var times []time.Duration
		for range 7 {
			start := time.Now()
			if err := build.Start(ctx, c); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			times = append(times, time.Since(start))
		}
		b.startup[name] = median(times)
		fmt.Printf("%-10s %6d ms\n", name, b.startup[name].Milliseconds())
	}
	return nil
}

func (b *bench) config(p benchProject, engine string) build.Config {
	return build.Config{
		Root: p.dir, Dist: filepath.Join(p.dir, "dist-"+engine), Cache: filepath.Join(b.dir, "cache"),
		Functions: p.functions, Engine: engine, BaseImage: os.Getenv("BOOTZIP_BASE_IMAGE"), Environ: os.Environ(),
	}
}

func (b *bench) measure(ctx context.Context, p benchProject) error {
	goCache := filepath.Join(b.dir, "go-build")
	sides := []side{{"go build", func(ctx context.Context) error { return p.goBuild(ctx, goCache) }}}
	// What a tool does that runs a build for each function, one after the
	// other, instead of one for all.
	oneByOne := side{"one by one", func(ctx context.Context) error { return p.goBuildEach(ctx, goCache) }}
	for _, name := range b.engines {
		c := b.config(p, name)
		sides = append(sides, side{name, func(ctx context.Context) error { return lockedBuild(ctx, c) }})
	}
	if *cold > 0 {
		samples := map[string][]sample{}
		for range *cold {
			for _, s := range sides {
				if err := b.forget(ctx, goCache); err != nil {
					return err
				}
				r, err := timed(ctx, s)
				if err != nil {
					return err
				}
				samples[s.name] = append(samples[s.name], r)
			}
		}
		b.print(p, "cold", sides, samples)
	}
	states := []struct {
		name   string
		before func(round int) error
	}{
		{"one changed", p.edit},
		{unchanged, func(int) error { return nil }},
	}
	if len(p.functions) > 1 {
		sides = append(sides, oneByOne)
	}
	for _, state := range states {
		samples := map[string][]sample{}
		for _, s := range sides { // fill the caches
			if err := s.run(ctx); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
		for round := range *rounds {
			for i, s := range sides {
				if err := state.before(round*len(sides) + i); err != nil {
					return err
				}
				r, err := timed(ctx, s)
				if err != nil {
					return err
				}
				samples[s.name] = append(samples[s.name], r)
			}
		}
		b.print(p, state.name, sides, samples)
	}
	return nil
}

func lockedBuild(ctx context.Context, c build.Config) error {
	unlock, err := build.Lock(c.Dist)
	if err != nil {
		return err
	}
	defer unlock()
	_, err = build.Build(ctx, c)
	return err
}

// forget empties every cache that a side has.
func (b *bench) forget(ctx context.Context, goCache string) error {
	for _, dir := range []string{goCache, filepath.Join(b.dir, "cache", "host"), filepath.Join(b.dir, "cache", "sandbox")} {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	for _, name := range b.engines {
		if name == "docker" || name == "podman" {
			// One for each user that a container had.
			found, err := exec.CommandContext(ctx, name, "volume", "ls", "--quiet", "--filter", "name=bootzip-cache-").Output()
			if err != nil {
				return fmt.Errorf("%s volume ls: %w", name, err)
			}
			argv := append([]string{"volume", "rm", "--force"}, strings.Fields(string(found))...)
			if len(argv) == 3 {
				continue
			}
			if out, err := exec.CommandContext(ctx, name, argv...).CombinedOutput(); err != nil {
				return fmt.Errorf("%s volume rm: %w: %s", name, err, out)
			}
		}
	}
	dists, err := filepath.Glob(filepath.Join(b.dir, "project-*", "dist-*"))
	for _, d := range dists {
		err = os.RemoveAll(d)
	}
	return err
}

type sample struct {
	time time.Duration
	peak int64 // bytes
}

func timed(ctx context.Context, s side) (sample, error) {
	memory := watchMemory()
	start := time.Now()
	err := s.run(ctx)
	r := sample{time: time.Since(start), peak: memory()}
	if err != nil {
		err = fmt.Errorf("%s: %w", s.name, err)
	}
	return r, err
}

// print writes a line for each side. Where something is built, an engine's
// start-up is taken off before the ratio; where nothing is, no engine starts.
func (b *bench) print(p benchProject, state string, sides []side, samples map[string][]sample) {
	fmt.Println()
	base, _ := summary(samples["go build"])
	for _, s := range sides {
		took, peak := summary(samples[s.name])
		work := took
		if state != unchanged {
			work -= b.startup[s.name]
		}
		fmt.Printf("%-10d %-13s %-10s %9.2f %8.2fx %9d\n",
			len(p.functions), state, s.name, took.Seconds(), float64(work)/float64(base), peak>>20)
	}
}

// summary is the median of the times and the most memory.
func summary(samples []sample) (time.Duration, int64) {
	var times []time.Duration
	var peak int64
	for _, s := range samples {
		times = append(times, s.time)
		peak = max(peak, s.peak)
	}
	return median(times), peak
}

// unchanged is the state in which there is nothing to do.
const unchanged = "unchanged"

func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}

// architectures is what every function is built for here: one, as `go build`
// makes one program at a time.
var architectures = []project.Arch{project.AMD64}
