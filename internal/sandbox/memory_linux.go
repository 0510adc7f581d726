package sandbox

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// usage is what a process, or several, have of memory, in bytes (proc(5),
// status).
type usage struct {
	own    int64 // RssAnon and RssFile
	shared int64 // RssShmem: mapped files of memory, and what was inherited as shared
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
		var kb int64
		switch field {
		case "RssAnon", "RssFile", "RssShmem", "VmHWM":
			_, _ = fmt.Sscanf(value, "%d", &kb)
		}
		switch field {
		case "RssAnon", "RssFile":
			u.own += kb << 10
		case "RssShmem":
			u.shared = kb << 10
		case "VmHWM":
			u.peak = kb << 10
		}
	}
	return u
}

// ReadUsage returns what a process has used; all is 0 if there is none.
func ReadUsage(pid int) Usage {
	dir := fmt.Sprintf("/proc/%d", pid)
	u := readUsage(dir + "/status")
	return Usage{Memory: u.own + u.shared, Peak: u.peak, CPU: readCPU(dir)}
}

// memory adds up what all processes but this one have: what is resident, and
// files of memory whether or not they are mapped. Files in /tmp do not count:
// on Lambda that is a disk, and it has a bound of its own.
func memory() (all Usage) {
	var now, peak int64
	processes, _ := filepath.Glob("/proc/[0-9]*")
	files := map[[2]uint64]int64{} // by device and inode
	var mapped int64
	for _, dir := range processes {
		if dir == "/proc/1" {
			continue
		}
		u := readUsage(dir + "/status")
		now, peak = now+u.own, peak+u.peak
		all.CPU += readCPU(dir)
		before := len(files)
		memoryFiles(dir, files)
		if u.shared > 0 && len(files) > before {
			// Some of it may be mappings of files that are counted already.
			u.shared = sharedWithoutFile(dir)
		}
		mapped += u.shared
	}
	for _, n := range files {
		now += n
	}
	now += mapped
	if segments := segments(); segments > mapped {
		now += segments - mapped
	}
	all.Memory, all.Peak = now, max(now, peak)
	return all
}

// tick is the unit of the times in /proc/PID/stat: USER_HZ is 100 on every architecture that
// Lambda has (proc(5), sysconf(3)).
const tick = 10 * time.Millisecond

// readCPU returns how long a process and those that it has waited for were running, from its
// directory in /proc: by its threads to the nanosecond (schedstat; Linux,
// Documentation/scheduler/sched-stats.rst), or, where more of them have ended, by its stat file. It is 0 if there is none.
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

// memoryFiles adds the files of memory that a process has open
// (memfd_create(2)). They lie in no directory; what is in /tmp is a disk's.
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

// sharedWithoutFile is what a process has mapped of shared memory that is no
// memfd, from its smaps (proc(5)).
func sharedWithoutFile(dir string) (n int64) {
	text, _ := os.ReadFile(dir + "/smaps")
	counts := false
	for line := range bytes.Lines(text) {
		field, value, found := bytes.Cut(line, []byte(":"))
		if !found || bytes.ContainsRune(field, ' ') { // the head of a mapping: range, mode, …
			counts = bytes.Contains(line, []byte("/dev/zero (deleted)")) || bytes.Contains(line, []byte("/SYSV"))
			continue
		}
		if counts && string(field) == "Rss" {
			var kb int64
			_, _ = fmt.Sscanf(string(value), "%d", &kb)
			n += kb << 10
		}
	}
	return n
}

// segments is the memory of System V's shared segments, which stays when
// nobody has them mapped: the column rss of /proc/sysvipc/shm (proc(5)).
func segments() (n int64) {
	text, _ := os.ReadFile("/proc/sysvipc/shm")
	column := -1
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if column < 0 {
			for i, f := range fields {
				if f == "rss" {
					column = i
				}
			}
			if column < 0 {
				return 0
			}
			continue
		}
		var bytes int64
		if column < len(fields) {
			_, _ = fmt.Sscanf(fields[column], "%d", &bytes)
		}
		n += bytes
	}
	return n
}
