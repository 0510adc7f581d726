//go:build linux

package endtoend

import (
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// loadImage loads an archive into an engine, as an image with this name, until the test ends.
func loadImage(t *testing.T, client, archive, image string) {
	t.Helper()
	if out, err := try(client, "load", "--input", archive); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Cleanup(func() { _, _ = try(client, "rmi", "--force", image) })
}

// A served image runs in a container that answers over HTTP.
type served struct {
	client, name, port string
	log                strings.Builder
	ended              chan error // of the container
	stopped            bool
}

// serveImage starts a container on one of this machine's ports; args are the last arguments
// of the client's run: options, the image and its command.
func serveImage(t *testing.T, client, port string, args ...string) *served {
	t.Helper()
	s := &served{client: client, name: fmt.Sprintf("bootzip-test-%d", time.Now().UnixNano()), port: port, ended: make(chan error, 1)}
	run := exec.Command(client, append([]string{"run", "--rm", "--name", s.name, "--publish", "127.0.0.1::" + port}, args...)...)
	run.Stdout, run.Stderr = &s.log, &s.log
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.ended <- run.Wait() }()
	t.Cleanup(func() {
		if !s.stopped {
			_, _ = try(client, "rm", "--force", s.name)
			<-s.ended
		}
	})
	return s
}

// ask sends a request until it is accepted; the answer is empty if it was not accepted for ten
// seconds.
func (s *served) ask(method, target, body string) string {
	for range 100 {
		time.Sleep(100 * time.Millisecond)
		port, err := exec.Command(s.client, "port", s.name, s.port).Output()
		if err != nil {
			continue
		}
		r, err := http.NewRequest(method, "http://"+strings.TrimSpace(strings.SplitN(string(port), "\n", 2)[0])+target, strings.NewReader(body))
		if err != nil {
			return err.Error()
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			continue
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err == nil {
			return string(text)
		}
	}
	return ""
}

// stop ends the container by SIGTERM, and returns how that went.
func (s *served) stop() (time.Duration, error) {
	began := time.Now()
	if out, err := try(s.client, "stop", "--time", "9", s.name); err != nil {
		return 0, fmt.Errorf("%w\n%s", err, out)
	}
	s.stopped = true
	return time.Since(began), <-s.ended
}
