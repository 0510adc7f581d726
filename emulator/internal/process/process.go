// Package process starts a bootstrap, in a sandbox of Linux namespaces if possible and as
// a plain process otherwise, and reports how it ended.
package process

import (
	"cmp"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/bootzip/bootzip/emulator/internal/cgroup"
	"github.com/bootzip/bootzip/internal/sandbox"
)

// Where Lambda unpacks a function's zip and layers, and what it starts.
const (
	taskRoot  = "/var/task"
	bootstrap = taskRoot + "/bootstrap"
	OptRoot   = "/opt" // of layers
)

// A Process is a started bootstrap.
type Process interface {
	// Wait waits until the bootstrap has ended and returns how, in the words of package
	// os: "exit status 1", "signal: killed".
	Wait() string
	Signal(syscall.Signal)
	// Stop ends the bootstrap and what it started. Again remains possible.
	Stop()
	// Again starts the bootstrap after it has ended, or with Later for the first time,
	// with another environment and the same /tmp.
	Again(env []string) error
	// Beside starts another program beside the bootstrap, given its path as the
	// bootstrap sees it. wait waits until it has ended, and returns how, as Wait does.
	Beside(program string, env []string, output *os.File) (wait func() string, err error)
	// Dial connects to a port of the processes' 127.0.0.1.
	Dial(port int) (net.Conn, error)
	// Close ends the bootstrap, what it started and its sandbox, and waits until all have
	// ended.
	Close()
	// Usage returns what the processes use; what is not known is 0.
	Usage() sandbox.Usage
	// UID returns the user id of its processes on this machine.
	UID() int
	// Unfiltered returns why system calls are not filtered; empty if they are.
	Unfiltered() string
	// TasksBounded reports whether Config.Tasks is enforced without a control group.
	TasksBounded() bool
}

// Config says what to start.
type Config struct {
	Task   string // directory with the content of the zip
	Opt    string // directory with the content of its layers, for a sandbox; empty: none
	Etc    string // directory written by WriteEtc, for a sandbox
	Env    []string
	Output *os.File // standard output and error
	System bool     // show the host's system directories in a sandbox
	Temp   int64    // bytes of /tmp in a sandbox
	Open   uint64   // descriptors, in a sandbox
	Tasks  uint64   // processes and threads, in a sandbox
	Qemu   string   // program on the host that runs the bootstrap; empty: none
	Runner []string // likewise for a plain process, with arguments

	// OwnNetwork gives a sandbox a network of its own, where the Runtime API
	// is at sandbox.APIAddress: Listening gets its listener before the
	// program starts.
	OwnNetwork bool
	Listening  func(net.Listener)

	// For a container: Client is docker or podman, Image replaces the default image, and
	// Platform is linux/amd64 or linux/arm64. MemoryMB is the memory size.
	Client, Image, Platform string
	MemoryMB                int

	// For an image in place of Task: its files, the command, whose path is the one in the
	// image, and the working directory.
	Root    string
	Command []string
	Dir     string

	InLayer bool          // the bootstrap is in Opt, not in Task
	Keep    bool          // for Again; until Close
	Later   bool          // the bootstrap is not started before Again; in a sandbox
	Group   *cgroup.Group // bounds the processes
}

// entry is the path of the bootstrap on Lambda.
func (c Config) entry() string {
	if c.InLayer {
		return OptRoot + "/bootstrap"
	}
	return bootstrap
}

// systemDirs are what scripts and dynamically linked programs need.
var systemDirs = []string{"/bin", "/lib", "/lib64", "/sbin", "/usr"}

const qemuInside = "/dev/qemu" // an image has no files there

// Isolated starts the bootstrap in a sandbox. The error is a *sandbox.RefusedError if
// sandboxes are refused.
func Isolated(c Config) (Process, error) {
	again := func(env []string) sandbox.Command {
		command := sandbox.Command{Dir: taskRoot, Argv: []string{c.entry()}, Env: append(env, "LAMBDA_TASK_ROOT="+taskRoot)}
		if c.Root != "" {
			command = sandbox.Command{Dir: cmp.Or(c.Dir, "/"), Argv: c.Command, Env: env}
		}
		if c.Qemu != "" {
			command.Argv = append([]string{qemuInside}, command.Argv...)
		}
		return command
	}
	empty := filepath.Join(c.Etc, emptyDir)
	mounts := []sandbox.Mount{
		{Source: c.Task, Target: taskRoot, ReadOnly: true},
		{Source: c.Etc, Target: "/etc", ReadOnly: true},
		{Source: empty, Target: "/var/runtime", ReadOnly: true},
		{Source: cmp.Or(c.Opt, empty), Target: OptRoot, ReadOnly: true},
	}
	if c.Root != "" {
		mounts = []sandbox.Mount{{Source: c.Root, Target: "/", ReadOnly: true}}
		for _, name := range []string{"hosts", "resolv.conf"} {
			if file := filepath.Join(c.Etc, name); exists(file) {
				mounts = append(mounts, sandbox.Mount{Source: file, Target: "/etc/" + name, ReadOnly: true})
			}
		}
	}
	s := sandbox.ProcessConfig{
		Mounts: mounts,
		Keep:   c.Keep,
		UID:    lambdaUID, GID: lambdaGID,
		Temp: c.Temp, Descriptors: c.Open, Tasks: c.Tasks, Output: c.Output, Begun: c.Group.Add,
		OwnNetwork: c.OwnNetwork, Listening: c.Listening,
	}
	if !c.Later {
		s.Command = again(c.Env)
	}
	if c.System {
		seen := slices.Clone(systemDirs)
		for _, name := range hostEtc {
			seen = append(seen, "/etc/"+name)
		}
		for _, name := range seen {
			if exists(name) {
				s.Mounts = append(s.Mounts, sandbox.Mount{Source: name, Target: name, ReadOnly: true})
			}
		}
		s.Mounts = append(s.Mounts, shellMounts()...)
	}
	if c.Qemu != "" {
		s.Mounts = append(s.Mounts, sandbox.Mount{Source: c.Qemu, Target: qemuInside, ReadOnly: true})
	}
	p, err := sandbox.Start(s)
	if err != nil {
		return nil, err
	}
	return isolated{p, again, c}, nil
}

// isolated is a process in a sandbox.
type isolated struct {
	*sandbox.Process
	command func(env []string) sandbox.Command
	config  Config
}

func (i isolated) Again(env []string) error { return i.Process.Again(i.command(env)) }

func (i isolated) Beside(program string, env []string, output *os.File) (wait func() string, err error) {
	argv := []string{program}
	file := filepath.Join(i.config.Opt, strings.TrimPrefix(program, OptRoot))
	if i.config.Root != "" {
		file = filepath.Join(i.config.Root, program)
	}
	if i.config.Qemu != "" && !scripted(file) {
		argv = []string{qemuInside, program}
	}
	return i.Process.Beside(sandbox.Command{Dir: "/", Argv: argv, Env: env}, output)
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// scripted reports whether a file begins with the name of its interpreter.
func scripted(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	var b [2]byte
	_, _ = f.Read(b[:])
	return string(b[:]) == "#!"
}

// Dial connects without the sandbox if the network is the machine's.
func (i isolated) Dial(port int) (net.Conn, error) {
	if i.config.OwnNetwork {
		return i.Process.Dial(port)
	}
	return dialMachine(port)
}

// once is a process in the machine's network that is started only once, without others
// beside it. It is used where instances neither rest nor have extensions.
type once struct{}

func (once) Again([]string) error { return errors.New("it is started once") }

func (once) Beside(string, []string, *os.File) (wait func() string, err error) {
	return nil, errors.New("nothing is started beside it")
}

func (once) TasksBounded() bool { return false }

func (once) Dial(port int) (net.Conn, error) { return dialMachine(port) }

func dialMachine(port int) (net.Conn, error) {
	return net.DialTimeout("tcp", "127.0.0.1:"+strconv.Itoa(port), 5*time.Second)
}
