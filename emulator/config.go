package emulator

import (
	"io"
	"time"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
)

// Config says how to run a function. Only Zip, or Root, is required.
type Config struct {
	Name    string       // of the function; default: "function"
	Zip     string       // file
	Root    *Root        // an image in place of the zip; only in a sandbox
	Layers  []string     // zips that become /opt, a later one over an earlier one; only in a sandbox
	Handler string       // value of _HANDLER
	Arch    project.Arch // default: the bootstrap's own

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
	Environment []string // KEY=value, in addition to what Lambda sets, and in place of it

	// Log gets the function's output and Lambda's lines about it, like a log
	// group of CloudWatch; nil discards them. Writes do not overlap.
	Log io.Writer

	// Platform gets Lambda's lines START, END, REPORT and INIT_REPORT in place
	// of Log, so that a function cannot imitate them; nil: Log gets them.
	Platform io.Writer

	// Temp is the directory in which the zip is unpacked; default: the
	// system's own for temporary files.
	Temp string

	// Qemu is a statically linked qemu-user program, which runs bootstraps of
	// the other architecture; empty: they cannot be run.
	Qemu string

	// Runner is a program, with arguments, that starts the bootstrap, whose path
	// follows, such as a debugger; only of plain processes.
	Runner []string

	// Attach is given the environment of an instance, which somebody else starts
	// with it; nil: instances are started here. With it, Plain is meant.
	Attach func(environment []string)

	// Container is "docker" or "podman", and runs instances in its containers;
	// empty: on Linux instances are started here, on other systems by the first
	// of the two that answers. Image is an image in place of an empty one, or of
	// Amazon Linux 2023 for scripts and dynamically linked programs.
	Container, Image string

	// ImageEnv are the variables, KEY=value, of the image that Root is, or whose files
	// Zip has; nil: the function is a zip.
	ImageEnv []string

	// Plain starts instances as plain processes even where namespaces are
	// allowed.
	Plain bool
}

// A Root is an unpacked image, with a directory for each of /dev, /etc, /proc, /sys and
// /tmp, and files /etc/hosts and /etc/resolv.conf over which the machine's are mounted.
type Root struct {
	File    string       // the image's archive, for its size and hash; empty: a directory
	Folder  string       // its files
	Program string       // file in Folder that is started, slash-separated
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

func (c Config) withDefaults() (Config, error) {
	if c.PerInstance < 0 || c.Timeout < 0 || c.InitLimit < 0 || c.Restore < 0 || c.Memory < 0 || c.TempSize < 0 || c.Concurrency < 0 || c.Idle < 0 {
		return c, hint.New("use 0 for the default", "a limit of the function is negative")
	}
	set(&c.Name, "function")
	set(&c.Region, "us-east-1")
	set(&c.Account, "123456789012")
	set(&c.Timeout, defaultTimeout)
	set(&c.PerInstance, 1)
	if c.SnapStart {
		if c.PerInstance > 1 {
			return c, hint.New("leave out one of the two", "Lambda Managed Instances have no SnapStart")
		}
		set(&c.InitLimit, min(max(c.Timeout, snapStartInit), snapStartMost))
	}
	if c.PerInstance > 1 {
		set(&c.InitLimit, max(c.Timeout, managedInit))
	}
	set(&c.InitLimit, defaultInit)
	set(&c.Restore, defaultRestore)
	set(&c.Memory, defaultMemory)
	set(&c.TempSize, defaultTemp)
	set(&c.Concurrency, defaultInstances)
	set(&c.Idle, defaultIdle)
	return c, nil
}

func set[T comparable](value *T, fallback T) {
	var zero T
	if *value == zero {
		*value = fallback
	}
}
