// Command probe finds out what a program in the sandbox can see and do, and
// prints it as JSON. It needs no /proc.
package main

import (
	"encoding/json"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

type report struct {
	User, Group  int
	Environ      []string
	Interfaces   []string
	Capabilities [5]uint64
	NoNewPrivs   bool
	Root, Dev    []string
	Wrote        []string
	Remounted    []string
	Zero         bool
	Processes    bool
	Umask        int
	Hostname     string
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "remount" {
		remount()
		return
	}
	r := report{
		User: os.Getuid(), Group: os.Getgid(), Environ: os.Environ(),
		Root: names("/"), Dev: names("/dev"), Capabilities: capabilities(), Zero: zero(),
	}
	if all, err := net.Interfaces(); err == nil {
		for _, i := range all {
			if i.Flags&net.FlagUp != 0 {
				r.Interfaces = append(r.Interfaces, i.Name)
			}
		}
	} else {
		r.Interfaces = []string{err.Error()}
	}
	r.Umask = syscall.Umask(0o022)
	r.Hostname, _ = os.Hostname()
	no, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	r.NoNewPrivs = err == nil && no == 1
	for _, dir := range []string{"/", "/bin", "/dev", "/src", "/out", "/tmp"} {
		if os.WriteFile(filepath.Join(dir, "x"), []byte("x"), 0o600) == nil {
			r.Wrote = append(r.Wrote, dir)
		}
	}
	// In a namespace of its own, the sandbox's first process is process 1.
	r.Processes = os.Getppid() != 1
	r.Remounted = nested()
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		os.Exit(1)
	}
}

func names(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return []string{err.Error()}
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func capabilities() (all [5]uint64) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return [5]uint64{1, 1, 1, 1, 1}
	}
	for i, d := range data {
		all[0] |= uint64(d.Effective) << (32 * i)
		all[1] |= uint64(d.Permitted) << (32 * i)
		all[2] |= uint64(d.Inheritable) << (32 * i)
	}
	for c := 0; c <= unix.CAP_LAST_CAP; c++ {
		if has, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, uintptr(c), 0, 0, 0); err == nil && has == 1 {
			all[3] |= 1 << c
		}
		if has, err := unix.PrctlRetInt(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_IS_SET, uintptr(c), 0, 0); err == nil && has == 1 {
			all[4] |= 1 << c
		}
	}
	return all
}

func zero() bool {
	f, err := os.Open("/dev/zero")
	if err != nil {
		return false
	}
	defer f.Close()
	b := []byte{1, 2, 3}
	if _, err := io.ReadFull(f, b); err != nil || b[0]|b[1]|b[2] != 0 {
		return false
	}
	return os.WriteFile("/dev/null", b, 0) == nil
}

// nested starts this program in its own namespace, where it has all capabilities again, and
// lets it try to make mounts writable.
func nested() []string {
	attr := &syscall.ProcAttr{
		Env: []string{}, Files: []uintptr{0, 1, 2},
		Sys: &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS},
	}
	pid, err := syscall.ForkExec("/bin/probe", []string{"/bin/probe", "remount"}, attr)
	if err != nil {
		return nil // refused altogether
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &status, 0, nil); err != nil {
		return []string{err.Error()}
	}
	if status.ExitStatus() != 0 {
		return []string{"exit status " + strconv.Itoa(status.ExitStatus())}
	}
	return nil
}

// remount exits with the number of mounts that it made writable.
func remount() {
	n := 0
	for _, target := range []string{"/", "/src", "/bin/probe"} {
		if unix.Mount("", target, "", unix.MS_BIND|unix.MS_REMOUNT, "") == nil {
			n++
		}
	}
	os.Exit(n)
}
