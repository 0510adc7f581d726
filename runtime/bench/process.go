//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

// spawn starts a program.
func (p *program) spawn(api string) (*exec.Cmd, error) {
	cmd := exec.Command(p.path)
	cmd.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + api, "_HANDLER=bench", "TZ=:UTC"}
	cmd.Stderr = os.Stderr
	return cmd, cmd.Start()
}

// pin keeps this process, and those that it starts, on the last processor. A message from
// one processor to another has to wake the other one up, which on a virtual machine costs
// several times what is measured.
func pin() error {
	runtime.GOMAXPROCS(1)
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	mask := uint64(1) << (runtime.NumCPU() - 1)
	for _, t := range tasks {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			return err
		}
		_, _, errno := syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, uintptr(id), unsafe.Sizeof(mask), uintptr(unsafe.Pointer(&mask)))
		if errno != 0 {
			return fmt.Errorf("processor cannot be chosen: %w", errno)
		}
	}
	return nil
}

// end ends a program that was started.
func end(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// cpuTime returns the processor time of a process so far, from its clock, which counts
// nanoseconds; /proc counts hundredths of a second (clock_getcpuclockid(3)).
func cpuTime(pid int) (time.Duration, error) {
	const schedClock = 2
	id := int32(^pid<<3 | schedClock)
	var ts syscall.Timespec
	_, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, uintptr(id), uintptr(unsafe.Pointer(&ts)), 0)
	if errno != 0 {
		return 0, fmt.Errorf("processor time of %d is not known: %w", pid, errno)
	}
	return time.Duration(ts.Nano()), nil
}

// peak returns the peak resident memory, in kB.
func peak(pid int) (float64, error) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(status) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmHWM:")); ok {
			return strconv.ParseFloat(string(bytes.Fields(rest)[0]), 64)
		}
	}
	return 0, fmt.Errorf("memory of %d is not known", pid)
}

// evict takes a file's pages out of the page cache (posix_fadvise(2)).
func evict(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return err
	}
	const dontNeed = 4
	if _, _, errno := syscall.Syscall6(syscall.SYS_FADVISE64, f.Fd(), 0, 0, dontNeed, 0, 0); errno != 0 {
		return fmt.Errorf("pages of %q stay in the cache: %w", path, errno)
	}
	return nil
}
