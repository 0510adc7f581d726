package build

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/hint"
)

// An engine runs commands somewhere.
type engine interface {
	name() string

	// image is the image that commands run in; without one, its id is empty.
	image() builtImage

	// platform is that of the commands' machine, as GOOS and GOARCH.
	platform() (goos, goarch string)

	// bounds are the limits on the commands; zero without any.
	bounds() Bounds

	// copiesModules reports whether the commands get a copy of the modules, and
	// not the caller's module cache.
	copiesModules() bool

	// view returns where commands see the given places of the host.
	view(host places) places

	// userUnsupported returns why commands with the given places of the host
	// cannot run as another user; "" if they can.
	userUnsupported(host places) string

	// run executes the batch and returns an outcome for every job, in the
	// order of the jobs. An error means that the engine itself failed.
	run(ctx context.Context, b batch) ([]outcome, error)
}

// places are the directories of a run, as paths of the host or as a command sees
// them.
type places struct {
	source    string // the project's root; of the host, what commands can see: that, or a directory above it
	project   string // of the host: the project's root relative to source, slash-separated
	out       string // the only directory, besides cache and temp, that commands write
	cache     string // kept between runs; of the host, set only if a run has its own
	temp      string // removed after the run; also HOME
	toolchain string // GOROOT
	modules   string // GOMODCACHE
}

// viewAt returns where the commands of a container, or of the sandbox, see the given places
// of the host. They see host.source at the path source.
func viewAt(source string, host places) places {
	p := containerPlaces
	p.source = path.Join(source, host.project)
	return p
}

// A batch is all commands of a run.
type batch struct {
	host     places
	jobs     []job
	vary     Variations // the engine applies them, except for those in the jobs' environment
	parallel int
	finished func(job int) // may be called from several goroutines
}

// A job is one command.
type job struct {
	dir     string // slash-separated, relative to the project's root
	env     []string
	command []string
	share   int // see shareOf; for engines with several workers
}

// An outcome is how a job ended.
type outcome struct {
	exit   int
	output string // standard output and error together, cut at maxOutput

	withheld bool // it failed, and its products were not copied out
}

// killed reports whether the command, or one that it had started, was killed with
// SIGKILL, as the kernel does when memory runs out. Shells report it by their status;
// the go command, gcc and cargo by their messages.
func (o outcome) killed() bool {
	return o.exit == 128+9 || slices.ContainsFunc([]string{"signal: killed", "Killed signal terminated", "(signal: 9,"}, func(said string) bool {
		return strings.Contains(o.output, said)
	})
}

// maxOutput bounds how much of a command's output is kept, in bytes.
const maxOutput = 1 << 20

// engineNames are the engines that auto tries, in that order. Config.Engine can also
// name buildkit, which auto never takes.
var engineNames = []string{"docker", "podman", "sandbox", "host"}

// CheckEngine returns an error, with the valid names as a hint, unless name is valid
// for Config.Engine.
func CheckEngine(name string) error {
	if name == "" || name == "auto" || name == "buildkit" || slices.Contains(engineNames, name) {
		return nil
	}
	return hint.New("use auto, "+strings.Join(engineNames, ", ")+", buildkit", "unknown engine %q", name)
}

// chooseEngine returns the engine that the configuration asks for, ready for use.
// The text says why auto took it, and what the sandbox lacks.
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
		err := answers(ctx, c, name)
		if err == nil {
			var e *container
			if e, err = newContainer(ctx, c, name); err == nil {
				return e, strings.Join(append(refused, name+" answers"), "; "), nil
			}
			if ctx.Err() != nil {
				return nil, "", err
			}
			// It answers, but has no image for this build. The next may have one.
			failed = cmp.Or(failed, err)
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
