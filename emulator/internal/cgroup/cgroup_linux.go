// Package cgroup bounds the resources of a tree of processes by Linux control groups,
// version 2 or 1 (cgroups(7)), where the caller may make them: as root, or below a group
// that is delegated to the user, as systemd does for each session.
//
// Exceptions: with version 2, a controller that is not enabled in the caller's own group
// or the one above bounds nothing; see [Group.Memory] and [Group.Tasks]. Files in a tmpfs
// count as memory of their writer.
package cgroup

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// prefix begins the name of each group; the process id of its maker follows.
const prefix = "bootzip-emulator-"

// A Group bounds the processes that are added to it, and what they start.
type Group struct {
	Memory, Tasks bool // whether they are bounded

	dirs   []string
	killed map[string]string // by directory: the number of killed processes at the last OutOfMemory
}

// New makes a group whose processes together may use memory bytes and have tasks
// threads. Memory and Tasks report which of the two are bounded.
func New(memory int64, tasks int) *Group {
	g := &Group{killed: map[string]string{}}
	name := fmt.Sprintf("%s%d-%s", prefix, os.Getpid(), rand.Text()[:8])
	for _, h := range hierarchies() {
		noSwap := "0"
		if !h.second { // version 1 counts memory and swap together
			noSwap = strconv.FormatInt(memory, 10)
		}
		for _, parent := range h.parents {
			dir := filepath.Join(parent, name)
			if os.Mkdir(dir, 0o755) != nil {
				continue
			}
			bounded := false
			if h.memory != "" && write(dir, h.memory, strconv.FormatInt(memory, 10)) {
				g.Memory, bounded = true, true
				write(dir, h.swap, noSwap)
				write(dir, "memory.oom.group", "1")
			}
			if h.tasks && write(dir, "pids.max", strconv.Itoa(tasks)) {
				g.Tasks, bounded = true, true
			}
			if bounded {
				g.dirs = append(g.dirs, dir)
				break
			}
			_ = os.Remove(dir)
		}
	}
	return g
}

// Add puts a process into the group. If that fails, neither Memory nor Tasks counts as
// bounded. What the process started before is not in the group.
func (g *Group) Add(pid int) {
	for _, dir := range g.dirs {
		if !write(dir, "cgroup.procs", strconv.Itoa(pid)) {
			g.Memory, g.Tasks = false, false
		}
	}
}

// OutOfMemory reports whether the kernel has killed a process of the group because of its
// memory since the last call (cgroup-v2.rst, memory.events; version 1: memory.oom_control).
func (g *Group) OutOfMemory() bool {
	for _, dir := range g.dirs {
		for _, name := range []string{"memory.events", "memory.oom_control"} {
			text, _ := os.ReadFile(filepath.Join(dir, name)) // only one of the two exists
			for line := range strings.Lines(string(text)) {
				if count, found := strings.CutPrefix(strings.TrimSpace(line), "oom_kill "); found && count != "0" {
					before := g.killed[dir]
					g.killed[dir] = count
					return before != count
				}
			}
		}
	}
	return false
}

// Close removes the group. Its processes must have ended; the kernel may take a moment to notice.
func (g *Group) Close() {
	for _, dir := range g.dirs {
		for try := 0; os.Remove(dir) != nil && try < 50; try++ {
			time.Sleep(2 * time.Millisecond)
		}
	}
	g.dirs = nil
}

// Sweep removes the empty groups of processes that have ended.
func Sweep() {
	for _, h := range hierarchies() {
		for _, parent := range h.parents {
			dirs, _ := filepath.Glob(filepath.Join(parent, prefix+"*"))
			for _, dir := range dirs {
				maker, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), prefix), "-")
				if pid, err := strconv.Atoi(maker); err == nil && syscall.Kill(pid, 0) == syscall.ESRCH {
					_ = os.Remove(dir) // fails if a process is in it
				}
			}
		}
	}
}

func write(dir, file, text string) bool {
	// Without O_CREAT: a missing controller has no files.
	f, err := os.OpenFile(filepath.Join(dir, file), os.O_WRONLY, 0)
	if err != nil {
		return false
	}
	_, err = f.WriteString(text)
	return f.Close() == nil && err == nil
}

// A hierarchy is one tree of groups.
type hierarchy struct {
	parents []string // directories in which a group may be made, the best first
	memory  string   // file for the bound; empty: memory is not bounded here
	swap    string
	tasks   bool
	second  bool // version 2
}

func hierarchies() []hierarchy {
	mounts, _ := os.ReadFile("/proc/self/mountinfo") // without both files, there are no hierarchies
	own, _ := os.ReadFile("/proc/self/cgroup")
	return find(string(mounts), string(own))
}

// find reads /proc/self/mountinfo and /proc/self/cgroup (proc(5)).
func find(mounts, own string) []hierarchy {
	var all []hierarchy
	for line := range strings.Lines(mounts) {
		before, after, found := strings.Cut(line, " - ")
		fields, kind := strings.Fields(before), strings.Fields(after)
		if !found || len(fields) < 5 || len(kind) < 3 {
			continue
		}
		options := strings.Split(kind[2], ",")
		h := hierarchy{}
		controller := ""
		switch {
		case kind[0] == "cgroup2":
			h = hierarchy{memory: "memory.max", swap: "memory.swap.max", second: true}
		case kind[0] == "cgroup" && slices.Contains(options, "memory"):
			h, controller = hierarchy{memory: "memory.limit_in_bytes", swap: "memory.memsw.limit_in_bytes"}, "memory"
		case kind[0] == "cgroup" && slices.Contains(options, "pids"):
			controller = "pids"
		default:
			continue
		}
		h.tasks = h.second || slices.Contains(options, "pids")
		path, found := ownPath(own, controller)
		inside, below := strings.CutPrefix(path, strings.TrimSuffix(fields[3], "/"))
		if !found || !below {
			continue
		}
		dir := filepath.Join(fields[4], inside)
		h.parents = []string{dir}
		if h.second && dir != filepath.Clean(fields[4]) {
			// A group with processes in it cannot have others with controllers below.
			h.parents = append(h.parents, filepath.Dir(dir))
		}
		all = append(all, h)
	}
	return all
}

// ownPath returns the caller's group in the hierarchy of a controller; "" stands for
// version 2.
func ownPath(own, controller string) (path string, found bool) {
	for line := range strings.Lines(own) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(parts) == 3 && slices.Contains(strings.Split(parts[1], ","), controller) {
			return parts[2], true
		}
	}
	return "", false
}
