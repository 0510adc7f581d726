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

	// Project are all functions of the project, of which Functions may be
	// some: they decide what is in the build image, so that building one
	// function alone uses the image of all. Empty: Functions.
	Project []project.Function

	// Repository is the directory, absolute and without links, in which Go
	// modules beside the project may be, that replace and go.work name. A
	// checkout of it has them as well. Empty: Root.
	Repository string

	// Go is the toolchain of modules that name none, such as "go1.26.8"; "" is
	// DefaultGo.
	Go string

	// Tag and Commit are what ${tag} and ${commit} stand for in a function's
	// ldflags: of the project's commit in git. Empty values stand for
	// themselves.
	Tag, Commit string

	// Engine is "docker", "podman", "sandbox" or "host"; "auto" takes the
	// first of these that works.
	Engine string

	// BaseImage replaces the base image that docker/Dockerfile.build names.
	// A local image is given by its name or id.
	BaseImage string

	// Environ is the caller's environment, as os.Environ gives it. Only what
	// must act for the caller gets it: the go command that fetches modules,
	// and the clients of the container engines. No build sees it.
	Environ []string

	// Jobs is how many commands run side by side; 0 means one for each CPU.
	Jobs int

	// Locked makes it an error that the build differs from bootzip.lock, or
	// that there is none.
	Locked bool

	// Force builds what has not changed as well.
	Force bool

	// Store has bootstraps that other machines built from the same inputs, and gets
	// those that are built here if it may be written; nil: none. Varied and cold
	// builds leave it alone, and with Force nothing is read from it. Tool is the
	// version of bootzip, a part of each key.
	Store *store.Store
	Tool  string

	// Vary varies the build's surroundings. With it, as with ColdCache, what
	// has not changed is built as well: it was made in others.
	Vary Variations

	// ColdCache gives the build caches of its own, which are empty and go with
	// it. It neither reads nor writes the shared ones. Modules and toolchains
	// are not cold: they are compared with go.sum and the checksum database.
	ColdCache bool

	// Known, if set, is kept between the runs of a process.
	Known *Known

	// Progress, if set, is told what happens. It is called from one
	// goroutine at a time.
	Progress func(Event)
}

// An Event tells what a run is doing.
type Event struct {
	// Stage is "engine" (Text says which was taken and why, and its bounds),
	// "toolchain" (Text says which Go is taken for a module that names none, or
	// that it is too old), "cgo" (Text names a file of a dependency that was left out), "lock" (Text says how the build differs from bootzip.lock), "user" (Text
	// says why the commands run as root), "fetch", "image", "cache" (Text says why
	// the store has no packages of Go for it), "worker" (Text says what became of one) or "build" (Text says what is being built).
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
	Key       string // in the store; empty where it has none

	// Seconds is how long it was built; its share, where one command builds several.
	// 0: nothing was run.
	Seconds float64
}

// A Report is what a run did.
type Report struct {
	Engine    string      // the engine's name
	Why       string      // why auto took it; empty when it was asked for
	Image     string      // id of the build image; empty without a container
	Bounds    Bounds      // what the engine holds the commands to; zero without a container
	Varied    []Variation // each that Config.Vary asked for
	Artifacts []Artifact
}

func (c Config) tell(e Event) {
	if c.Progress != nil {
		c.Progress(e)
	}
}

// everything is all functions of the project.
func (c Config) everything() []project.Function {
	if len(c.Project) > 0 {
		return withProgram(c.Project)
	}
	return withProgram(c.Functions)
}

// withProgram leaves out layers of assets alone: there is nothing to build.
func withProgram(all []project.Function) []project.Function {
	return slices.DeleteFunc(slices.Clone(all), func(f project.Function) bool { return f.Kind == project.KindLayer })
}

func (c Config) units() []Unit {
	var all []Unit
	for _, f := range withProgram(c.Functions) {
		for _, a := range f.Arch {
			all = append(all, Unit{f, a})
		}
	}
	return all
}
