package emulator

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/bootzip/bootzip/emulator/internal/cgroup"
	"github.com/bootzip/bootzip/internal/tempdir"
)

// sweep removes what killed emulators left: directories, the plain processes that run
// programs in them, and control groups. What cannot be removed stays.
func sweep(temp string) {
	tempdir.Sweep(temp, tempName, killFrom)
	cgroup.Sweep()
}

// noPrograms reports whether the file system of a directory is mounted noexec.
func noPrograms(dir string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(dir, &fs) == nil && fs.Flags&unix.ST_NOEXEC != 0
}

// killFrom kills the processes whose program is in a directory (proc(5), exe).
func killFrom(dir string) {
	if resolved, err := filepath.EvalSymlinks(dir); err == nil {
		dir = resolved
	}
	links, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, link := range links {
		program, err := os.Readlink(link)
		if err != nil || !strings.HasPrefix(program, dir+"/") {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link))); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}
