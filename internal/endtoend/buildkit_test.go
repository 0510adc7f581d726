//go:build linux

package endtoend

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
)

// A worker is a buildkitd of its own.
type worker struct {
	address string
	daemon  *exec.Cmd
}

// newWorker starts a buildkitd whose files are in the directory root.
func newWorker(t *testing.T, root string) worker {
	t.Helper()
	// A socket's path must be short.
	dir, err := os.MkdirTemp("", "bk-")
	if err != nil {
		t.Fatal(err)
	}
	w := worker{address: "unix://" + filepath.Join(dir, "socket")}
	empty := filepath.Join(dir, "buildkitd.toml")
	put(t, empty, "")
	w.daemon = exec.Command("buildkitd", "--config="+empty, "--root="+root, "--addr="+w.address, "--containerd-worker=false",
		"--oci-worker-snapshotter=native", "--oci-worker-binary=runc")
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	w.daemon.Stdout, w.daemon.Stderr = log, log
	w.daemon.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := w.daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.kill()
		_ = w.daemon.Wait()
		detach(t, root)
		if t.Failed() {
			t.Logf("log of %s:\n%s", w.address, read(t, log.Name()))
		}
		_ = os.RemoveAll(dir)
	})
	for end := time.Now().Add(time.Minute); exec.Command("buildctl", "--addr", w.address, "debug", "workers").Run() != nil; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("buildkitd does not answer: %s", read(t, log.Name()))
		}
	}
	return w
}

// detach takes away what a daemon that was killed has left mounted below a directory.
func detach(t *testing.T, dir string) {
	t.Helper()
	for line := range strings.Lines(read(t, "/proc/self/mountinfo")) {
		if fields := strings.Fields(line); strings.HasPrefix(fields[4], dir+"/") {
			_ = syscall.Unmount(fields[4], syscall.MNT_DETACH)
		}
	}
}

// kill ends it and what it runs.
func (w worker) kill() { _ = syscall.Kill(-w.daemon.Process.Pid, syscall.SIGKILL) }

// Two workers of BuildKit build what the other engines build, also when one of them goes
// away in the middle.
func TestBuildKit(t *testing.T) {
	if os.Getenv("BOOTZIP_TEST_BUILDKIT") == "" {
		t.Skip("BOOTZIP_TEST_BUILDKIT is not set: buildkitd, buildctl and runc must be in PATH")
	}
	const many = 12
	sources := map[string]string{"go.mod": goMod(), ".dockerignore": "**\n", "shared/shared.go": "package shared\n\nconst Text = \"of all\"\n"}
	var functions []project.Function
	for i := range many {
		name := fmt.Sprintf("f%02d", i)
		sources[name+"/main.go"] = "package main // AWS_LAMBDA_RUNTIME_API\n\nimport \"example.com/app/shared\"\n\nfunc main() { println(\"" + name + "\", shared.Text) }\n"
		f := goFunction(name)
		f.Arch = project.Architectures()
		f.Ldflags = map[string]string{"main.version": `$HOME "quoted" \`}
		functions = append(functions, f)
	}
	root := tree(t, sources)
	first, second := newWorker(t, t.TempDir()), newWorker(t, t.TempDir())
	with := func(c build.Config, workers ...string) build.Config {
		c.Environ = append(slices.Clone(c.Environ), "BUILDKIT_HOST="+strings.Join(workers, ","))
		c.Force = true
		return c
	}
	var told []string
	c := config(t, root, "buildkit", functions)
	c.Progress = func(e build.Event) {
		if e.Stage == "worker" {
			told = append(told, e.Text)
		}
	}
	both := with(c, first.address, second.address)
	sandboxed := config(t, root, "sandbox", functions)
	sandboxed.Force = true
	want := sums(mustBuild(t, sandboxed))
	equalSums(t, "two workers", sums(mustBuild(t, both)), want)
	for _, w := range []worker{first, second} {
		if out, err := exec.Command("buildctl", "--addr", w.address, "du").CombinedOutput(); err != nil || !strings.Contains(string(out), "Total:") {
			t.Errorf("%s: %v\n%s", w.address, err, out)
		}
	}
	equalSums(t, "one, and one that is not there", sums(mustBuild(t, with(c, "unix:///nowhere", first.address))), want)
	if len(told) != 1 || !strings.Contains(told[0], "unix:///nowhere is left out") {
		t.Errorf("told: %q", told)
	}

	// All that are broken are named, and nothing changes.
	before := files(t, c.Dist)
	for _, name := range []string{"f03", "f08"} {
		put(t, filepath.Join(root, name, "main.go"), "package main // AWS_LAMBDA_RUNTIME_API\n\nfunc main() { missing_in_"+name+"() }\n")
	}
	_, err := run(t.Context(), t, both)
	var failure *build.Failure
	if !errors.As(err, &failure) || len(failure.Functions) != 2 || failure.Functions[0].Name != "f03" || !strings.Contains(failure.Functions[1].Message, "missing_in_f08") {
		t.Errorf("error is %v", err)
	}
	unchanged(t, c, before)
	for _, name := range []string{"f03", "f08"} {
		put(t, filepath.Join(root, name, "main.go"), sources[name+"/main.go"])
	}

	// An interrupt ends the solve.
	cold := both
	cold.ColdCache = true
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
	defer cancel()
	if _, err := run(ctx, t, cold); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("interrupted: %v", err)
	}
	unchanged(t, c, before)

	// A worker goes away while it builds.
	told = nil
	timer := time.AfterFunc(8*time.Second, second.kill)
	defer timer.Stop()
	equalSums(t, "one is killed", sums(mustBuild(t, cold)), want)
	if len(told) != 1 || !strings.Contains(told[0], second.address+" has gone") {
		t.Errorf("told: %q", told)
	}

	// A worker without space says so.
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=64m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(small, syscall.MNT_DETACH) })
	_, err = run(t.Context(), t, with(c, newWorker(t, small).address))
	if err == nil || !strings.Contains(err.Error(), "no space left on device") || !strings.Contains(hint.Of(err), "prune") {
		t.Errorf("a full worker: %v", err)
	}
	first.kill()
	_ = first.daemon.Wait()
	if _, err := run(t.Context(), t, both); err == nil || !strings.Contains(err.Error(), "no worker of BuildKit answers") {
		t.Errorf("no worker is left: %v", err)
	}
}
