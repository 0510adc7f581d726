package process

import (
	"errors"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	group "github.com/bootzip/bootzip/internal/process"
	"github.com/bootzip/bootzip/internal/sandbox"
)

// A plain process starts again as another process.
type plain struct {
	config  Config
	current atomic.Pointer[plainRun]
}

type plainRun struct {
	process *os.Process
	once    sync.Once
	done    chan struct{}
	status  string
	peak    int64 // after the end, in bytes
}

func (p *plain) Again(env []string) error {
	c := p.config
	c.Env = slices.Clone(env)
	process, err := startPlain(c)
	if err != nil {
		return err
	}
	p.current.Store(&plainRun{process: process, done: make(chan struct{})})
	return nil
}

func (p *plain) Wait() string {
	r := p.current.Load()
	r.once.Do(func() {
		state, err := r.process.Wait()
		switch {
		case err != nil:
			r.status = err.Error()
		default:
			r.status = strings.TrimSuffix(state.String(), " (core dumped)")
			r.peak = peakOf(state)
		}
		// What it left behind, unless in other process groups.
		_ = group.Kill(r.process.Pid)
		close(r.done)
	})
	<-r.done
	return r.status
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
