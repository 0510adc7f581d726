package sandbox_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bootzip/bootzip/internal/sandbox"
)

// program is what runs in the sandboxes, compiled from testdata/probe. It is static; the
// test itself is not if it has the race detector.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "probe")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", program, "./testdata/probe")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if given := os.Getenv("BOOTZIP_TEST_PROBE"); given != "" { // for a user who has no Go
		program = given
	} else if out, err := cmd.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("%v: %s", err, out))
	}
	status := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(status)
}

// inside adds program, with these arguments, to a sandbox.
func inside(t *testing.T, c sandbox.ProcessConfig, args ...string) sandbox.ProcessConfig {
	t.Helper()
	c.Mounts = append(c.Mounts, sandbox.Mount{Source: program, Target: "/program", ReadOnly: true})
	c.Command = sandbox.Command{Dir: "/", Argv: append([]string{"/program"}, args...)}
	if c.UID == 0 {
		c.UID, c.GID = 993, 990
	}
	return c
}

// run runs the program to its end and returns the lines that it printed.
func run(t *testing.T, c sandbox.ProcessConfig, args ...string) []string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c = inside(t, c, args...)
	c.Output = w
	p, err := sandbox.Start(c)
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if status := p.Wait(); status != "exit status 0" {
		t.Fatalf("it ended with %s: %s", status, text)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestIdentity(t *testing.T) {
	t.Run("inside", func(t *testing.T) {
		got := run(t, sandbox.ProcessConfig{}, "who")
		if os.Getuid() == 0 {
			expect(t, got, "993 990 []")
		} else if !strings.HasPrefix(got[0], "993 990 ") {
			t.Errorf("it is %q", got)
		}
	})
	t.Run("outside", func(t *testing.T) {
		seen := map[int]bool{}
		for range 3 {
			p, err := sandbox.Start(inside(t, sandbox.ProcessConfig{Output: os.Stderr}, "wait"))
			if err != nil {
				t.Fatal(err)
			}
			defer p.Kill()
			if os.Getuid() != 0 {
				if p.UID() != os.Getuid() {
					t.Errorf("it is user %d, want the caller", p.UID())
				}
				continue
			}
			if p.UID() < 0x70000000 || p.UID() > 0x7FFDFFFF || seen[p.UID()] {
				t.Errorf("it is user %d, who is somebody else as well", p.UID())
			}
			seen[p.UID()] = true
			found := false
			files, _ := filepath.Glob("/proc/[0-9]*/status")
			for _, name := range files {
				data, _ := os.ReadFile(name)
				found = found || bytes.Contains(data, fmt.Appendf(nil, "Uid:\t%d\t%[1]d\t%[1]d\t%[1]d\n", p.UID()))
			}
			if !found {
				t.Errorf("no process of user %d is on this machine", p.UID())
			}
		}
	})
}

func TestPrivileges(t *testing.T) {
	expect(t, run(t, sandbox.ProcessConfig{}, "status"),
		"CapInh: 0000000000000000", "CapPrm: 0000000000000000", "CapEff: 0000000000000000",
		"CapBnd: 0000000000000000", "CapAmb: 0000000000000000", "NoNewPrivs: 1", "Seccomp: 2")
	expect(t, run(t, sandbox.ProcessConfig{}, "namespaces"), "false", "false", "false", "false")
	expect(t, run(t, sandbox.ProcessConfig{}, "ptrace"), "false")
	expect(t, run(t, sandbox.ProcessConfig{}, "setuid", "/tmp/x"), "true false true")
}

// Descriptors that the caller has open are not open inside.
func TestDescriptors(t *testing.T) {
	root, err := syscall.Open("/", syscall.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(root)
	if err := unix.Dup3(root, 77, 0); err != nil { // without O_CLOEXEC
		t.Fatal(err)
	}
	defer syscall.Close(77)
	expect(t, run(t, sandbox.ProcessConfig{}, "descriptors"), "")

	var result sandbox.Result
	err = sandbox.Run(t.Context(), sandbox.Config{
		Mounts:   []sandbox.Mount{{Source: program, Target: "/program", ReadOnly: true}},
		Commands: []sandbox.Command{{Dir: "/", Argv: []string{"/program", "descriptors"}}},
	}, func(r sandbox.Result) { result = r })
	// Without /proc, the probe cannot name the descriptors.
	if err != nil || result.Exit != 0 || strings.Contains(result.Output, "77") {
		t.Errorf("%+v (%v)", result, err)
	}
}

// The program starts only after Begun has returned: until then it is in no control group.
func TestBegun(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	c := sandbox.ProcessConfig{
		Mounts: []sandbox.Mount{{Source: dir, Target: "/begun", ReadOnly: true}},
		Begun: func(pid int) {
			time.Sleep(500 * time.Millisecond)
			if err := os.WriteFile(filepath.Join(dir, "returned"), fmt.Append(nil, pid), 0o644); err != nil {
				t.Error(err)
			}
		},
	}
	expect(t, run(t, c, "list", "/begun"), "returned")
}

// A command's output is kept up to a bound, and the next command still runs.
func TestOutputIsBounded(t *testing.T) {
	var results []sandbox.Result
	err := sandbox.Run(t.Context(), sandbox.Config{
		Mounts: []sandbox.Mount{{Source: program, Target: "/program", ReadOnly: true}},
		Commands: []sandbox.Command{
			{Dir: "/", Argv: []string{"/program", "print", strconv.Itoa(20 << 20)}},
			{Dir: "/", Argv: []string{"/program", "print", "1"}},
		},
	}, func(r sandbox.Result) { results = append(results, r) })
	if err != nil || len(results) != 2 {
		t.Fatalf("%d results (%v)", len(results), err)
	}
	for _, r := range results {
		if want := []int{1 << 20, 1}[r.Index]; r.Exit != 0 || len(r.Output) != want {
			t.Errorf("command %d: status %d and %d bytes, want %d", r.Index, r.Exit, len(r.Output), want)
		}
	}
}

func TestProc(t *testing.T) {
	if _, err := os.Stat("/proc/kcore"); err == nil {
		expect(t, run(t, sandbox.ProcessConfig{}, "write", "/proc/kcore"), "/proc/kcore true") // it is /dev/null
		expect(t, run(t, sandbox.ProcessConfig{}, "read", "/proc/kcore", "/proc/keys", "/proc/timer_list"),
			"/proc/kcore 0 true", "/proc/keys 0 true", "/proc/timer_list 0 true")
	}
	var names, want []string
	for _, name := range []string{
		"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/randomize_va_space", "/proc/sys/user/max_user_namespaces",
		"/proc/sysrq-trigger", "/proc/irq/default_smp_affinity",
	} {
		if _, err := os.Stat(name); err == nil {
			names, want = append(names, name), append(want, name+" false")
		}
	}
	expect(t, run(t, sandbox.ProcessConfig{}, append([]string{"write"}, names...)...), want...)
	for _, line := range run(t, sandbox.ProcessConfig{}, "read", "/proc/self/status", "/proc/self/maps", "/proc/cpuinfo", "/proc/meminfo",
		"/proc/self/mountinfo", "/proc/sys/kernel/osrelease", "/proc/self/cgroup", "/proc/stat", "/proc/sys/vm/overcommit_memory") {
		if !strings.HasSuffix(line, " true") {
			t.Errorf("programs read this of /proc, and cannot: %s", line)
		}
	}
}

func TestDevices(t *testing.T) {
	expect(t, run(t, sandbox.ProcessConfig{}, "chmod", "/dev/null", "/dev/zero", "/dev/random"),
		"/dev/null false", "/dev/zero false", "/dev/random false")
	expect(t, run(t, sandbox.ProcessConfig{}, "write", "/dev/null", "/dev/zero"), "/dev/null true", "/dev/zero true")
	expect(t, run(t, sandbox.ProcessConfig{}, "list", "/dev"), "fd", "full", "null", "random", "stderr", "stdin", "stdout", "urandom", "zero")
}

// Directories below one that only the caller may enter can be mounted, and a mounted
// file or directory stays what it is.
func TestMounts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "closed")
	inner := filepath.Join(dir, "inner")
	if err := os.MkdirAll(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(inner, "file"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c := sandbox.ProcessConfig{Mounts: []sandbox.Mount{{Source: inner, Target: "/var/task", ReadOnly: true}}}
	expect(t, run(t, c, "read", "/var/task/file", dir), "/var/task/file 1 true", dir+" 0 false")
	expect(t, run(t, c, "write", "/var/task/file"), "/var/task/file false")
	expect(t, run(t, c, "list", "/"), "dev", "proc", "program", "tmp", "var")

	c = sandbox.ProcessConfig{Mounts: []sandbox.Mount{{Source: filepath.Join(dir, "none"), Target: "/x"}}}
	if _, err := sandbox.Start(inside(t, c, "nothing")); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("a mount of nothing: %v", err)
	}
}

// Files that a build writes belong to the caller, whatever user it has inside, and it can
// read files that only the caller may read.
func TestOwnership(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, id := range []int{0, 4321} {
		var result sandbox.Result
		err := sandbox.Run(t.Context(), sandbox.Config{
			UID: id, GID: id,
			Mounts: []sandbox.Mount{{Source: program, Target: "/program", ReadOnly: true}, {Source: dir, Target: "/out"}},
			Commands: []sandbox.Command{
				{Dir: "/", Argv: []string{"/program", "setuid", fmt.Sprintf("/out/by%d", id)}},
			},
		}, func(r sandbox.Result) { result = r })
		if err != nil || result.Exit != 0 || result.Output != "true false true\n" {
			t.Fatalf("%+v (%v)", result, err)
		}
		var s syscall.Stat_t
		if err := syscall.Stat(filepath.Join(dir, fmt.Sprintf("by%d", id)), &s); err != nil || int(s.Uid) != os.Getuid() || s.Mode&0o7777 != 0o755 {
			t.Errorf("the file is of %d, with mode %o (%v)", s.Uid, s.Mode, err)
		}
		err = sandbox.Run(t.Context(), sandbox.Config{
			Mounts:   []sandbox.Mount{{Source: program, Target: "/program", ReadOnly: true}, {Source: dir, Target: "/in", ReadOnly: true}},
			Commands: []sandbox.Command{{Dir: "/", Argv: []string{"/program", "read", "/in/secret"}}},
		}, func(r sandbox.Result) { result = r })
		if err != nil || result.Output != "/in/secret 1 true\n" {
			t.Errorf("%+v (%v)", result, err)
		}
	}
}

func TestMemory(t *testing.T) {
	for _, kind := range []string{"memfd", "mapped", "closed", "beside", "leader", "segment", "tmp"} {
		t.Run(kind, func(t *testing.T) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			c := inside(t, sandbox.ProcessConfig{Output: w}, "memory", kind, "100")
			p, err := sandbox.Start(c)
			w.Close()
			if err != nil {
				t.Fatal(err)
			}
			defer p.Kill()
			line := make([]byte, 100)
			if n, _ := r.Read(line); string(line[:n]) != "ready\n" {
				t.Fatalf("it says %q", line[:n])
			}
			u := p.Usage()
			now, peak := u.Memory, u.Peak
			want := int64(100 << 20)
			if kind == "tmp" { // a disk on Lambda; the program had a copy
				if now > 220<<20 {
					t.Errorf("it has %d bytes: /tmp counts", now)
				}
				return
			}
			if now < want || now > want+90<<20 || peak < now {
				t.Errorf("it has %d bytes, %d at most; want about %d", now, peak, want)
			}
		})
	}
}

func TestTasks(t *testing.T) {
	for _, tasks := range []uint64{0, 200} {
		p, err := sandbox.Start(inside(t, sandbox.ProcessConfig{Tasks: tasks}, "nothing"))
		if err != nil {
			t.Fatal(err)
		}
		p.Wait()
		if p.TasksBounded() != (tasks > 0) {
			t.Errorf("a limit of %d tasks holds: %t", tasks, p.TasksBounded())
		}
	}
	got := run(t, sandbox.ProcessConfig{Tasks: 200}, "tasks")
	if n, err := strconv.Atoi(got[0]); err != nil || n < 5 || n > 200 {
		t.Errorf("it could start %q processes, want fewer than 200 threads", got)
	}
}

// In a network of its own, a program reaches the caller's listener inside, and nothing
// else.
func TestOwnNetwork(t *testing.T) {
	var c sandbox.ProcessConfig
	c.OwnNetwork = true
	c.Listening = func(l net.Listener) {
		// Another process may listen at that address outside, but this listener cannot be
		// reached from there.
		outside, err := net.Dial("tcp4", sandbox.APIAddress)
		if err == nil {
			t.Cleanup(func() { outside.Close() })
		}
		go func() {
			defer l.Close()
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if outside != nil && conn.RemoteAddr().String() == outside.LocalAddr().String() {
				t.Errorf("%s is reached from outside", sandbox.APIAddress)
			}
			fmt.Fprint(conn, "hello")
			conn.Close()
		}()
	}
	expect(t, run(t, c, "accept", sandbox.APIAddress), "hello", "lo")
}

// A sandbox ends with the process that made it.
func TestEnd(t *testing.T) {
	p, err := sandbox.Start(inside(t, sandbox.ProcessConfig{Output: os.Stderr}, "wait"))
	if err != nil {
		t.Fatal(err)
	}
	p.Signal(syscall.SIGTERM)
	if status := p.Wait(); status != "signal: terminated" {
		t.Errorf("it ended with %s", status)
	}
	if now := p.Usage().Memory; now != 0 {
		t.Errorf("it has %d bytes after its end", now)
	}
}

// A mount that cannot be made ends the first process, which has already started.
func TestRefusedMounts(t *testing.T) {
	before := children(t)
	for want, mounts := range map[string][]sandbox.Mount{
		"stat /none: no such file": {{Source: "/none", Target: "/none"}},
		"mounts, more than 253":    slices.Repeat([]sandbox.Mount{{Source: program, Target: "/program", ReadOnly: true}}, 300),
	} {
		if os.Getuid() != 0 && len(mounts) > 1 {
			continue // callers other than root hand over no descriptors
		}
		_, err := sandbox.Start(inside(t, sandbox.ProcessConfig{Mounts: mounts, Output: os.Stderr}))
		var refused *sandbox.RefusedError
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
	for _, pid := range children(t) {
		if !slices.Contains(before, pid) {
			t.Errorf("process %s is left", pid)
		}
	}
}

// children returns the process ids of this process's children, including those that have
// ended but were not waited for.
func children(t *testing.T) (pids []string) {
	t.Helper()
	lists, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil || len(lists) == 0 {
		t.Fatalf("no lists of children: %v", err)
	}
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ESRCH) { // a thread that has ended
			t.Fatal(err)
		}
		pids = append(pids, strings.Fields(string(text))...)
	}
	return pids
}

func TestNotStarted(t *testing.T) {
	c := inside(t, sandbox.ProcessConfig{Output: os.Stderr})
	c.Command.Argv = []string{"/none"}
	if _, err := sandbox.Start(c); err == nil || err.Error() != "fork/exec /none: no such file or directory" {
		t.Errorf("error is %v", err)
	}
}
