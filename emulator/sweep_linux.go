package emulator

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/bootzip/bootzip/emulator/internal/cgroup"
	"github.com/bootzip/bootzip/internal/tempdir"
)

// sweep removes what killed emulators left: directories, plain processes that run from
// them, and control groups. What cannot be removed stays.
func sweep(temp string) {
	tempdir.Sweep(temp, tempName, killFrom)
	cgroup.Sweep()
}

// killFrom kills the processes whose program is in a directory (proc(5), exe).
func killFrom(folder string) {
	if whole, err := filepath.EvalSymlinks(folder); err == nil {
		folder = whole
	}
	links, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, link := range links {
		program, err := os.Readlink(link)
		if err != nil || !strings.HasPrefix(program, folder+"/") {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link))); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}
