package build

import (
	"slices"

	"github.com/bootzip/bootzip/internal/store"
	"github.com/bootzip/bootzip/project"
)

// Config says what to build, where and how.
type Config struct {
	Root      string             // the project's directory, absolute, without links
	Dist      string             // where bootstraps go, absolute
	Cache     string             // caches and toolchains, absolute; kept between runs
	Functions []project.Function // each for each architecture in its Arch

	// Project has all functions of the project, including those that are not in
	// Functions. They decide what is in the build image, so that a build of one
	// function uses the same image as a build of all. Empty: Functions.
	Project []project.Function

	// Repository is the directory, absolute and without links, of the git repository.
	// A replace line or a go.work may name Go modules in it that are beside the
	// project, since every checkout has them. Empty: Root.
	Repository string

	// Go is the toolchain of modules that name none, such as "go1.26.8"; "" is
	// DefaultGo.
	Go string

	// Tag and Commit replace ${tag} and ${commit} in a function's ldflags. They
	// are those of the project's commit in git, and may be empty.
	Tag, Commit string

	// Engine is "docker", "podman", "sandbox", "host" or "buildkit"; "auto", or "",
	// takes the first of docker, podman, sandbox and host that works.
	Engine string

	// BaseImage replaces the base image that docker/Dockerfile.build names.
	// A local image is given by its name or id.
	BaseImage string

	// Environ is the caller's environment, as of os.Environ. Only programs that
	// act for the caller get it: the go command that fetches modules, and the
	// clients of the container engines. No build sees it.
	Environ []string

	// Locked makes it an error that the build differs from bootzip.lock, or that
	// there is no bootzip.lock.
	Locked bool

	// Force also builds what has not changed.
	Force bool

	// Store, if set, has bootstraps that other machines built from the same inputs. If
	// it may be written, it gets those that are built here. Varied and cold builds do
	// not use it, and with Force nothing is read from it. Tool is the version of
	// bootzip, which is part of each key.
	Store *store.Store
	Tool  string

	// Vary varies the build's environment. It implies Force, as ColdCache does.
	Vary Variations

	// ColdCache gives the build empty caches, which are removed after it. The
	// shared ones are neither read nor written. Modules and toolchains are not
	// cold: they are compared with go.sum and the checksum database.
	ColdCache bool

	// Known, if set, is kept between the runs of a process.
	Known *Known

	// Progress, if set, gets the events of a run. It is called from one goroutine
	// at a time.
	Progress func(Event)
}

// An Event reports what a run is doing. Its Stage says what Text is about:
//
//	engine     which engine was taken and why, and its bounds
//	toolchain  which Go is taken for a module that names none, that a Go release is no longer
//	           supported, or that the host's C library is linked
//	cgo        a file of a package that is left out, as it needs cgo
//	lock       how the build differs from bootzip.lock
//	user       why the commands run as root
//	fetch      what is being fetched
//	image      the build image that is being pulled or made
//	cache      why the build does not share Go's packages
//	worker     a worker of BuildKit that is not used any more
//	build      what is being built
type Event struct {
	Stage string
	Text  string
	Done  int // bootstraps that are finished, of Total; in stage build
	Total int
}

// A Unit is one function for one architecture.
type Unit struct {
	Function project.Function
	Arch     project.Arch
}

func (u Unit) String() string { return u.Function.Name + "/" + string(u.Arch) }

// An Artifact is a bootstrap that was built, or was found unchanged.
type Artifact struct {
	Unit
	Path      string // absolute
	SHA256    string // hexadecimal
	Size      int64
	Toolchain string // e.g. "go1.26.8"
	Unchanged bool   // no input changed, so nothing was run
	Cached    bool   // it comes from the store
	Key       string // in the store; empty without one

	// Seconds is how long the build took, or its share if one command built several.
	// 0: nothing was run.
	Seconds float64
}

// A Report is what a run did.
type Report struct {
	Engine    string      // the engine's name
	Why       string      // why auto took it, and what the sandbox lacks; may be empty
	Image     string      // id of the build image; empty without one
	Bounds    Bounds      // the limits on the commands; zero without a container
	Varied    []Variation // one for each that Config.Vary asked for
	Artifacts []Artifact
}

func (c Config) tell(e Event) {
	if c.Progress != nil {
		c.Progress(e)
	}
}

// everything returns all functions of the project.
func (c Config) everything() []project.Function {
	if len(c.Project) > 0 {
		return withProgram(c.Project)
	}
	return withProgram(c.Functions)
}

// withProgram omits layers of assets: they have nothing to build.
func withProgram(all []project.Function) []project.Function {
	return slices.DeleteFunc(slices.Clone(all), func(f project.Function) bool { return f.Kind == project.KindLayer })
}

func (c Config) units() []Unit {
	var all []Unit
	for _, f := range c.Functions {
		for _, a := range f.Arch {
			all = append(all, Unit{f, a})
		}
	}
	return all
}
