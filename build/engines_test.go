package build_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/project"
)

// The tests of this file need engines that are not on every machine. They run
// with those that BOOTZIP_TEST_ENGINES names ("docker,podman,sandbox"), on the
// base image that BOOTZIP_BASE_IMAGE names, and fail if one of these engines does
// not work.

// eachEngine runs the test with every engine that was asked for.
func eachEngine(t *testing.T, test func(t *testing.T, engine string)) {
	names := os.Getenv("BOOTZIP_TEST_ENGINES")
	if names == "" {
		t.Skip("BOOTZIP_TEST_ENGINES names no engine")
	}
	for _, engine := range strings.Split(names, ",") {
		if engine == "host" {
			continue // the others are compared with it
		}
		t.Run(engine, func(t *testing.T) { test(t, engine) })
	}
}

// eachContainer is eachEngine without the sandbox, which has no containers.
func eachContainer(t *testing.T, test func(t *testing.T, engine string)) {
	eachEngine(t, func(t *testing.T, engine string) {
		if engine != "sandbox" {
			test(t, engine)
		}
	})
}

func containerConfig(t *testing.T, engine, root string, sources ...string) build.Config {
	t.Helper()
	c := config(t, root, sources...)
	c.Engine, c.BaseImage = engine, os.Getenv("BOOTZIP_BASE_IMAGE")
	return c
}

// fetching lets a run download the engine's toolchain, if it is missing.
func fetching(c *build.Config) {
	c.Environ = slices.DeleteFunc(c.Environ, func(e string) bool { return e == "GOPROXY=off" || e == "GOSUMDB=off" })
}

func TestEnginesGiveTheBytesOfTheHost(t *testing.T) {
	eachEngine(t, func(t *testing.T, engine string) {
		address, goSum := proxy(t)
		const folder = `it's a, "folder"`
		files := map[string]string{
			folder + "/go.mod":        goMod("example.com/app") + "\nrequire example.com/dep v1.0.0\n",
			folder + "/go.sum":        goSum,
			folder + "/cmd/a/main.go": printing("example.com/dep"),
			folder + "/cmd/b/it's.go": says("a file with a quote"),
		}
		// The toolchain is fetched first, with the network; after that, there is no network.
		first := containerConfig(t, engine, tree(t, map[string]string{"go.mod": goMod("example.com/first"), "main.go": program}), "first=.")
		fetching(&first)
		mustBuild(t, first)

		var all []map[string]string
		for _, engine := range []string{"host", engine} {
			c := containerConfig(t, engine, filepath.Join(tree(t, files), folder), "a=cmd/a", "b=cmd/b")
			for i := range c.Functions {
				c.Functions[i].Arch = project.Architectures()
			}
			c.Environ = append(c.Environ, "GOMODCACHE="+moduleCache(t), "GOPROXY="+address)
			r := mustBuild(t, c)
			if r.Engine != engine {
				t.Errorf("engine is %q, want %q", r.Engine, engine)
			}
			all = append(all, sums(r))
			// Nothing changed, so nothing is started.
			if got := built(mustBuild(t, c)); got != "" {
				t.Errorf("built again are %q", got)
			}
			for _, a := range r.Artifacts {
				info, err := os.Stat(a.Path)
				if err != nil || info.Mode() != 0o755 {
					t.Errorf("mode of %s is %v (%v)", a.Path, info.Mode(), err)
				}
				if !isMine(info) {
					t.Errorf("%s belongs to somebody else", a.Path)
				}
			}
		}
		if len(all[0]) != 4 || !reflect.DeepEqual(all[0], all[1]) {
			t.Errorf("SHA-256 by the host are\n%v\nand by %s\n%v", all[0], engine, all[1])
		}
	})
}

// The compiler's messages reach the caller from inside a container.
func TestFailuresInContainer(t *testing.T) {
	eachEngine(t, func(t *testing.T, engine string) {
		root := tree(t, map[string]string{
			"go.mod": goMod("example.com/app"), "good/main.go": program,
			"bad/main.go":     "package main\n\nfunc main() { undefinedName() }\n",
			"missing/main.go": "package main\n\nimport _ \"example.com/none\"\n\nfunc main() {}\n",
		})
		c := containerConfig(t, engine, root, "good", "bad", "missing")
		fetching(&c)
		c.Environ = append(c.Environ, "GOPROXY=off", "GOSUMDB=off")
		_, err := run(context.Background(), t, c)
		var failure *build.Failure
		if !errors.As(err, &failure) || len(failure.Functions) != 2 {
			t.Fatalf("error is %v", err)
		}
		wantError(t, err, "run `go mod tidy`", "bad/main.go:3:15: undefined: undefinedName", "cannot find module providing package example.com/none")
		if files := distFiles(t, c.Dist); len(files) > 0 {
			t.Errorf("dist has %d files", len(files))
		}
	})
}

func TestBaseImageOfNoRegistry(t *testing.T) {
	eachContainer(t, func(t *testing.T, engine string) {
		c := containerConfig(t, engine, tree(t, map[string]string{"go.mod": goMod("example.com/app"), "main.go": program}), "app=.")
		c.BaseImage = "localhost:1/none:1"
		_, err := run(context.Background(), t, c)
		wantError(t, err, "scripts/base-image --engine "+engine, `base image "localhost:1/none:1" cannot be pulled by `+engine)
	})
}

// slowProgram keeps the compiler busy for some seconds, and is in no cache.
func slowProgram() string {
	var b strings.Builder
	fmt.Fprintf(&b, "package main\n\nvar stamp = %q\n\nfunc main() { println(stamp, f0(len(stamp))) }\n", fmt.Sprint(time.Now().UnixNano()))
	for i := range 3000 {
		fmt.Fprintf(&b, "\nfunc f%d(x int) int {\n", i)
		for j := range 20 {
			fmt.Fprintf(&b, "\tif x%%%d == %d {\n\t\tx = x*%d + f%d(x/2)\n\t}\n", j+2, j, i+j, (i+1)%3000)
		}
		b.WriteString("\treturn x\n}\n")
	}
	return b.String()
}

// containers returns the names of the engine's containers, running or not, that have
// the project's directory as label or source of a mount.
func containers(t *testing.T, engine, root string) []string {
	t.Helper()
	out, err := exec.Command(engine, "ps", "--all", "--quiet", "--filter", "label=org.bootzip.project").Output()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, id := range strings.Fields(string(out)) {
		if text, err := exec.Command(engine, "inspect", id).Output(); err == nil && bytes.Contains(text, []byte(root)) {
			found = append(found, id)
		}
	}
	return found
}

// An interrupt in the middle removes the container. While it runs, it can do as little
// as the documentation says.
func TestInterruptedContainer(t *testing.T) {
	eachContainer(t, func(t *testing.T, engine string) {
		root := tree(t, map[string]string{"go.mod": goMod("example.com/app"), "main.go": program})
		c := containerConfig(t, engine, root, "app=.")
		fetching(&c)
		mustBuild(t, c)
		before := distFiles(t, c.Dist)

		put(t, filepath.Join(root, "main.go"), slowProgram())
		c.ColdCache = true
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		inspected := make(chan string, 1)
		c.Progress = func(e build.Event) {
			if e.Stage == "build" && e.Done == 0 {
				go func() {
					defer cancel()
					inspected <- inspect(ctx, t, engine, root)
				}()
			}
		}
		if _, err := run(ctx, t, c); !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v", err)
		}
		text := <-inspected
		checkContainer(t, text)
		wantNoVolume(t, engine, text)
		if after := distFiles(t, c.Dist); !reflect.DeepEqual(after, before) {
			t.Error("dist changed")
		}
		if left := containers(t, engine, root); len(left) > 0 {
			t.Errorf("containers %q were left", left)
		}
	})
}

// wantNoVolume fails if the cache that a container had, according to its engine, has a
// name that others could know, or is still there.
func wantNoVolume(t *testing.T, engine, text string) {
	t.Helper()
	var all []struct {
		Mounts []struct{ Destination, Name string }
	}
	if err := json.Unmarshal([]byte(text), &all); err != nil || len(all) != 1 {
		t.Fatalf("engine says %q (%v)", text, err)
	}
	for _, m := range all[0].Mounts {
		if m.Destination != "/cache" {
			continue
		}
		if len(m.Name) != 64 {
			t.Errorf("the cache is the volume %q", m.Name)
		}
		// Two podman processes remove a container that is killed: ours, and the one
		// that watched it. The later one reports that all is done while the other has
		// yet to remove the volume.
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			out, err := exec.Command(engine, "volume", "inspect", m.Name).Output()
			if err != nil {
				return
			}
			if time.Now().After(end) {
				t.Errorf("the cache is left: %s", out)
				return
			}
		}
	}
	t.Errorf("it had no cache: %s", text)
}

// inspect waits for a running container of the project and returns what the engine
// knows about it; "" if there is none within a minute, or before ctx ends.
func inspect(ctx context.Context, t *testing.T, engine, root string) string {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		for _, id := range containers(t, engine, root) {
			out, err := exec.Command(engine, "inspect", id).Output()
			if err == nil && bytes.Contains(out, []byte(`"Running": true`)) {
				return string(out)
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	return ""
}

func checkContainer(t *testing.T, text string) {
	t.Helper()
	var all []struct {
		HostConfig struct {
			NetworkMode    string
			CapDrop        []string
			ReadonlyRootfs bool
			Privileged     bool
			SecurityOpt    []string
		}
		EffectiveCaps []string // podman
		Mounts        []struct {
			Destination string
			RW          bool
		}
		Config struct{ Env []string }
	}
	if err := json.Unmarshal([]byte(text), &all); err != nil || len(all) != 1 {
		t.Fatalf("engine says %q (%v)", text, err)
	}
	c := all[0]
	if c.HostConfig.NetworkMode != "none" || !c.HostConfig.ReadonlyRootfs || c.HostConfig.Privileged || len(c.HostConfig.CapDrop) == 0 || len(c.EffectiveCaps) > 0 {
		t.Errorf("container is not closed: %+v", c)
	}
	if !slices.Contains(c.HostConfig.SecurityOpt, "no-new-privileges") {
		t.Errorf("security options are %q", c.HostConfig.SecurityOpt)
	}
	writable := map[string]bool{}
	for _, m := range c.Mounts {
		writable[m.Destination] = m.RW
	}
	for name, want := range map[string]bool{"/src": false, "/go/pkg/mod": false, "/usr/local/go": false, "/out": true, "/cache": true} {
		if rw, there := writable[name]; !there || rw != want {
			t.Errorf("%s: mounted is %v, writable is %v; want that it is, and %v", name, there, rw, want)
		}
		delete(writable, name)
	}
	delete(writable, "/tmp") // its own
	if len(writable) > 0 {
		t.Errorf("mounted are as well %v", writable)
	}
}

// A container that an earlier run left is removed by the next one. (test/endtoend shows
// that a container ends with its caller, even after kill -9. This container stands for
// what a machine that lost power leaves.)
func TestSweptContainer(t *testing.T) {
	eachContainer(t, func(t *testing.T, engine string) {
		root := tree(t, map[string]string{"go.mod": goMod("example.com/app"), "main.go": program})
		c := containerConfig(t, engine, root, "app=.")
		fetching(&c)
		first := mustBuild(t, c)
		key := sha256.Sum256([]byte(root))
		left, err := exec.Command(engine, "run", "--detach", "--network", "none", "--volume", root+":/src:ro", "--volume", "/cache",
			"--label", fmt.Sprintf("org.bootzip.project=%x", key[:8]), first.Image, "sleep", "600").CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, left)
		}
		if len(containers(t, engine, root)) != 1 {
			t.Fatalf("the container %s is not there, so this test shows nothing", left)
		}
		text, err := exec.Command(engine, "inspect", strings.TrimSpace(string(left))).Output()
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(root, "main.go"), program+"\n// changed\n")
		mustBuild(t, c)
		wantNoVolume(t, engine, string(text))
		if again := containers(t, engine, root); len(again) > 0 {
			t.Errorf("containers %q are left", again)
			for _, id := range again {
				_ = exec.Command(engine, "rm", "--force", id).Run()
			}
		}
	})
}
