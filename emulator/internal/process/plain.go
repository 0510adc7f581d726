package process

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	group "github.com/bootzip/bootzip/internal/process"
	"github.com/bootzip/bootzip/internal/sandbox"
)

// plain is an ordinary process in its own group. Again starts a new one.
type plain struct {
	config  Config
	current atomic.Pointer[plainRun]
}

type plainRun struct {
	process *os.Process
	wait    func() string
	done    chan struct{} // closed when it has ended
	peak    int64         // then, in bytes
}

// Plain starts the bootstrap as an ordinary process in its own group.
func Plain(c Config) (Process, error) {
	p := &plain{config: c}
	if err := p.Again(c.Env); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *plain) Again(env []string) error {
	c := p.config
	argv := []string{filepath.Join(c.Task, "bootstrap")}
	if c.Qemu != "" {
		argv = append([]string{c.Qemu}, argv...)
	}
	argv = slices.Concat(c.Runner, argv)
	if err := sandbox.KeepDescriptors(); err != nil {
		return err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer null.Close()
	process, err := os.StartProcess(argv[0], argv, &os.ProcAttr{
		Dir: c.Task, Env: append(slices.Clone(env), "LAMBDA_TASK_ROOT="+c.Task),
		Files: []*os.File{null, c.Output, c.Output}, Sys: group.Group(),
	})
	if err != nil {
		// In Lambda's words, with Lambda's path of the bootstrap.
		var failed *fs.PathError
		if errors.As(err, &failed) {
			failed.Path = bootstrap
		}
		return err
	}
	c.Group.Add(process.Pid) // what it started before is not bounded
	r := &plainRun{process: process, done: make(chan struct{})}
	r.wait = sync.OnceValue(r.end)
	p.current.Store(r)
	return nil
}

func (p *plain) Wait() string { return p.current.Load().wait() }

// end waits for the end of a process, and ends what it left behind in its process group.
func (r *plainRun) end() string {
	defer close(r.done)
	state, err := r.process.Wait()
	_ = group.Kill(r.process.Pid)
	if err != nil {
		return err.Error()
	}
	r.peak = peakOf(state)
	return strings.TrimSuffix(state.String(), " (core dumped)")
}

func (p *plain) Signal(s syscall.Signal) { _ = p.current.Load().process.Signal(s) }

func (p *plain) Close() {
	p.Stop()
	p.Wait()
}

func (p *plain) Stop() {
	r := p.current.Load()
	select {
	case <-r.done: // its id may have been reused
	default:
		_ = group.Kill(r.process.Pid)
		_ = r.process.Kill()
	}
}

func (p *plain) Usage() sandbox.Usage {
	r := p.current.Load()
	select {
	case <-r.done:
		return sandbox.Usage{Peak: r.peak}
	default:
	}
	return sandbox.ReadUsage(r.process.Pid)
}

func (p *plain) Beside(string, []string, *os.File) (wait func() string, err error) {
	return nil, errors.New("a plain process has no /opt, and nothing is started from there")
}

func (p *plain) Dial(port int) (net.Conn, error) { return dialMachine(port) }

func (p *plain) UID() int { return os.Getuid() }

func (p *plain) Unfiltered() string { return "it is a plain process" }

func (p *plain) TasksBounded() bool { return false }
