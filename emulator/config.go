package emulator

import (
	"cmp"
	"io"
	"time"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
)

// Config says how to run a function. Only Zip, or Root, is required.
type Config struct {
	Name    string       // of the function; default: "function"
	Zip     string       // its path
	Root    *Root        // an image in place of the zip; only in a sandbox
	Layers  []string     // zips that become /opt, a later one over an earlier one; only in a sandbox
	Handler string       // value of _HANDLER
	Arch    project.Arch // default: the bootstrap's own

	// For Boot: the values of _HANDLER to check. The function is started once for each, or
	// once if there are none. Event is what it gets; by default, Boot guesses one from the
	// handler's name.
	Handlers []string
	Event    []byte

	Timeout     time.Duration // of an invocation; default: 3 s, as Lambda's
	InitLimit   time.Duration // of the initialisation; default: 10 s, as Lambda's
	Restore     time.Duration // of the restore, with SnapStart; default: 10 s, as Lambda's
	Memory      int           // MB; default: 128, as Lambda's
	TempSize    int64         // bytes of /tmp; default: 512 MB, as Lambda's
	Concurrency int           // instances at most; default: 10
	PerInstance int           // events at a time in one instance; default: 1. With more, as on Lambda Managed Instances
	SnapStart   bool          // initialise, stop and restore each instance, as of a published version with SnapStart
	Idle        time.Duration // after which an unused instance is stopped; default: 5 minutes

	Region      string   // default: us-east-1
	Account     string   // default: 123456789012
	Environment []string // KEY=value, in addition to Lambda's variables, and overriding them

	// Log gets the function's output and Lambda's lines about it, like a log
	// group of CloudWatch; nil discards them. Writes do not overlap.
	Log io.Writer `json:"-"`

	// Platform gets Lambda's lines START, END, REPORT and INIT_REPORT in place
	// of Log, so that a function cannot imitate them; nil: Log gets them.
	Platform io.Writer `json:"-"`

	// Temp is the directory in which the zip is unpacked; default: the
	// system's directory for temporary files.
	Temp string

	// Qemu is a statically linked qemu-user program, which runs bootstraps of
	// the other architecture; empty: they cannot be run.
	Qemu string

	// Runner is a program, such as a debugger, that starts the bootstrap, with
	// arguments to which the bootstrap's path is appended; only for plain processes.
	Runner []string

	// Attach gets the environment of an instance, with which the caller starts it.
	// It implies Plain. nil: instances are started here.
	Attach func(environment []string) `json:"-"`

	// Container is "docker" or "podman", which then runs instances in containers;
	// empty: on Linux instances are started here, on other systems by the first
	// of the two that answers. Image replaces the empty image, and that of
	// Amazon Linux 2023 for scripts and dynamically linked programs.
	Container, Image string

	// ImageEnv are the variables, KEY=value, of the image in Root, or of the one whose
	// files are in Zip; nil: the function is a zip.
	ImageEnv []string

	// Plain starts instances as plain processes even where namespaces are
	// allowed.
	Plain bool
}

// A Root is an unpacked image, with a directory for each of /dev, /etc, /proc, /sys and
// /tmp, and files /etc/hosts and /etc/resolv.conf over which the machine's are mounted.
type Root struct {
	File    string       // the image's archive, for its size and hash; empty: a directory
	Folder  string       // directory of its files
	Program string       // the file in Folder to start, slash-separated
	Command []string     // its path in the image, and arguments
	Dir     string       // the working directory; empty: /
	Arch    project.Arch // of the image
}

// Lambda's defaults (AWS Lambda API reference, CreateFunction) and limits (developer guide, "Lambda
// quotas").
const (
	defaultTimeout   = 3 * time.Second
	defaultInit      = 10 * time.Second
	managedInit      = 130 * time.Second // "Understanding the Lambda Managed Instances execution environment", or the time-out if longer
	defaultMemory    = 128
	defaultTemp      = 512 << 20
	maxDescriptors   = 1024
	maxThreads       = 1024
	maxPayload       = 6 << 20
	defaultInstances = 10
	defaultIdle      = 5 * time.Minute
)

const (
	defaultRegion  = "us-east-1"
	defaultAccount = "123456789012"
)

func (c Config) withDefaults() (Config, error) {
	if c.PerInstance < 0 || c.Timeout < 0 || c.InitLimit < 0 || c.Restore < 0 || c.Memory < 0 || c.TempSize < 0 || c.Concurrency < 0 || c.Idle < 0 {
		return c, hint.New("use 0 for the default", "a limit of the function is negative")
	}
	if c.SnapStart && c.PerInstance > 1 {
		return c, hint.New("leave out one of the two", "Lambda Managed Instances have no SnapStart")
	}
	c.Name = cmp.Or(c.Name, "function")
	c.Region = cmp.Or(c.Region, defaultRegion)
	c.Account = cmp.Or(c.Account, defaultAccount)
	c.Timeout = cmp.Or(c.Timeout, defaultTimeout)
	c.PerInstance = cmp.Or(c.PerInstance, 1)
	initLimit := defaultInit
	switch {
	case c.SnapStart:
		initLimit = min(max(c.Timeout, snapStartInit), snapStartMost)
	case c.PerInstance > 1:
		initLimit = max(c.Timeout, managedInit)
	}
	c.InitLimit = cmp.Or(c.InitLimit, initLimit)
	c.Restore = cmp.Or(c.Restore, defaultRestore)
	c.Memory = cmp.Or(c.Memory, defaultMemory)
	c.TempSize = cmp.Or(c.TempSize, defaultTemp)
	c.Concurrency = cmp.Or(c.Concurrency, defaultInstances)
	c.Idle = cmp.Or(c.Idle, defaultIdle)
	return c, nil
}
