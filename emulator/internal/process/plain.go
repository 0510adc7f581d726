package process

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"

	group "github.com/bootzip/bootzip/internal/process"
	"github.com/bootzip/bootzip/internal/sandbox"
)

type plain struct {
	process *os.Process
	once    sync.Once
	done    chan struct{}
	status  string
	peak    int64 // after the end, in bytes
}

func (p *plain) Wait() string {
	p.once.Do(func() {
		state, err := p.process.Wait()
		switch {
		case err != nil:
			p.status = err.Error()
		default:
			p.status = strings.TrimSuffix(state.String(), " (core dumped)")
			p.peak = peakOf(state)
		}
		// What it left behind, unless in other process groups.
		_ = group.Kill(p.process.Pid)
		close(p.done)
	})
	<-p.done
	return p.status
}

func (p *plain) Signal(s syscall.Signal) { _ = p.process.Signal(s) }

func (p *plain) Kill() {
	select {
	case <-p.done: // its id may have been reused
	default:
		_ = group.Kill(p.process.Pid)
		_ = p.process.Kill()
	}
}

func (p *plain) Memory() (now, peak int64) {
	select {
	case <-p.done:
		return 0, p.peak
	default:
	}
	return sandbox.ReadMemory(fmt.Sprintf("/proc/%d/status", p.process.Pid))
}

func (p *plain) UID() int { return os.Getuid() }

func (p *plain) Unfiltered() string { return "it is a plain process" }
