package build

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/process"
	"github.com/bootzip/bootzip/internal/store"
)

// buildkit runs commands on workers of BuildKit, through its client buildctl. All commands
// of a worker are one solve of BuildKit's Dockerfile front end. Each is an exec-form RUN
// without a network, on the build image, or on an empty root if all is Go. Sources, modules
// and toolchain are local inputs.
type buildkit struct {
	config  Config
	workers []string          // the addresses
	arches  map[string]string // by address, of those that answered
	arch    string            // of the first that answered, and of the build image
	built   builtImage
	layout  string // of the image: a directory

	mu   sync.Mutex
	dead map[string]bool
}

const (
	buildkitHost = "BUILDKIT_HOST"        // buildctl's own; here also several workers
	buildkitTLS  = "BOOTZIP_BUILDKIT_TLS" // a directory for buildctl --tlsdir
)

// buildkitSchemes are the schemes that buildctl knows (BuildKit, client/connhelper).
var buildkitSchemes = []string{"unix", "tcp", "ssh", "docker-container", "podman-container", "nerdctl-container", "kube-pod"}

func newBuildkit(ctx context.Context, c Config) (*buildkit, error) {
	if c.Vary != (Variations{}) {
		return nil, hint.New("vary the second build with --other=docker, podman, sandbox or host", "engine buildkit cannot vary the environment of a build")
	}
	e := &buildkit{config: c, arches: map[string]string{}, dead: map[string]bool{}}
	for _, address := range strings.FieldsFunc(lookup(c.Environ, buildkitHost), func(r rune) bool { return r == ',' || r == ' ' }) {
		u, err := url.Parse(address)
		if err != nil || !slices.Contains(buildkitSchemes, u.Scheme) {
			return nil, hint.New("as in unix:///run/buildkit/buildkitd.sock or tcp://worker:1234, several with commas", "%s: %q is not an address", buildkitHost, address)
		}
		if ip := net.ParseIP(u.Hostname()); u.Scheme == "tcp" && lookup(c.Environ, buildkitTLS) == "" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return nil, hint.New("give it certificates, and set "+buildkitTLS+" to a directory with ca.pem, cert.pem and key.pem",
				"%s: without TLS, anyone who can reach %s is root there", buildkitHost, address)
		}
		e.workers = append(e.workers, address)
	}
	if len(e.workers) == 0 {
		return nil, hint.New("set "+buildkitHost+" to the address of a buildkitd, or of several with commas", "engine buildkit has no worker")
	}
	if err := e.ask(ctx); err != nil {
		return nil, err
	}
	return e, nil
}

// withImage makes the build image, if a function needs it. There is one image, so that all
// workers have the same compilers. Workers of other architectures cannot run it, and are
// left out.
func (e *buildkit) withImage(ctx context.Context) (err error) {
	if !slices.ContainsFunc(e.config.everything(), inImage) {
		return nil
	}
	for _, worker := range e.workers {
		if arch := e.arches[worker]; arch != "" && arch != e.arch {
			e.leaveOut(worker, fmt.Sprintf("it is for %s, and the build image is for %s", arch, e.arch))
		}
	}
	e.layout, e.built, err = e.buildImage(ctx)
	return err
}

func (e *buildkit) leaveOut(worker, why string) {
	delete(e.arches, worker)
	e.dead[worker] = true
	e.config.tell(Event{Stage: "worker", Text: fmt.Sprintf("worker %s is left out: %s", worker, why)})
}

// ask asks the workers for their architectures, and leaves out those that do not answer.
func (e *buildkit) ask(ctx context.Context) error {
	var refused error
	for _, worker := range e.workers {
		arch, err := e.archOf(ctx, worker)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			refused = errors.Join(refused, err)
			e.leaveOut(worker, firstLine(err.Error()))
		default:
			e.arches[worker], e.arch = arch, cmp.Or(e.arch, arch)
		}
	}
	if e.arch == "" {
		return hint.Wrap(fmt.Errorf("no worker of BuildKit answers: %w", refused), "look at the buildkitd, and at "+buildkitHost)
	}
	return nil
}

func (e *buildkit) archOf(ctx context.Context, worker string) (string, error) {
	text, err := capture(ctx, e.environ(), "", e.buildctl(worker, "debug", "workers", "--format", "{{json .}}")...)
	if err != nil {
		return "", err
	}
	var workers []struct {
		Platforms []struct{ OS, Architecture string }
	}
	if err := json.Unmarshal([]byte(text), &workers); err != nil || len(workers) == 0 || len(workers[0].Platforms) == 0 || workers[0].Platforms[0].OS != "linux" {
		return "", fmt.Errorf("%s has no worker for Linux (%.100s)", worker, text)
	}
	return workers[0].Platforms[0].Architecture, nil
}

func (e *buildkit) buildctl(worker string, argv ...string) []string {
	all := []string{"buildctl", "--addr", worker}
	if dir := lookup(e.config.Environ, buildkitTLS); dir != "" {
		all = append(all, "--tlsdir", dir)
	}
	return append(all, argv...)
}

// environ returns the caller's environment without BUILDKIT_HOST.
func (e *buildkit) environ() []string {
	return slices.DeleteFunc(slices.Clone(e.config.Environ), func(v string) bool { return strings.HasPrefix(v, buildkitHost+"=") })
}

func (e *buildkit) name() string               { return "buildkit" }
func (e *buildkit) image() builtImage          { return e.built }
func (e *buildkit) platform() (string, string) { return "linux", e.arch }
func (e *buildkit) bounds() Bounds             { return Bounds{} }
func (e *buildkit) copiesModules() bool        { return true }

func (e *buildkit) userUnsupported(places) string { return "BuildKit runs commands as root" }

func (e *buildkit) view(host places) places { return viewAt(containerPlaces.source, host) }

// archesOf returns the architectures of the machines that commands may run on, as GOARCH.
func archesOf(e engine) []string {
	if several, ok := e.(*buildkit); ok {
		return slices.Compact(slices.Sorted(maps.Values(several.arches)))
	}
	_, arch := e.platform()
	return []string{arch}
}

// shareOf returns the job's share for a unit.
func shareOf(e engine, u Unit) int {
	if several, ok := e.(*buildkit); ok {
		return several.share(u)
	}
	return 0
}

// share returns the index of the worker that builds a unit as long as that worker answers:
// one of the unit's architecture if there is one, and always the same, so that its caches
// are warm (rendezvous hashing).
func (e *buildkit) share(u Unit) int {
	best, most := 0, ""
	for i, worker := range e.workers {
		arch, answered := e.arches[worker]
		if !answered {
			continue
		}
		weight := store.Key(worker, u.String())
		if arch == string(u.Arch) {
			weight = "native " + weight // sorts after all hexadecimal digits
		}
		if weight > most {
			best, most = i, weight
		}
	}
	return best
}

// worker returns the worker for a share: the share's own, or the next that answers, of the
// same architecture if possible; false if none answers.
func (e *buildkit) worker(share int) (string, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	other := ""
	for i := range e.workers {
		worker := e.workers[(share+i)%len(e.workers)]
		switch {
		case e.dead[worker]:
		case e.arches[worker] == e.arches[e.workers[share]]:
			return worker, true
		case other == "":
			other = worker
		}
	}
	return other, other != ""
}

func (e *buildkit) run(ctx context.Context, b batch) ([]outcome, error) {
	outcomes := make([]outcome, len(b.jobs))
	if len(b.jobs) == 0 {
		return outcomes, nil
	}
	// The project's .dockerignore would exclude sources.
	source := filepath.Join(b.host.temp, "source")
	if err := copySources(ctx, source, b.host.source); err != nil {
		return nil, err
	}
	b.host.source = source
	left := make([]int, len(b.jobs))
	for i := range left {
		left[i] = i
	}
	for len(left) > 0 {
		byWorker := map[string][]int{}
		for _, i := range left {
			worker, ok := e.worker(b.jobs[i].share)
			if !ok {
				return nil, hint.New("look at the buildkitd, and at "+buildkitHost, "no worker of BuildKit answers any more")
			}
			byWorker[worker] = append(byWorker[worker], i)
		}
		left = nil
		var mu sync.Mutex
		var failure error
		sideBySide(slices.Collect(maps.Keys(byWorker)), len(byWorker), func(_ int, worker string) {
			again, err := e.solve(ctx, worker, b, byWorker[worker], outcomes)
			mu.Lock()
			defer mu.Unlock()
			left, failure = append(left, again...), errors.Join(failure, err)
		})
		if err := cmp.Or(ctx.Err(), failure); err != nil {
			return nil, err
		}
	}
	return outcomes, nil
}

// solve runs jobs on a worker and sets their outcomes. It returns the jobs to run again: a
// job that fails ends the others of its solve, and a worker may become unreachable.
func (e *buildkit) solve(ctx context.Context, worker string, b batch, jobs []int, outcomes []outcome) (again []int, err error) {
	dir, err := os.MkdirTemp(b.host.temp, "solve-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(e.dockerfile(b, jobs)), 0o644); err != nil {
		return nil, err
	}
	out, err := os.MkdirTemp(b.host.out, ".solve-") // its files are moved to b.host.out
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(out)
	argv := e.buildctl(worker, "build", "--progress=rawjson", "--frontend=dockerfile.v0", "--local", "dockerfile="+dir, "--output", "type=local,dest="+out)
	if e.config.ColdCache {
		argv = append(argv, "--no-cache")
	}
	toolchain := b.host.toolchain
	if toolchain != "" {
		toolchain = toolchainFor(toolchain, e.arches[worker])
	}
	for name, from := range map[string]string{"source": b.host.source, "toolchain": toolchain, "modules": b.host.modules} {
		if from == "" {
			continue
		}
		if err := os.MkdirAll(from, 0o755); err != nil { // the module cache may not exist yet
			return nil, err
		}
		argv = append(argv, "--local", name+"="+from, "--opt", "context:"+name+"=local:"+name)
	}
	if e.layout != "" {
		argv = append(argv, layoutOptions("image", e.layout, e.built.id)...)
	}
	cmd := command(ctx, e.environ(), "", argv...)
	progress, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = io.Discard, w
	read := make(chan solveProgress, 1)
	go func() { read <- readProgress(progress, b.finished) }()
	err = process.Run(ctx, cmd)
	w.Close()
	p := <-read
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err == nil {
		return nil, moveInto(out, b.host.out)
	}
	own := p.own()
	for _, i := range jobs {
		if exit, failed := own[i]; failed {
			outcomes[i] = outcome{exit: exit, output: p.log(i).String(), withheld: true}
		} else {
			again = append(again, i)
		}
	}
	if len(again) < len(jobs) {
		return again, nil
	}
	if _, gone := e.archOf(ctx, worker); gone != nil && ctx.Err() == nil {
		e.mu.Lock()
		e.dead[worker] = true
		e.mu.Unlock()
		e.config.tell(Event{Stage: "worker", Text: fmt.Sprintf("worker %s has gone; the others go on", worker)})
		return jobs, nil
	}
	remedy := "look at the log of the buildkitd, then run the same command again"
	if strings.Contains(p.said, "no space left on device") {
		remedy = "free space there: buildctl --addr " + worker + " prune"
	}
	return nil, hint.New(remedy, "worker %s of BuildKit failed: %s", worker, lastLines(p.said, 3))
}

// dockerfile has a stage for each job, and one that joins their outputs.
func (e *buildkit) dockerfile(b batch, jobs []int) string {
	var d strings.Builder
	mounts := "--mount=type=bind,from=source,target=" + containerPlaces.source + " --mount=type=tmpfs,target=" + containerPlaces.temp
	if b.host.toolchain != "" {
		mounts += " --mount=type=bind,from=toolchain,target=" + containerPlaces.toolchain
	}
	if b.host.modules != "" {
		mounts += " --mount=type=bind,from=modules,target=" + containerPlaces.modules
	}
	if e.config.ColdCache {
		mounts += " --mount=type=tmpfs,target=" + containerPlaces.cache
	} else {
		mounts += " --mount=type=cache,id=bootzip,sharing=shared,target=" + containerPlaces.cache
	}
	for _, i := range jobs {
		j := b.jobs[i]
		if e.layout != "" {
			fmt.Fprintf(&d, "FROM image AS job%d\nUSER 0:0\n", i)
		} else {
			fmt.Fprintf(&d, "FROM scratch AS job%d\n", i)
		}
		for _, v := range j.env {
			name, value, _ := strings.Cut(v, "=")
			fmt.Fprintf(&d, "ENV %s=%s\n", name, dockerQuote(value))
		}
		argv, _ := json.Marshal(j.command) // strings do not fail
		fmt.Fprintf(&d, "WORKDIR %s\nWORKDIR %s\nRUN --network=none %s %s\n", containerPlaces.out,
			dockerQuote(path.Join(containerPlaces.source, b.host.project, j.dir)), mounts, argv)
	}
	d.WriteString("FROM scratch\n")
	for _, i := range jobs {
		fmt.Fprintf(&d, "COPY --from=job%d %s/ /\n", i, containerPlaces.out)
	}
	return d.String()
}

// dockerQuote quotes s for an instruction that expands variables.
func dockerQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`).Replace(s) + `"`
}

// copySources copies a tree without the directories of git and bootzip, with hard links
// where possible.
func copySources(ctx context.Context, to, from string) error {
	return walkBelow(from, func(name, rel string, d fs.DirEntry) error {
		target := filepath.Join(to, filepath.FromSlash(rel))
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case rel != "." && d.IsDir() && noInput(name):
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(target, 0o755)
		case rel == ".dockerignore" || !d.Type().IsRegular() && d.Type() != fs.ModeSymlink:
			return nil
		case d.Type() == fs.ModeSymlink:
			link, err := os.Readlink(name)
			if err != nil {
				return err
			}
			return os.Symlink(link, target)
		}
		if os.Link(name, target) == nil {
			return nil
		}
		return copyProgram(name, target)
	})
}

// moveInto moves the files of a tree into another.
func moveInto(from, to string) error {
	return walkBelow(from, func(name, rel string, d fs.DirEntry) error {
		target := filepath.Join(to, filepath.FromSlash(rel))
		if d.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		return os.Rename(name, target)
	})
}
