package sandbox

import (
	"errors"
	"net"
	"os"
)

// A Mount makes a directory or file of the host visible inside. One at "/" is read-only,
// the first, and has the directories dev, proc and tmp, and what else is mounted over.
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

	// Unfiltered says why the command ran without a filter of system calls;
	// empty: it had one.
	Unfiltered string
}

// Config is a sandbox and what runs in it.
type Config struct {
	Mounts   []Mount
	Commands []Command
	Parallel int // how many run side by side; at least 1

	// What the commands find themselves in. Their files belong to the caller
	// whoever they think they are.
	UID, GID int // who they run as, inside
	Umask    int // 0: 022
}

// ErrUnsupported is returned by Probe and Run on systems without namespaces.
var ErrUnsupported = errors.New("namespaces need Linux")

// maxOutput bounds what is kept of a command's output, in bytes.
const maxOutput = 1 << 20

// A ProcessConfig is a sandbox with one program in it that lives on and is
// talked to, for Start. It differs from what Run makes: there is /proc, and
// the network is the host's, unless OwnNetwork is set.
type ProcessConfig struct {
	Mounts      []Mount
	Command     Command  // without Argv, nothing is started before Beside and Again
	UID, GID    int      // who the program is, inside
	Temp        int64    // bytes that fit into /tmp; 0: the system's own bound
	Descriptors uint64   // that a process may have open; 0: the caller's bound
	Tasks       uint64   // processes and threads in the sandbox, at most; 0: the caller's bound. Since Linux 5.14, or as root
	Debug       bool     // the program may trace others in the sandbox (ptrace(2))
	Output      *os.File `json:"-"` // gets standard output and error

	// Keep has the sandbox outlast the program, so that Again can start it once
	// more and it finds in /tmp what was left there. The caller ends it by Close.
	Keep bool

	// OwnNetwork gives the sandbox a network with nothing in it but a
	// loopback interface. Before the program starts, Listening gets a listener
	// at APIAddress of that network; the callee closes it.
	OwnNetwork bool
	Listening  func(net.Listener) `json:"-"`

	// Begun is called with the sandbox's first process, whose child the program will be, before that is
	// started; may be nil.
	Begun func(pid int) `json:"-"`
}

// A RefusedError says that this system makes no such sandbox, as opposed to
// that the program in it could not be started.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return "sandbox: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *RefusedError) Unwrap() error { return e.Err }
