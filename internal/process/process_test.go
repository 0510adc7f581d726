//go:build unix

package process

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// An interrupt also ends what the command started, and Run returns after that.
func TestInterruptEndsTheGroup(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	// The grandchild has closed the outputs, so only its group shows that it runs.
	cmd := Command(ctx, nil, t.TempDir(), "/bin/sh", "-c", `sleep 600 >/dev/null 2>&1 3>&- & echo $! >&3; exec 3>&-; wait`)
	cmd.ExtraFiles = []*os.File{w}
	done := make(chan error, 1)
	go func() { done <- Run(ctx, cmd) }()
	line := make([]byte, 32)
	n, err := r.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(line[:n])))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; err == nil {
		t.Error("a command that was killed has no error")
	}
	wantGone(t, pid)
}

func wantGone(t *testing.T, pid int) {
	t.Helper()
	// It may be a zombie child of init for a moment.
	for range 500 {
		if state, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat"); err == nil && strings.Contains(string(state), ") Z ") {
			return
		}
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("process %d, which the command started, is still there", pid)
}

// A process that a command leaves behind, and that holds its outputs, is ended.
func TestWhatHoldsOutputsEnds(t *testing.T) {
	cmd := Command(context.Background(), nil, t.TempDir(), "/bin/sh", "-c", `sleep 600 & echo $!`)
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := Run(context.Background(), cmd); !errors.Is(err, exec.ErrWaitDelay) || !strings.Contains(err.Error(), "started in the background") {
		t.Errorf("error %v", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(out.String()))
	if err != nil {
		t.Fatal(err)
	}
	wantGone(t, pid)
}

func TestCommand(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	cmd := Command(context.Background(), []string{"A=b"}, dir, "/bin/sh", "-c", `echo "$A"; pwd -P; exit 3`)
	cmd.Stdout = &out
	err := Run(context.Background(), cmd)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("error %v, want exit status 3", err)
	}
	if lines := strings.Fields(out.String()); len(lines) != 2 || lines[0] != "b" {
		t.Errorf("output %q", out.String())
	}
	missing := Command(context.Background(), nil, dir, "/nowhere/command")
	if err := Run(context.Background(), missing); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing command has the error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Run(ctx, Command(ctx, nil, dir, "/bin/sh", "-c", ":")); !errors.Is(err, context.Canceled) {
		t.Errorf("after an interrupt: %v", err)
	}
}
