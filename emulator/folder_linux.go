package emulator

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/bootzip/bootzip/emulator/internal/cgroup"
)

const (
	folderPrefix = "bootzip-emulator-"
	lockName     = "lock"

	// unlockedTime is how old a folder without a lock has to be to count as left: its maker may be about to
	// make one.
	unlockedTime = time.Hour
)

// newFolder makes a temporary folder with a lock that ends with this process, however that
// ends (flock(2)).
func newFolder(temp string) (folder string, lock *os.File, err error) {
	folder, err = os.MkdirTemp(temp, folderPrefix)
	if err != nil {
		return "", nil, err
	}
	// It gets its name when it is held.
	early := filepath.Join(folder, lockName+".new")
	lock, err = os.OpenFile(early, os.O_CREATE|os.O_RDWR|os.O_EXCL, 0o600)
	if err == nil {
		if err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err == nil {
			err = os.Rename(early, filepath.Join(folder, lockName))
		}
	}
	if err != nil {
		if lock != nil {
			lock.Close()
		}
		os.RemoveAll(folder)
		return "", nil, err
	}
	return folder, lock, nil
}

// sweep removes what emulators left behind that were killed: folders whose lock nobody holds, with the
// plain processes that run from there, and control groups. What cannot be removed stays.
func sweep(temp string) {
	if temp == "" {
		temp = os.TempDir()
	}
	folders, _ := filepath.Glob(filepath.Join(temp, folderPrefix+"*"))
	for _, folder := range folders {
		info, err := os.Lstat(folder)
		if err != nil || !info.IsDir() {
			continue
		}
		// Anybody can make a folder of that name where all put theirs.
		if owner, ok := info.Sys().(*syscall.Stat_t); !ok || int(owner.Uid) != os.Geteuid() {
			continue
		}
		if lock, left := leftFolder(folder, info.ModTime()); left {
			killFrom(folder)
			_ = os.RemoveAll(folder)
			if lock != nil {
				lock.Close()
			}
		}
	}
	cgroup.Sweep()
}

// leftFolder tells that nobody uses a folder; then lock, if there is one, is held.
func leftFolder(folder string, changed time.Time) (lock *os.File, left bool) {
	lock, err := os.OpenFile(filepath.Join(folder, lockName), os.O_RDWR|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if os.IsNotExist(err) {
		return nil, time.Since(changed) > unlockedTime
	}
	if err != nil {
		return nil, false
	}
	if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		lock.Close()
		return nil, false
	}
	return lock, true
}

// killFrom kills the processes whose program is in a folder (proc(5), exe).
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
