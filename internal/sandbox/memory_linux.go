package sandbox

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// usage is the memory of a process, in bytes (proc(5), status).
type usage struct {
	own    int64 // RssAnon and RssFile
	shared int64 // RssShmem: mapped files in memory, and memory that was inherited as shared
	peak   int64 // VmHWM
}

// readUsage reads a status file in /proc; all is 0 if there is none.
func readUsage(name string) (u usage) {
	text, err := os.ReadFile(name)
	if err != nil {
		return u
	}
	for line := range strings.Lines(string(text)) {
		field, value, _ := strings.Cut(line, ":")
		switch field {
		case "RssAnon", "RssFile":
			u.own += inBytes(value)
		case "RssShmem":
			u.shared = inBytes(value)
		case "VmHWM":
			u.peak = inBytes(value)
		}
	}
	return u
}

// inBytes parses a value such as "  1024 kB"; an invalid one is 0.
func inBytes(value string) int64 {
	var kb int64
	_, _ = fmt.Sscanf(value, "%d", &kb)
	return kb << 10
}

// ReadUsage returns what a process has used; all is 0 if there is no process.
func ReadUsage(pid int) Usage {
	dir := fmt.Sprintf("/proc/%d", pid)
	_, u := liveThread(dir)
	return Usage{Memory: u.own + u.shared, Peak: u.peak, CPU: readCPU(dir)}
}

// memory adds up what all processes except this one use: resident memory, and memfds
// whether or not they are mapped. Files in /tmp do not count: on Lambda, /tmp is a
// disk with its own limit.
func memory() (all Usage) {
	processes, _ := filepath.Glob("/proc/[0-9]*")
	files := map[[2]uint64]int64{} // by device and inode
	sharing := map[string]int64{}  // by directory
	for _, dir := range processes {
		if dir == "/proc/1" {
			continue
		}
		all.CPU += readCPU(dir)
		dir, u := liveThread(dir)
		all.Memory += u.own
		all.Peak += u.peak
		memoryFiles(dir, files)
		if u.shared > 0 {
			sharing[dir] = u.shared
		}
	}
	var mapped int64
	for dir, n := range sharing {
		if len(files) > 0 {
			// n may include mappings of files that are counted already.
			n = sharedWithoutFile(dir, files)
		}
		mapped += n
	}
	for _, n := range files {
		all.Memory += n
	}
	all.Memory += max(mapped, segments()) // mapped includes segments that processes have mapped
	all.Peak = max(all.Peak, all.Memory)
	return all
}

// liveThread returns the directory in /proc that shows a process's memory, and the memory
// that it shows. It is the directory of the process, or of another thread if the first
// thread has ended: the process keeps its memory then, but its own directory no longer
// shows it (pthread_exit(3)).
func liveThread(dir string) (string, usage) {
	u := readUsage(dir + "/status")
	if u.peak > 0 {
		return dir, u
	}
	threads, _ := filepath.Glob(dir + "/task/*")
	for _, thread := range threads {
		if u = readUsage(thread + "/status"); u.peak > 0 {
			return thread, u
		}
	}
	return dir, u
}

// tick is the unit of the times in /proc/PID/stat: USER_HZ is 100 on every architecture that
// Lambda has (proc(5), sysconf(3)).
const tick = 10 * time.Millisecond

// readCPU returns the CPU time of a process and of those that it has waited for, from its
// directory in /proc; 0 if there is none. The threads' times are exact to the nanosecond
// (schedstat; Linux, Documentation/scheduler/sched-stats.rst). The stat file includes threads
// and children that have ended, so the larger of the two counts.
func readCPU(dir string) time.Duration {
	var running time.Duration
	threads, _ := filepath.Glob(dir + "/task/*/schedstat")
	for _, name := range threads {
		text, _ := os.ReadFile(name) // it may have ended
		var n int64
		_, _ = fmt.Sscan(string(text), &n)
		running += time.Duration(n)
	}
	text, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return running
	}
	// The name, in parentheses, may have spaces.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	const utime, last = 11, 14
	var sum int64
	for i := utime; i <= last && i < len(fields); i++ {
		n, _ := strconv.ParseInt(fields[i], 10, 64)
		sum += n
	}
	return max(running, time.Duration(sum)*tick)
}

// memoryFiles adds the memfds that a process has open (memfd_create(2)).
func memoryFiles(dir string, files map[[2]uint64]int64) {
	entries, _ := os.ReadDir(dir + "/fd")
	for _, e := range entries {
		name := filepath.Join(dir, "fd", e.Name())
		if to, err := os.Readlink(name); err != nil || !strings.HasPrefix(to, "/memfd:") {
			continue
		}
		var s unix.Stat_t
		if unix.Stat(name, &s) == nil {
			files[[2]uint64{s.Dev, s.Ino}] = s.Blocks * 512
		}
	}
}

// sharedWithoutFile returns how much shared memory that is not in files a process has mapped,
// from its smaps (proc(5)): memory without a memfd, or of a memfd that no process has open
// any more.
func sharedWithoutFile(dir string, files map[[2]uint64]int64) (n int64) {
	text, _ := os.ReadFile(dir + "/smaps")
	counts := false
	for line := range strings.Lines(string(text)) {
		field, value, found := strings.Cut(line, ":")
		switch {
		case !found || strings.Contains(field, " "): // the head of a mapping
			counts = isShared(line, files)
		case counts && field == "Rss":
			n += inBytes(value)
		case counts && field == "Anonymous": // the process's own copies, in Rss as well
			n -= inBytes(value)
		}
	}
	return n
}

// isShared reports whether the head of a mapping in smaps (range, mode, offset, device, inode,
// path) is that of shared memory that is not in files.
func isShared(head string, files map[[2]uint64]int64) bool {
	var place, mode, offset, path string
	var major, minor uint32
	var inode uint64
	if n, _ := fmt.Sscanf(head, "%s %s %s %x:%x %d %s", &place, &mode, &offset, &major, &minor, &inode, &path); n < 7 || !strings.HasSuffix(head, " (deleted)\n") {
		return false
	}
	_, counted := files[[2]uint64{unix.Mkdev(major, minor), inode}]
	return !counted && (path == "/dev/zero" || strings.HasPrefix(path, "/SYSV") || strings.HasPrefix(path, "/memfd:"))
}

// segments returns the memory of System V shared segments, from the column rss of
// /proc/sysvipc/shm (proc(5)). Segments remain even if no process has them mapped.
func segments() (n int64) {
	text, _ := os.ReadFile("/proc/sysvipc/shm")
	head, rest, _ := strings.Cut(string(text), "\n")
	column := slices.Index(strings.Fields(head), "rss")
	for line := range strings.Lines(rest) {
		if fields := strings.Fields(line); column >= 0 && column < len(fields) {
			bytes, _ := strconv.ParseInt(fields[column], 10, 64)
			n += bytes
		}
	}
	return n
}
