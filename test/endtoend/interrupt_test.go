//go:build linux

package endtoend

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/bootzip/bootzip/build"
)

// plainImage is a project's own build image, with nothing in addition to the base: it is
// made in a second.
const plainImage = `ARG BASE_IMAGE=none
FROM ${BASE_IMAGE}
RUN mkdir -p /bootzip /src /out /cache && chmod 1777 /cache && dpkg-query --show --showformat '${Package}:${Architecture}=${Version}\n' >/bootzip/packages
`

// slow is a build that reports that it has begun, and then is busy unless the file "quick"
// is among the sources. It keeps writing, as compilers do.
const slow = `[ ! -e quick ] || exec cp /bin/true "$OUT/bootstrap"
n=0
while :; do
	n=$((n + 1))
	echo x >"$OUT/file$((n % 1000))"
	[ $n != 1 ] || echo x >"$OUT/began"
done
`

const slowYAML = "functions:\n  slow:\n    command: [sh, build.sh]\n    arch: [amd64]\n"

// slowProject returns a project whose function was built and has changed since, so that a
// build now takes for ever.
func slowProject(t *testing.T, client string) (build.Config, map[string]string) {
	t.Helper()
	root := tree(t, map[string]string{
		"bootzip.yaml": slowYAML, "docker/Dockerfile.build": plainImage, "slow/build.sh": slow, "slow/quick": "",
	})
	c := config(t, root, client, load(t, root))
	r := mustBuild(t, c)
	t.Cleanup(func() { _, _ = try(client, "rmi", "--force", r.Image) })
	if err := os.Remove(filepath.Join(root, "slow", "quick")); err != nil {
		t.Fatal(err)
	}
	return c, files(t, c.Dist)
}

// began returns a function that reports whether the build in dist has begun.
func began(dist string) func() bool {
	return func() bool {
		found, _ := filepath.Glob(filepath.Join(dist, ".bootzip", ".bootzip-stage-*", "out", "slow", "amd64", "began"))
		return len(found) == 1
	}
}

// unchanged fails unless dist is unchanged and no stage is left.
func unchanged(t *testing.T, c build.Config, before map[string]string) {
	t.Helper()
	after := files(t, c.Dist)
	for name := range after {
		if before[name] != after[name] {
			t.Errorf("%s has changed", name)
		}
	}
	if len(after) != len(before) {
		t.Errorf("dist has %d files, want %d", len(after), len(before))
	}
	if left := stages(t, c.Dist); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func TestInterrupt(t *testing.T) {
	containers(t, func(t *testing.T, client string) {
		c, before := slowProject(t, client)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		ended := make(chan error)
		go func() {
			_, err := run(ctx, t, c)
			ended <- err
		}()
		until(t, "the build", began(c.Dist))
		if n := len(containersOf(t, client, c.Root)); n != 1 {
			t.Errorf("%d containers, want one", n)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v", err)
		}
		if left := containersOf(t, client, c.Root); len(left) > 0 {
			t.Errorf("containers are left: %q", left)
		}
		unchanged(t, c, before)
	})
}

// Ctrl-C and a CI system's SIGTERM end a run of the program cleanly.
func TestSignals(t *testing.T) {
	containers(t, func(t *testing.T, client string) {
		c, before := slowProject(t, client)
		for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
			cmd := exec.Command(mage(t), "build", "-engine="+client)
			cmd.Dir = c.Root
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			until(t, "the build", began(c.Dist))
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err == nil {
				t.Errorf("%v: exit status 0", signal)
			}
			if left := containersOf(t, client, c.Root); len(left) > 0 {
				t.Errorf("%v: containers are left: %q", signal, left)
			}
			unchanged(t, c, before)
		}
	})
}

// If a run is killed, its container ends too, and the next run removes what it left on the
// disk.
func TestKill(t *testing.T) {
	containers(t, func(t *testing.T, client string) {
		c, before := slowProject(t, client)
		cmd := exec.Command(mage(t), "build", "-engine="+client)
		cmd.Dir = c.Root
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		until(t, "the build", began(c.Dist))
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Error("exit status 0")
		}
		until(t, "the end of the container", func() bool { return len(containersOf(t, client, c.Root)) == 0 })
		for name, content := range before {
			if read(t, filepath.Join(c.Dist, name)) != content {
				t.Errorf("%s has changed", name)
			}
		}

		put(t, filepath.Join(c.Root, "slow", "quick"), "")
		next := exec.Command(mage(t), "build", "-engine="+client)
		next.Dir = c.Root
		if out, err := next.CombinedOutput(); err != nil {
			t.Fatalf("the next run: %v\n%s", err, out)
		}
		unchanged(t, c, before)
	})
}

// If a container is killed, or the engine dies, the error says so.
func TestContainerThatIsKilled(t *testing.T) {
	containers(t, func(t *testing.T, client string) {
		c, before := slowProject(t, client)
		ended := make(chan error)
		go func() {
			_, err := run(context.Background(), t, c)
			ended <- err
		}()
		until(t, "the build", began(c.Dist))
		for _, id := range containersOf(t, client, c.Root) {
			command(t, client, "kill", id)
		}
		if err := <-ended; err == nil || !strings.Contains(err.Error(), "engine "+client+" stopped before the build was finished") {
			t.Errorf("error is %v", err)
		}
		until(t, "the end of the container", func() bool { return len(containersOf(t, client, c.Root)) == 0 })
		unchanged(t, c, before)
	})
}
