package sandbox

import "errors"

// A Mount makes a folder or file of the host visible inside.
type Mount struct {
	Source   string // on the host, absolute
	Target   string // inside, absolute
	ReadOnly bool
}

// A Command is one program to run. Dir and Argv[0] are paths inside.
type Command struct {
	Dir  string
	Env  []string // the whole environment
	Argv []string
}

// A Result is how a command ended.
type Result struct {
	Index  int    // of the command
	Exit   int    // exit status; -1 if it was not started or a signal ended it
	Output string // standard output and error together, the first 1 MiB
}

// Config is a sandbox and what runs in it.
type Config struct {
	Mounts   []Mount
	Commands []Command
	Parallel int // how many run side by side; at least 1
}

// ErrUnsupported is returned by Probe and Run on systems without namespaces.
var ErrUnsupported = errors.New("namespaces need Linux")

// maxOutput bounds what is kept of a command's output, in bytes.
const maxOutput = 1 << 20
