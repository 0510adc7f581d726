package emulator

import (
	"fmt"
	"sync"

	"github.com/bootzip/bootzip/emulator/internal/cgroup"
)

// isolation describes how the instances of a function are isolated. It is certain
// after the first start.
type isolation struct {
	mu      sync.Mutex // nothing blocks and no other lock is taken while it is held
	plain   bool       // instances are plain processes
	refusal string     // why sandboxes are refused; empty: they are not
	bounds  string
	open    string // why system calls are not filtered; empty: they are
}

func (s *isolation) isPlain() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.plain
}

// refused notes that sandboxes are refused.
func (s *isolation) refused(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plain, s.refusal = true, why.Error()
}

// noteStart records how a started instance is bounded, and why its system calls are not
// filtered.
func (f *Function) noteStart(b *bootstrap) {
	memory, threads := "memory is watched", "threads are not limited"
	if b.group.Memory {
		memory = "memory is watched, and bounded by a control group"
	}
	if b.group.Tasks || b.process.TasksBounded() {
		threads = "threads are limited"
	}
	bounds, open := memory+"; "+threads, b.process.Unfiltered()
	if f.config.Container != "" {
		bounds = "memory and threads are bounded by the container"
	}
	s := &f.isolation
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bounds, s.open = bounds, open
}

const (
	inEmptyRoot = "in an empty root"
	byQemu      = ", by qemu"
)

// Isolation describes in a few words what instances see of this machine, and names
// the extensions in layers if they are not started. It is certain after the first
// start.
func (f *Function) Isolation() string {
	f.isolation.mu.Lock()
	defer f.isolation.mu.Unlock()
	how, without := "", ""
	if f.qemu != "" {
		how = byQemu
	}
	if len(f.layered) > len(f.external()) {
		without = fmt.Sprintf(", without the extensions of its layers (%q)", f.layered)
	}
	switch {
	case f.config.Container != "":
		return "in a container of " + f.config.Container + without
	case f.isolation.refusal != "":
		return "as a plain process" + how + " (" + f.isolation.refusal + ")"
	case f.isolation.plain:
		return "as a plain process" + how
	}
	if f.isolation.open != "" {
		how += ", without a filter of system calls (" + f.isolation.open + ")"
	}
	if f.system() {
		return "in a root with this machine's system directories" + how + without
	}
	return inEmptyRoot + how + without
}

// Bounds describes in a few words how memory and threads of instances are bounded;
// empty before the first start.
func (f *Function) Bounds() string {
	f.isolation.mu.Lock()
	defer f.isolation.mu.Unlock()
	return f.isolation.bounds
}

// What the first process of a sandbox may need for itself, in bytes and
// threads.
const (
	sandboxMemory = 16 << 20
	sandboxTasks  = 16
)

// newGroup makes the control group of an instance. In a sandbox /tmp is memory too, so
// the bound includes it. The bound stops programs whose memory grows faster than it is
// measured.
func (f *Function) newGroup() *cgroup.Group {
	memory, tasks := int64(f.config.Memory)<<20, maxThreads
	if !f.isolation.isPlain() {
		memory, tasks = memory+f.config.TempSize+sandboxMemory, tasks+sandboxTasks
	}
	return cgroup.New(memory, tasks)
}
