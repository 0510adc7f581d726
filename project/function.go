package project

// A Function is one deployable unit: one bootstrap and the files beside it.
type Function struct {
	// Name is the function's name, and the name of its zip:
	// dist/NAME-ARCH.zip. Lower-case letters, digits, '-' and '_', 64 at
	// most (AWS Lambda API reference, CreateFunction, FunctionName; bootzip does not
	// allow upper case, which some file systems cannot tell apart).
	Name string

	// Source is the directory of the program, relative to the project's root,
	// with forward slashes.
	Source string

	// Language says how the source becomes a bootstrap.
	Language Language

	// Kind is what the zip is: a function; an extension, whose program is
	// extensions/NAME of a layer; or a layer with nothing but assets, which has no
	// Language.
	Kind Kind

	// Arch lists the architectures to build, in the order of bootzip.yaml.
	Arch []Arch

	// Handlers are the values of _HANDLER that the bootstrap answers to. The
	// boot check sends an event to each.
	Handlers []string

	// Assets are the files that go into the zip beside bootstrap, in the
	// order of bootzip.yaml.
	Assets []Asset

	// AssetPaths are the files and directories that bootzip.yaml names as assets, relative
	// to the project's root. A new file below one of them is an asset, and a file that
	// was removed from one had been an asset.
	AssetPaths []string

	// Command is what the language "command" runs; it leaves
	// $OUT/bootstrap. Empty for every other language.
	Command []string

	// Tags, Ldflags and Cgo are Go's: build tags, variables that the linker
	// sets with -X, by name, and "static" for cgo. A value of Ldflags may hold
	// ${tag} and ${commit}.
	Tags    []string
	Ldflags map[string]string
	Cgo     string

	// Env, Event, Memory (MB), Timeout (seconds) and Layers are what the boot
	// check, invoke and serve give the function; 0 and empty are their
	// defaults. Event is a file below the project's root, or the name of a
	// ready-made event. Layers are zips, slash-separated, relative to the root,
	// where ${arch} is the architecture.
	Env     map[string]string
	Event   string
	Memory  int
	Timeout int
	Layers  []string

	// Routes lead requests to the function in serve.
	Routes []Route

	// Deploy has the names under which the function is deployed, with ${function} and
	// ${stage}. If it is empty, the function is deployed under its own name. See
	// DeployedNames.
	Deploy []string

	// Runtime is the Lambda runtime that the bootstrap is for.
	Runtime Runtime

	// Image says that an OCI image is made as well as the zip. SnapStart does so too, and
	// says that Lambda may take a snapshot of the image.
	Image, SnapStart bool

	// ImageBase is the image that the function's image is based on: a reference with a
	// digest, docker://REGISTRY/NAME@sha256:…, or an OCI image layout in the project, a
	// directory or a tar; empty: none.
	ImageBase string

	// ImageCertificates says that the image has root certificates, ImageZones that it has
	// time zones, and ImageLabels are its labels, whose values may hold ${tag} and
	// ${commit}.
	ImageCertificates, ImageZones bool
	ImageLabels                   map[string]string

	// Budget bounds the function's sizes and cold starts.
	Budget Budget

	// Checks change the severity of single checks of verify, or waive them.
	Checks []CheckRule

	// Pos is the function's place in bootzip.yaml. A main package that was found without
	// one has a File only.
	Pos Position
}

// An Asset is one file that goes into the zip beside bootstrap.
type Asset struct {
	Source string // file, relative to the project's root, with forward slashes
	Name   string // name in the zip: relative, with forward slashes

	// Executable gives the file mode 0755 in the zip instead of 0644. It comes from
	// bootzip.yaml and not from the disk, where the umask, an archive or Windows may
	// have lost it.
	Executable bool
}

// A Budget bounds a function; 0 means no limit.
type Budget struct {
	Zip, Unzipped int64   // bytes
	Start         float64 // of cold starts, as a ratio to another zip's
}

// A Kind is what a zip is for Lambda; "" is a function.
type Kind string

// The kinds besides a function.
const (
	KindExtension Kind = "extension"
	KindLayer     Kind = "layer"
)

// IsLayer reports whether the zip is a layer.
func (k Kind) IsLayer() bool { return k == KindExtension || k == KindLayer }

// A CheckRule changes what a finding of one check of verify means for one
// function.
type CheckRule struct {
	ID       string   // the check's id, e.g. "elf-not-stripped"
	Severity string   // "fail", "warn" or "waive"
	Reason   string   // shown in the report; required
	Pos      Position // in bootzip.yaml
}

// A Position is a place in a file. Line and Column count from 1; Column
// counts characters.
type Position struct {
	File   string
	Line   int
	Column int
}

// An Arch is one of Lambda's two architectures, by its GOARCH name.
type Arch string

// Lambda's architectures. Lambda calls AMD64 "x86_64".
const (
	AMD64 Arch = "amd64"
	ARM64 Arch = "arm64"
)

// A Language names a way from source to bootstrap.
type Language string

// A Runtime is an OS-only Lambda runtime; it decides which glibc a
// dynamically linked bootstrap finds.
type Runtime string

// The OS-only runtimes that Lambda offers (AWS Lambda developer guide,
// "Lambda runtimes").
const (
	AL2023 Runtime = "al2023" // provided.al2023, glibc 2.34; the default
	AL2    Runtime = "al2"    // provided.al2, glibc 2.26
)
