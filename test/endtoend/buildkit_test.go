//go:build linux

package endtoend

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	registry "github.com/google/go-containerregistry/pkg/registry"

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
func newWorker(t *testing.T, root string, args ...string) worker {
	t.Helper()
	// A socket's path must be short.
	dir, err := os.MkdirTemp("", "bk-")
	if err != nil {
		t.Fatal(err)
	}
	w := worker{address: "unix://" + filepath.Join(dir, "socket")}
	empty := filepath.Join(dir, "buildkitd.toml")
	put(t, empty, "")
	w.daemon = exec.Command("buildkitd", append([]string{"--config=" + empty, "--root=" + root, "--addr=" + w.address, "--containerd-worker=false",
		"--oci-worker-binary=runc"}, args...)...)
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

// detach unmounts what a killed daemon has left mounted below a directory.
func detach(t *testing.T, dir string) {
	t.Helper()
	for line := range strings.Lines(read(t, "/proc/self/mountinfo")) {
		if fields := strings.Fields(line); strings.HasPrefix(fields[4], dir+"/") {
			_ = syscall.Unmount(fields[4], syscall.MNT_DETACH)
		}
	}
}

// kill ends the worker and what it runs.
func (w worker) kill() { _ = syscall.Kill(-w.daemon.Process.Pid, syscall.SIGKILL) }

// needsBuildKit skips a test, which takes minutes, unless it was asked for.
func needsBuildKit(t *testing.T) {
	t.Helper()
	if os.Getenv("BOOTZIP_TEST_BUILDKIT") == "" {
		t.Skip("BOOTZIP_TEST_BUILDKIT is not set: buildkitd, buildctl and runc must be in PATH")
	}
}

// on makes a build use the workers, and also build what has not changed.
func on(c build.Config, workers ...worker) build.Config {
	var addresses []string
	for _, w := range workers {
		addresses = append(addresses, w.address)
	}
	c.Environ = append(slices.Clone(c.Environ), "BUILDKIT_HOST="+strings.Join(addresses, ","))
	c.Force = true
	return c
}

// Two BuildKit workers build what the other engines build, even if one of them goes away
// during the build.
func TestBuildKit(t *testing.T) {
	needsBuildKit(t)
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
	var told []string
	c := config(t, root, "buildkit", functions)
	c.Progress = func(e build.Event) {
		if e.Stage == "worker" {
			told = append(told, e.Text)
		}
	}
	both := on(c, first, second)
	var want map[string]string
	for _, name := range engines(t, "docker", "podman", "sandbox", "host") {
		other := config(t, root, name, functions)
		other.Force = true
		got := sums(mustBuild(t, other))
		if want == nil {
			want = got
		}
		equalSums(t, name, got, want)
	}
	equalSums(t, "two workers", sums(mustBuild(t, both)), want)
	for _, w := range []worker{first, second} {
		if out, err := exec.Command("buildctl", "--addr", w.address, "du").CombinedOutput(); err != nil || !strings.Contains(string(out), "Total:") {
			t.Errorf("%s: %v\n%s", w.address, err, out)
		}
	}
	equalSums(t, "one, and one that is not there", sums(mustBuild(t, on(c, worker{address: "unix:///nowhere"}, first))), want)
	if len(told) != 1 || !strings.Contains(told[0], "unix:///nowhere is left out") {
		t.Errorf("told: %q", told)
	}

	// All broken functions are named, and nothing changes.
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
	_, err = run(t.Context(), t, on(c, newWorker(t, small)))
	if err == nil || !strings.Contains(err.Error(), "no space left on device") || !strings.Contains(hint.Of(err), "prune") {
		t.Errorf("a full worker: %v", err)
	}
	first.kill()
	_ = first.daemon.Wait()
	if _, err := run(t.Context(), t, both); err == nil || !strings.Contains(err.Error(), "no worker of BuildKit answers") {
		t.Errorf("no worker is left: %v", err)
	}
}

// A worker for arm64, whose commands QEMU runs here, builds functions for arm64, with the
// same bytes as cross-compilation. It is not used where the build image is needed.
func TestBuildKitNative(t *testing.T) {
	needsBuildKit(t)
	emulate(t)
	native := newWorker(t, t.TempDir())
	arm := newWorker(t, t.TempDir(), "--oci-worker-platform=linux/arm64")
	root := tree(t, map[string]string{"go.mod": goMod(), "hello/main.go": "package main // AWS_LAMBDA_RUNTIME_API\n\nfunc main() { println(\"hello\") }\n"})
	function := goFunction("hello")
	function.Arch = project.Architectures()
	c := config(t, root, "buildkit", []project.Function{function})
	var told []string
	c.Progress = func(e build.Event) {
		if e.Stage == "worker" {
			told = append(told, e.Text)
		}
	}
	mixed := on(c, arm, native)
	got := mustBuild(t, mixed)
	equalSums(t, "native and cross-compiled", sums(got), sums(mustBuild(t, config(t, root, "sandbox", []project.Function{function}))))
	for w, arches := range map[worker][2]project.Arch{native: {project.AMD64, project.ARM64}, arm: {project.ARM64, project.AMD64}} {
		out, err := exec.Command("buildctl", "--addr", w.address, "du", "--verbose").CombinedOutput()
		built := func(a project.Arch) bool { return strings.Contains(string(out), " -o /out/.go/"+string(a)+"/") }
		if err != nil || !built(arches[0]) || built(arches[1]) {
			t.Errorf("%s, of %s, has this in its caches (%v):\n%s", w.address, arches[0], err, out)
		}
	}
	materials, err := build.MaterialsOf(t.Context(), mixed)
	if err != nil || len(materials.Toolchains) != 2 || !strings.HasSuffix(materials.Toolchains[1].Module, ".linux-arm64") {
		t.Errorf("toolchains are %v (%v)", materials.Toolchains, err)
	}

	put(t, filepath.Join(root, "native", "main.c"), "int main(void) { return 0; /* AWS_LAMBDA_RUNTIME_API */ }\n")
	inC := goFunction("native")
	inC.Language = project.C
	c.Functions = append(c.Functions, inC)
	c.BaseImage = serveBase(t)
	c.Cache = t.TempDir() // no image is there
	told = nil
	mustBuild(t, on(c, native, arm))
	if len(told) != 1 || !strings.Contains(told[0], arm.address+" is left out: it is for arm64, and the build image is for amd64") {
		t.Errorf("told: %q", told)
	}

	// The worker goes away while it builds, and one for the other architecture takes over.
	told = nil
	mixed.ColdCache = true
	timer := time.AfterFunc(20*time.Second, arm.kill)
	defer timer.Stop()
	equalSums(t, "the native worker is killed", sums(mustBuild(t, mixed)), sums(got))
	if len(told) != 1 || !strings.Contains(told[0], arm.address+" has gone") {
		t.Errorf("told: %q", told)
	}
}

// emulate lets this machine start programs for arm64 until the test ends.
func emulate(t *testing.T) {
	t.Helper()
	const at, name = "/proc/sys/fs/binfmt_misc", "bootzip-arm64"
	if _, err := os.Stat(at + "/register"); err != nil {
		if err := syscall.Mount("binfmt_misc", at, "binfmt_misc", 0, ""); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = syscall.Unmount(at, syscall.MNT_DETACH) })
	}
	// The format is that of the kernel's Documentation/admin-guide/binfmt-misc.rst. F opens
	// the interpreter now, so that it is there in containers.
	rule := ":" + name + `:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-aarch64-static:F`
	if err := os.WriteFile(at+"/register", []byte(rule), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.WriteFile(filepath.Join(at, name), []byte("-1"), 0) })
}

// BuildKit builds all languages in the build image, with the same bytes as docker and podman.
// One worker makes the image from a base in a registry.
func TestBuildKitLanguages(t *testing.T) {
	needsBuildKit(t)
	base := serveBase(t)
	first, second := newWorker(t, t.TempDir()), newWorker(t, t.TempDir())
	images := 0
	buildkit := func(root string, functions []project.Function) build.Config {
		c := config(t, root, "buildkit", functions)
		c.BaseImage = base
		c.Progress = func(e build.Event) {
			if e.Stage == "image" {
				images++
			}
		}
		return c
	}
	c := config(t, t.TempDir(), "buildkit", nil)
	c.Cache = t.TempDir() // no image is there

	root := tree(t, map[string]string{
		"go.mod":        goMod(),
		"plain/main.go": says("plain"),
		"mixed/main.go": "package main // AWS_LAMBDA_RUNTIME_API\n\n// static int answer(void) { return 42; }\nimport \"C\"\n\nfunc main() { println(C.answer()) }\n",
		"native/main.c": "#include <stdio.h>\n\nint main(void) { puts(\"AWS_LAMBDA_RUNTIME_API\"); return 0; }\n",
	})
	plain, mixed, native := goFunction("plain"), goFunction("mixed"), goFunction("native")
	mixed.Cgo, native.Language = "static", project.C
	small := []project.Function{plain, mixed, native}
	for i := range small {
		small[i].Arch = project.Architectures()
	}
	cold := buildkit(root, small)
	cold.Cache = c.Cache
	got := mustBuild(t, on(cold, first, second))
	if images != 1 || !strings.HasPrefix(got.Image, "sha256:") {
		t.Errorf("%d images were made, the last %q", images, got.Image)
	}
	if again := mustBuild(t, on(cold, second, first)); images != 1 || again.Image != got.Image {
		t.Errorf("%d images were made, the last %q", images, again.Image)
	}
	for _, client := range engines(t, "docker", "podman") {
		equalSums(t, client, sums(got), sums(mustBuild(t, config(t, root, client, small))))
	}

	// The error of each is reported.
	before := files(t, cold.Dist)
	put(t, filepath.Join(root, "native", "main.c"), "int main(void) { return missing; }\n")
	put(t, filepath.Join(root, "plain", "main.go"), "package main // AWS_LAMBDA_RUNTIME_API\n\nfunc main() { missing() }\n")
	_, err := run(t.Context(), t, on(cold, first))
	var failure *build.Failure
	if !errors.As(err, &failure) || len(failure.Functions) != 2 || failure.Functions[0].Name != "plain" || !strings.Contains(failure.Functions[1].Message, "undeclared (first use") {
		t.Errorf("error is %v", err)
	}
	unchanged(t, cold, before)

	// A lock that docker wrote is valid here, including the base's id.
	lock := config(t, root, "docker", small)
	lock.BaseImage = base
	if _, err := build.WriteLock(t.Context(), lock); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(root, "native", "main.c"), "int main(void) { return 0; }\n")
	put(t, filepath.Join(root, "plain", "main.go"), says("plain"))
	locked := on(cold, first, second)
	locked.Locked = true
	mustBuild(t, locked)

	// A new worker does not have the image, and it is not made again.
	third := newWorker(t, t.TempDir())
	mustBuild(t, on(cold, third))
	if images != 1 {
		t.Errorf("%d images were made", images)
	}

	folder := filepath.Join(t.TempDir(), "samples")
	copySamples(t, folder)
	others := filepath.Join(folder, otherProject)
	got = mustBuild(t, on(buildkit(others, load(t, others)), first, second))
	for _, client := range engines(t, "docker", "podman") {
		equalSums(t, "samples by "+client, sums(got), sums(sample(t, client, otherProject)))
	}
}

// serveBase serves the tests' base image from a registry on this machine, and returns its
// reference.
func serveBase(t *testing.T) string {
	t.Helper()
	image := os.Getenv("BOOTZIP_BASE_IMAGE")
	if image == "" {
		t.Fatal("BOOTZIP_BASE_IMAGE names no image")
	}
	server := httptest.NewServer(registry.New())
	t.Cleanup(server.Close)
	at := strings.TrimPrefix(server.URL, "http://") + "/base"
	digest := filepath.Join(t.TempDir(), "digest")
	command(t, "podman", "push", "--quiet", "--tls-verify=false", "--format=v2s2", "--digestfile="+digest, image, at+":trixie")
	return at + "@" + strings.TrimSpace(read(t, digest))
}
