package build

import (
	"fmt"
	"maps"
	"slices"
)

// The bounds of a container. They keep a build from exhausting its machine, and are
// far above what the compilers need: Crystal takes 430 MB for a sample, rustc and
// Go's linker some gigabytes for the largest programs.
const (
	// maxProcesses bounds processes and threads. It is half of the process ids that
	// Linux has by default (32,768, see proc(5), pid_max), so a fork bomb leaves
	// the other half. Go's toolchain needs the most: one compiler for each CPU, with
	// about as many threads as there are CPUs; at 64 CPUs that is 4,096.
	maxProcesses = 16384

	// A container gets three quarters of the machine's memory, and /tmp at most half
	// of that. Linux gives a tmpfs half of the machine's memory by default
	// (tmpfs(5)), so /tmp is a quarter smaller than usual, and linking a large program
	// has enough memory.
	memoryNumerator, memoryDenominator = 3, 4
	tempDenominator                    = 2
)

// Bounds are the limits that an engine enforces on the commands of a build.
type Bounds struct {
	Memory      uint64 // bytes, /tmp included; 0: not bounded
	MemoryBy    string // "control group" for all processes together, "ulimit" for the data of each; "" if not bounded
	Processes   uint64 // processes and threads; 0: not bounded
	ProcessesBy string // "control group" for the container, "ulimit" for the user; "" if not bounded
	Seccomp     bool   // the engine's default filter of system calls is in force
}

const (
	byControlGroup = "control group"
	byUlimit       = "ulimit"
)

// String describes the bounds in one line: "at most 6.0 GiB of memory and 16384
// processes (control groups)".
func (b Bounds) String() string {
	memory := fmt.Sprintf("%.1f GiB of memory", float64(b.Memory)/(1<<30))
	processes := fmt.Sprintf("%d processes", b.Processes)
	var text string
	switch {
	case b.MemoryBy == "" && b.ProcessesBy == "":
		return ""
	case b.MemoryBy == "":
		text = fmt.Sprintf("at most %s (%s)", processes, b.ProcessesBy)
	case b.ProcessesBy == "":
		text = fmt.Sprintf("at most %s (%s)", memory, b.MemoryBy)
	case b.MemoryBy == b.ProcessesBy:
		text = fmt.Sprintf("at most %s and %s (%ss)", memory, processes, b.MemoryBy)
	default:
		text = fmt.Sprintf("at most %s (%s) and %s (%s)", memory, b.MemoryBy, processes, b.ProcessesBy)
	}
	if !b.Seccomp {
		text += ", and no seccomp filter"
	}
	return text
}

// hint explains why a command may have been killed. It is "" where memory is not
// bounded for all processes together.
func (b Bounds) hint() string {
	if b.MemoryBy != byControlGroup {
		return ""
	}
	return fmt.Sprintf("a container has at most %.1f GiB of memory, three quarters of the engine's machine; give that more, or build fewer functions at a time", float64(b.Memory)/(1<<30))
}

// bounds returns the bounds of every container of the engine.
func (i engineInfo) bounds() Bounds {
	b := Bounds{Processes: maxProcesses, ProcessesBy: byUlimit, Seccomp: i.seccomp}
	// Control groups count pages. Full mebibytes are exact, and easy to read.
	b.Memory = i.memory / memoryDenominator * memoryNumerator &^ (1<<20 - 1)
	if i.boundsProcesses {
		b.ProcessesBy = byControlGroup
	}
	switch {
	case b.Memory == 0:
	case i.boundsMemory:
		b.MemoryBy = byControlGroup
	default:
		b.MemoryBy = byUlimit
	}
	return b
}

// boundOptions returns the client's options for the bounds.
func (e *container) boundOptions() []string {
	b := e.bounds()
	var argv []string
	ulimits := map[string]uint64{}
	if !e.remote {
		ulimits = limits(e.client)
	}
	ulimits["core"] = 0 // a core dump would go where the host's core_pattern says
	if b.ProcessesBy == byControlGroup {
		argv = append(argv, "--pids-limit", fmt.Sprint(b.Processes))
	} else if _, ok := ulimits["nproc"]; !ok {
		ulimits["nproc"] = b.Processes
	}
	temp := "/tmp:exec,mode=1777"
	switch b.MemoryBy {
	case byControlGroup:
		argv = append(argv, "--memory", fmt.Sprint(b.Memory))
		if e.boundsSwap {
			argv = append(argv, "--memory-swap", fmt.Sprint(b.Memory)) // memory and swap together
		}
	case byUlimit:
		ulimits["data"] = b.Memory
	}
	if b.Memory > 0 {
		temp += fmt.Sprintf(",size=%d", b.Memory/tempDenominator)
	}
	return append(append(argv, "--tmpfs", temp), ulimitOptions(ulimits)...)
}

// ulimitOptions returns options that set soft and hard limits, by ulimit name.
func ulimitOptions(limits map[string]uint64) []string {
	var argv []string
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		argv = append(argv, "--ulimit", fmt.Sprintf("%s=%d:%d", name, limits[name], limits[name]))
	}
	return argv
}
