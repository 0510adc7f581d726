//go:build linux

package endtoend

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/bootzip/bootzip/project"
)

// overTCP makes this machine's docker reachable as if it were on another machine, until the
// test ends.
func overTCP(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() {
		listener.Close()
		wg.Wait()
	})
	wg.Add(1)
	go func() {
		defer wg.Done()
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			wg.Add(1)
			go func() {
				defer wg.Done()
				join(client.(*net.TCPConn))
			}()
		}
	}()
	return listener.Addr().String()
}

// join passes bytes on in both directions. When one direction ends, only that one is closed:
// the client ends its standard input that way.
func join(client *net.TCPConn) {
	defer client.Close()
	engine, err := net.Dial("unix", strings.TrimPrefix(dockerSocket(), "unix://"))
	if err != nil {
		return
	}
	defer engine.Close()
	var wg sync.WaitGroup
	hand := func(to interface {
		io.Writer
		CloseWrite() error
	}, from io.Reader) {
		defer wg.Done()
		_, _ = io.Copy(to, from) // a connection that breaks has ended, too
		_ = to.CloseWrite()
	}
	wg.Add(2)
	go hand(engine.(*net.UnixConn), client)
	go hand(client, engine)
	wg.Wait()
}

func dockerSocket() string {
	if host := os.Getenv("DOCKER_HOST"); strings.HasPrefix(host, "unix://") {
		return host
	}
	return "unix:///var/run/docker.sock"
}

// An engine on another machine gives the same bytes, and keeps only what makes the next
// build fast.
func TestRemoteDocker(t *testing.T) {
	engines(t, "docker")
	if host := os.Getenv("DOCKER_HOST"); host != "" && !strings.HasPrefix(host, "unix://") {
		t.Skipf("docker is on another machine anyway: %s", host)
	}
	sample(t, "docker", goProject) // it has fetched the toolchain, and made the image
	sample(t, "docker", otherProject)
	address := overTCP(t)
	r := record(t, "docker")
	// Volumes without a name have one of 64 digits.
	anonymous := func() (n int) {
		for _, name := range strings.Fields(command(t, "docker", "volume", "ls", "--quiet")) {
			if len(name) == 64 {
				n++
			}
		}
		return n
	}
	before := anonymous()
	for _, folder := range []string{goProject, otherProject} {
		root := filepath.Join(tree(t, nil), "project")
		copySamples(t, root)
		root = filepath.Join(root, folder)
		functions := load(t, root)
		c := config(t, root, "docker", functions)
		c.Environ = append(os.Environ(), "DOCKER_HOST=tcp://"+address)
		if folder == otherProject {
			// Two stand for all.
			c.Project = functions
			c.Functions = nil
			for _, f := range functions {
				if f.Language == project.C || f.Language == project.Command {
					c.Functions = append(c.Functions, f)
				}
			}
		}
		got := sums(mustBuild(t, c))
		want := sums(sample(t, "docker", folder))
		for name, sum := range got {
			if sum != want[name] {
				t.Errorf("%s has the SHA-256 %s, and %s without a copy", name, sum, want[name])
			}
		}
		if len(got) == 0 {
			t.Errorf("nothing was built of %q", folder)
		}
		if left := containersOf(t, "docker", root); len(left) > 0 {
			t.Errorf("containers are left: %q", left)
		}
		created := r.take(t, "create", "run")
		if len(created) != 1 || !strings.HasPrefix(created[0], "create ") || !strings.Contains(created[0], label(root)) {
			t.Errorf("containers of %q: %q, want one that was created and not run", folder, created)
		} else if strings.Contains(created[0], "type=bind") {
			t.Errorf("a folder of this machine is mounted: %s", created[0])
		}
	}
	if after := anonymous(); after != before {
		t.Errorf("%d volumes without a name, and %d before", after, before)
	}
}
