package build

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/hint"
)

// An engine runs commands somewhere.
type engine interface {
	name() string

	// identity distinguishes engines whose output might differ: it is an
	// input of everything that is built.
	identity() string

	// image is the one that commands run in; its id is empty without one.
	image() builtImage

	// platform is what the commands' machine is: GOOS and GOARCH.
	platform() (goos, goarch string)

	// bounds are what the commands are held to; zero if to nothing.
	bounds() Bounds

	// copiesModules says whether the commands get a copy of the modules, and
	// not the caller's module cache.
	copiesModules() bool

	// view says where commands see what is at the given places of the host.
	view(host places) places

	// userUnsupported says why commands that see the given places of the host
	// cannot run as another user; "" if they can.
	userUnsupported(host places) string

	// run executes the batch and returns an outcome for every job, in the
	// order of the jobs. An error means that the engine itself failed.
	run(ctx context.Context, b batch) ([]outcome, error)
}

// places are the directories of a run, as paths of the host or as a command sees
// them.
type places struct {
	source    string // the project's root; of a host, what engines give to commands: that, or a directory above it
	project   string // of a host: the project's root in source, slash-separated
	out       string // the only directory, but for cache and temporary ones, that is written
	cache     string // kept between runs; on the host set only where a run has its own
	temp      string // thrown away; also HOME
	toolchain string // GOROOT
	modules   string // GOMODCACHE
}

// A batch is all commands of a run.
type batch struct {
	host     places
	jobs     []job
	vary     Variations // all are applied, but for those in the jobs' environment
	parallel int
	finished func(job int) // called from one goroutine at a time
}

// A job is one command.
type job struct {
	dir     string // slash-separated, relative to the project's root
	env     []string
	command []string
	share   int // of an engine with several workers, as its share of the first unit
}

// An outcome is how a job ended.
type outcome struct {
	exit   int
	output string // standard output and error together, cut at maxOutput

	withheld bool // it failed, and what it made all the same is not there
}

// killed says whether the kernel ended the command, or one that it had started,
// as it does for want of memory. Shells say it by the status; the go command, gcc
// and cargo by their messages.
func (o outcome) killed() bool {
	return o.exit == 128+9 || slices.ContainsFunc([]string{"signal: killed", "Killed signal terminated", "(signal: 9,"}, func(said string) bool {
		return strings.Contains(o.output, said)
	})
}

// maxOutput bounds what is kept of a command's output, in bytes.
const maxOutput = 1 << 20

// The engines that Config.Engine can name, in the order in which auto tries
// them.
var engineNames = []string{"docker", "podman", "sandbox", "host"}

// CheckEngine returns an error, with the names that there are as a hint, unless
// Config.Engine may be name.
func CheckEngine(name string) error {
	if name == "" || name == "auto" || name == "buildkit" || slices.Contains(engineNames, name) {
		return nil
	}
	return hint.New("use auto, "+strings.Join(engineNames, ", ")+", buildkit", "unknown engine %q", name)
}

// chooseEngine returns the engine that the configuration asks for, ready to
// be used, and for auto the reason why it was taken.
func chooseEngine(ctx context.Context, c Config) (engine, string, error) {
	switch c.Engine {
	case "host":
		e, err := newHost(c)
		return e, "", err
	case "docker", "podman":
		e, err := newContainer(ctx, c, c.Engine)
		return e, "", err
	case "sandbox":
		e, err := newSandbox(ctx, c)
		if err != nil {
			return nil, "", hint.Wrap(fmt.Errorf("engine sandbox cannot be used: %w", err), "build with docker, podman, or --engine=host")
		}
		return e, e.why(""), nil
	case "buildkit":
		e, err := newBuildkit(ctx, c)
		if err == nil {
			err = e.withImage(ctx)
		}
		return e, "", err
	case "auto", "":
	default:
		return nil, "", CheckEngine(c.Engine)
	}

	var refused []string
	var failed error
	for _, name := range []string{"docker", "podman"} {
		if err := answers(ctx, c, name); err != nil {
			refused = append(refused, fmt.Sprintf("%s: %s", name, firstLine(err.Error())))
			continue
		}
		e, err := newContainer(ctx, c, name)
		if err == nil {
			return e, strings.Join(append(refused, name+" answers"), "; "), nil
		}
		if ctx.Err() != nil {
			return nil, "", err
		}
		// It answers and has no image for this build: the next may have one.
		if failed == nil {
			failed = err
		}
		refused = append(refused, fmt.Sprintf("%s: %s", name, firstLine(err.Error())))
	}
	if failed != nil && slices.ContainsFunc(c.everything(), inImage) {
		return nil, "", failed
	}
	e, err := newSandbox(ctx, c)
	if err != nil {
		refused = append(refused, "sandbox: "+firstLine(err.Error()))
		e, err := newHost(c)
		return e, strings.Join(refused, "; "), err
	}
	return e, e.why(strings.Join(append(refused, "namespaces are allowed"), "; ")), nil
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
