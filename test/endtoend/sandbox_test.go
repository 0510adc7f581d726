//go:build linux

package endtoend

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/bootzip/bootzip/internal/sandbox"
)

// A probe is what testdata/probe finds out about the place where it runs.
type probe struct {
	User, Group  int
	Environ      []string
	Interfaces   []string
	Capabilities [5]uint64 // effective, permitted, inheritable, bounding, ambient
	NoNewPrivs   bool
	Root, Dev    []string
	Wrote        []string
	Remounted    []string
	Zero         bool
	Processes    bool
	Umask        int
	Hostname     string
}

// probeIn runs the probe in a sandbox and returns what it finds, and the
// directories that it has as sources and output.
func probeIn(t *testing.T, c sandbox.Config, environ ...string) (p probe, source, out string) {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", filepath.Join(dir, "probe"), "./testdata/probe")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	source, out = filepath.Join(dir, "source"), filepath.Join(dir, "out")
	put(t, filepath.Join(source, "main.go"), "package main // AWS_LAMBDA_RUNTIME_API\n")
	if err := os.Mkdir(out, 0o755); err != nil {
		t.Fatal(err)
	}
	c.Parallel = 1
	c.Mounts = []sandbox.Mount{
		{Source: filepath.Join(dir, "probe"), Target: "/bin/probe", ReadOnly: true},
		{Source: source, Target: "/src", ReadOnly: true},
		{Source: out, Target: "/out"},
	}
	c.Commands = []sandbox.Command{{Dir: "/src", Env: environ, Argv: []string{"/bin/probe"}}}
	var result sandbox.Result
	if err := sandbox.Run(t.Context(), c, func(r sandbox.Result) { result = r }); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(result.Output), &p); err != nil || result.Exit != 0 {
		t.Fatalf("%v: %+v", err, result)
	}
	return p, source, out
}

// A command in the sandbox sees what was mounted, and nothing else, even as another user.
func TestSandboxIsClosed(t *testing.T) {
	engines(t, "sandbox")
	t.Setenv("SECRET", "sesame")
	for name, c := range map[string]sandbox.Config{
		"as usual":         {},
		"as somebody else": {UID: 4321, GID: 8765, Umask: 0o077},
	} {
		t.Run(name, func(t *testing.T) { closedSandbox(t, c) })
	}
}

func closedSandbox(t *testing.T, c sandbox.Config) {
	environ := []string{"GIVEN=1"}
	p, source, out := probeIn(t, c, environ...)
	same := func(what string, got []string, want ...string) {
		t.Helper()
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	same("environment", p.Environ, environ...)
	same("interfaces that are up", p.Interfaces)
	same("root folder", p.Root, "bin", "dev", "out", "src", "tmp")
	same("devices", p.Dev, "full", "null", "random", "urandom", "zero")
	same("folders that can be written", p.Wrote, "/out", "/tmp")
	same("mounts that can be made writable", p.Remounted)
	if p.Capabilities != [5]uint64{} {
		t.Errorf("capabilities: %x, want none", p.Capabilities)
	}
	if !p.NoNewPrivs {
		t.Error("it can gain privileges")
	}
	if !p.Zero {
		t.Error("/dev/zero and /dev/null do not work")
	}
	if p.Processes {
		t.Error("it has not a namespace of processes with the sandbox alone")
	}
	// Outside, the file that it wrote is the caller's.
	var s syscall.Stat_t
	if err := syscall.Stat(filepath.Join(out, "x"), &s); err != nil || int(s.Uid) != os.Getuid() || int(s.Gid) != os.Getgid() {
		t.Errorf("file in the output folder: %v, of %d:%d", err, s.Uid, s.Gid)
	}
	if found := files(t, source); len(found) != 1 {
		t.Errorf("the source folder has %d files", len(found))
	}
}

// A command in the sandbox runs as the requested user and with the requested umask.
func TestSandboxUser(t *testing.T) {
	engines(t, "sandbox")
	usual, _, _ := probeIn(t, sandbox.Config{})
	if usual.User != 0 || usual.Group != 0 || usual.Umask != 0o022 || usual.Hostname != "bootzip" {
		t.Errorf("by default it is %+v", usual)
	}
	c := sandbox.Config{UID: 4321, GID: 8765, Umask: 0o077}
	p, _, _ := probeIn(t, c)
	if p.User != c.UID || p.Group != c.GID || p.Umask != c.Umask || p.Hostname != "bootzip" {
		t.Errorf("it is %+v, want %+v", p, c)
	}
}
