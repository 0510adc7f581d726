package fakeapi

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// Bootstrap is the environment variable that makes a test's program act as a bootstrap;
// see Process.
const Bootstrap = "BOOTZIP_TEST_BOOTSTRAP"

// A Process is the test's own program, started again as a bootstrap that uses an API.
// TestMain has to check the variable Bootstrap and run the function.
type Process struct {
	*Server
	cmd *exec.Cmd
	err bytes.Buffer
}

// Start runs the program with an API and an environment of "NAME=value" entries. The program
// ends with the test at the latest.
func Start(t *testing.T, env ...string) *Process {
	t.Helper()
	api, err := Listen()
	if err != nil {
		t.Fatal(err)
	}
	p := &Process{Server: api}
	p.cmd = exec.Command(os.Args[0])
	p.cmd.Env = append([]string{Bootstrap + "=1", "AWS_LAMBDA_RUNTIME_API=" + api.Address()}, env...)
	if root := os.Getenv("SystemRoot"); root != "" {
		p.cmd.Env = append(p.cmd.Env, "SystemRoot="+root) // without it, no socket opens on Windows
	}
	p.cmd.Stderr = &p.err
	api.Serve()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		api.End()
		api.Close()
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
	return p
}

// Wait returns the exit status and what was written to standard error.
func (p *Process) Wait() (code int, stderr string) {
	_ = p.cmd.Wait()
	return p.cmd.ProcessState.ExitCode(), p.err.String()
}

// Signal sends a signal.
func (p *Process) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }
