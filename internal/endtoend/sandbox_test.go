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
}

// A command in the sandbox has what was mounted, and nothing else.
func TestSandboxIsClosed(t *testing.T) {
	engines(t, "sandbox")
	dir := t.TempDir()
	cmd := exec.Command("go", "build", "-o", filepath.Join(dir, "probe"), "./testdata/probe")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	source, out := filepath.Join(dir, "source"), filepath.Join(dir, "out")
	put(t, filepath.Join(source, "main.go"), "package main\n")
	if err := os.Mkdir(out, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SECRET", "sesame")
	environ := []string{"GIVEN=1"}
	c := sandbox.Config{
		Parallel: 1,
		Mounts: []sandbox.Mount{
			{Source: filepath.Join(dir, "probe"), Target: "/bin/probe", ReadOnly: true},
			{Source: source, Target: "/src", ReadOnly: true},
			{Source: out, Target: "/out"},
		},
		Commands: []sandbox.Command{{Dir: "/src", Env: environ, Argv: []string{"/bin/probe"}}},
	}
	var result sandbox.Result
	if err := sandbox.Run(t.Context(), c, func(r sandbox.Result) { result = r }); err != nil {
		t.Fatal(err)
	}
	var p probe
	if err := json.Unmarshal([]byte(result.Output), &p); err != nil || result.Exit != 0 {
		t.Fatalf("%v: %+v", err, result)
	}

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
