//go:build linux

package emulator

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An instance that the caller starts gets events, and ends when its function is closed.
func TestAttach(t *testing.T) {
	program := filepath.Join(t.TempDir(), "faulty")
	if err := os.WriteFile(program, faulty, 0o755); err != nil {
		t.Fatal(err)
	}
	started := make(chan *exec.Cmd, 1)
	f, _ := newFunction(t, Config{Handler: "echo", Timeout: time.Minute, Attach: func(environment []string) {
		c := exec.Command(program)
		c.Env = environment
		if err := c.Start(); err != nil {
			t.Error(err)
		}
		started <- c
	}})
	if resp := invoke(t, f, `"a"`); string(resp.Payload) != `"a"` {
		t.Errorf("%s %s", resp.ErrorType, resp.Payload)
	}
	c := <-started
	closed, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := f.Close(closed); err != nil {
		t.Error(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case <-ended: // it lost the Runtime API
	case <-time.After(10 * time.Second):
		t.Error("it still waits for events")
		_ = c.Process.Kill()
	}
}

// A runner starts the bootstrap, once.
func TestRunner(t *testing.T) {
	runner := filepath.Join(t.TempDir(), "runner")
	if err := os.WriteFile(runner, []byte("#!/bin/sh\necho \"with $1\"\nshift\nexec \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	f, book := newFunction(t, Config{Handler: "echo", Plain: true, Runner: []string{runner, "an argument"}})
	if resp := invoke(t, f, `"a"`); string(resp.Payload) != `"a"` {
		t.Errorf("%s %s", resp.ErrorType, resp.Payload)
	}
	if n := strings.Count(book.String(), "with an argument\n"); n != 1 {
		t.Errorf("it was started %d times:\n%s", n, book)
	}
}
