package sandbox

import (
	"errors"
	"net"
	"os"
)

// A Mount makes a directory or file of the host visible inside. A mount at "/" must come
// first, be read-only, and have the directories dev, proc and tmp, and the targets of the
// other mounts.
type Mount struct {
	Source   string // on the host, absolute
	Target   string // inside, absolute
	ReadOnly bool
}

// A Command is one program to run. Dir and Argv[0] are paths inside.
type Command struct {
	Dir  string
	Env  []string // the complete environment
	Argv []string
}

// A Result is how a command ended.
type Result struct {
	Index  int    // of the command
	Exit   int    // exit status; -1 if it was not started or a signal ended it
	Output string // standard output and error together, the first 1 MiB

	// Unfiltered says why the command ran without a filter of system calls; empty
	// if it had one.
	Unfiltered string
}

// Config describes a sandbox and the commands to run in it.
type Config struct {
	Mounts   []Mount
	Commands []Command
	Parallel int // how many commands run at the same time; at least 1

	// Files that the commands write belong to the caller, whatever UID and GID are.
	UID, GID int // of the commands, inside
	Umask    int // 0: 022
}

// ErrUnsupported is the error of Probe, Run and, in a RefusedError, Start on systems
// without namespaces.
var ErrUnsupported = errors.New("namespaces need Linux")

// APIAddress is where Start listens if the sandbox has its own network. The port is
// Lambda's.
const APIAddress = "127.0.0.1:9001"

// maxOutput bounds how much of a command's output is kept, in bytes.
const maxOutput = 1 << 20

// A ProcessConfig describes a sandbox for Start, with one program that keeps running.
// Unlike a sandbox of Run it has /proc, and the network of the host unless OwnNetwork
// is set.
type ProcessConfig struct {
	Mounts      []Mount
	Command     Command  // without Argv, nothing is started before Beside and Again
	UID, GID    int      // of the program, inside
	Temp        int64    // bytes that fit into /tmp; 0: the system's default
	Descriptors uint64   // that a process may have open; 0: the caller's limit
	Tasks       uint64   // processes and threads in the sandbox, at most; 0: the caller's limit. See [Process.TasksBounded]
	Output      *os.File `json:"-"` // gets standard output and error

	// Keep makes the sandbox outlast the program, so that Again can start another one
	// with the same /tmp. The caller ends the sandbox with Close.
	Keep bool

	// OwnNetwork gives the sandbox a network with only a loopback interface. Before
	// the program starts, Listening gets a listener at APIAddress in that network; the
	// callee closes it.
	OwnNetwork bool
	Listening  func(net.Listener) `json:"-"`

	// Begun, if set, is called with the id of the sandbox's first process, the parent of
	// the program. Nothing else is started in the sandbox before Begun returns.
	Begun func(pid int) `json:"-"`
}

// A RefusedError reports that this system cannot make such a sandbox. Other errors
// are about the program in it.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return "sandbox: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *RefusedError) Unwrap() error { return e.Err }
