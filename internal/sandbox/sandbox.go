package sandbox

import (
	"errors"
	"net"
	"os"
)

// A Mount makes a directory or file of the host visible inside. One at "/" comes first, is
// read-only, and has the directories dev, proc and tmp, and the targets of other mounts.
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

	// Unfiltered says why the command ran without a filter of system calls;
	// empty: it had one.
	Unfiltered string
}

// Config is a sandbox and what runs in it.
type Config struct {
	Mounts   []Mount
	Commands []Command
	Parallel int // how many run side by side; at least 1

	// Files that the commands write belong to the caller, whatever UID and GID are.
	UID, GID int // of the commands, inside
	Umask    int // 0: 022
}

// ErrUnsupported is returned by Probe and Run on systems without namespaces.
var ErrUnsupported = errors.New("namespaces need Linux")

// APIAddress is where Start listens in a network of the sandbox's own: the
// port is Lambda's.
const APIAddress = "127.0.0.1:9001"

// maxOutput bounds what is kept of a command's output, in bytes.
const maxOutput = 1 << 20

// A ProcessConfig is a sandbox for Start, with one program that keeps running.
// Unlike a sandbox of Run it has /proc, and the network of the host, unless
// OwnNetwork is set.
type ProcessConfig struct {
	Mounts      []Mount
	Command     Command  // without Argv, nothing is started before Beside and Again
	UID, GID    int      // of the program, inside
	Temp        int64    // bytes that fit into /tmp; 0: the system's own bound
	Descriptors uint64   // that a process may have open; 0: the caller's bound
	Tasks       uint64   // processes and threads in the sandbox, at most; 0: the caller's bound. See [Process.TasksBounded]
	Output      *os.File `json:"-"` // gets standard output and error

	// Keep makes the sandbox outlast the program, so that Again can start it once
	// more, with the same /tmp. The caller ends the sandbox with Close.
	Keep bool

	// OwnNetwork gives the sandbox a network with nothing in it but a
	// loopback interface. Before the program starts, Listening gets a listener
	// at APIAddress of that network; the callee closes it.
	OwnNetwork bool
	Listening  func(net.Listener) `json:"-"`

	// Begun, if set, is called with the id of the sandbox's first process, the parent of
	// the program, before the program starts.
	Begun func(pid int) `json:"-"`
}

// A RefusedError says that this system makes no such sandbox. Other errors are
// about the program in it.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return "sandbox: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *RefusedError) Unwrap() error { return e.Err }
