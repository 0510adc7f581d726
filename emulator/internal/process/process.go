// Package process starts a bootstrap, in a sandbox of Linux namespaces where
// that is possible and as a plain process otherwise, and tells how it ended.
package process

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/bootzip/bootzip/emulator/internal/cgroup"
	"github.com/bootzip/bootzip/internal/sandbox"
)

// Where Lambda unpacks a function's zip, and what it starts there.
const (
	TaskRoot  = "/var/task"
	Bootstrap = TaskRoot + "/bootstrap"
)

// A Process is a bootstrap that was started.
type Process interface {
	// Wait waits for the end and returns it in the words of package os:
	// "exit status 1", "signal: killed".
	Wait() string
	Signal(syscall.Signal)
	// Kill ends it, and what it started.
	Kill()
	// Memory returns its resident memory in bytes, now and at most; 0 where
	// that cannot be told.
	Memory() (now, peak int64)
}

// Config says what to start.
type Config struct {
	Task   string // folder with the content of the zip
	Env    []string
	Output *os.File // standard output and error
	Files  []File   // of the host, to be seen inside a sandbox
	System bool     // the host's system folders are to be seen there too
	Temp   int64    // bytes of /tmp in a sandbox
	Open   uint64   // descriptors, in a sandbox
	Qemu   string   // program on the host that runs the bootstrap; empty: none

	Group *cgroup.Group // bounds the processes
}

// A File is one of the host that is to be seen, read-only, at another place.
type File struct{ Source, Target string }

// systemFolders are what scripts and dynamically linked programs need.
var systemFolders = []string{"/bin", "/etc", "/lib", "/lib64", "/sbin", "/usr"}

const qemuInside = "/qemu"

// Isolated starts the bootstrap in a sandbox. The error is a
// *sandbox.RefusedError where there can be none.
func Isolated(c Config) (Process, error) {
	s := sandbox.ProcessConfig{
		Mounts: []sandbox.Mount{{Source: c.Task, Target: TaskRoot, ReadOnly: true}},
		Command: sandbox.Command{
			Dir: TaskRoot, Argv: []string{Bootstrap},
			Env: append(c.Env, "LAMBDA_TASK_ROOT="+TaskRoot),
		},
		Temp: c.Temp, Files: c.Open, Output: c.Output, Begun: c.Group.Add,
	}
	if c.System {
		for _, folder := range systemFolders {
			if _, err := os.Stat(folder); err == nil {
				s.Mounts = append(s.Mounts, sandbox.Mount{Source: folder, Target: folder, ReadOnly: true})
			}
		}
	}
	for _, f := range c.Files {
		if !c.System {
			s.Mounts = append(s.Mounts, sandbox.Mount{Source: f.Source, Target: f.Target, ReadOnly: true})
		}
	}
	if c.Qemu != "" {
		s.Mounts = append(s.Mounts, sandbox.Mount{Source: c.Qemu, Target: qemuInside, ReadOnly: true})
		s.Command.Argv = []string{qemuInside, Bootstrap}
	}
	p, err := sandbox.Start(s)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Plain starts the bootstrap as a process like any other, in a group of its
// own.
func Plain(c Config) (Process, error) {
	argv := []string{filepath.Join(c.Task, "bootstrap")}
	if c.Qemu != "" {
		argv = append([]string{c.Qemu}, argv...)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	p, err := os.StartProcess(argv[0], argv, &os.ProcAttr{
		Dir: c.Task, Env: append(c.Env, "LAMBDA_TASK_ROOT="+c.Task),
		Files: []*os.File{null, c.Output, c.Output}, Sys: ownGroup(),
	})
	if err != nil {
		// Say it as Lambda does, which knows the bootstrap by another path.
		var failed *fs.PathError
		if errors.As(err, &failed) {
			failed.Path = Bootstrap
		}
		return nil, err
	}
	c.Group.Add(p.Pid) // what it has started until now goes free
	return &plain{process: p, done: make(chan struct{})}, nil
}
