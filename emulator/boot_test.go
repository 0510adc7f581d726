//go:build linux

package emulator

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/project"
)

func TestBoot(t *testing.T) {
	good := faultyZip(t)
	for name, c := range map[string]struct {
		config BootConfig
		status BootStatus
		detail string
	}{
		"two handlers":   {BootConfig{Zip: good, Handlers: []string{"echo", "stream"}}, BootPassed, "stream asked for its first event and answered"},
		"no handler":     {BootConfig{Zip: good}, BootPassed, "and answered"},
		"function error": {BootConfig{Zip: good, Handlers: []string{"error"}}, BootPassed, "and answered with an error (no luck)"},
		"second is bad":  {BootConfig{Zip: good, Handlers: []string{"echo", "exit-at-init"}}, BootFailed, `handler "exit-at-init": Runtime exited with error: exit status 3 (Runtime.ExitError); its last output: starting exit-at-init | no configuration`},
		"crash":          {BootConfig{Zip: good, Handlers: []string{"killed"}}, BootFailed, "signal: killed"},
		"init error":     {BootConfig{Zip: good, Handlers: []string{"init-error"}}, BootFailed, "no table (Function.NoTable)"},
		"silent at init": {BootConfig{Zip: good, Handlers: []string{"hang-at-init"}, InitLimit: 300 * time.Millisecond, Timeout: 300 * time.Millisecond}, BootFailed, "it did not ask for an event within 300ms (Init timed out"},
		"slow at init": {BootConfig{Zip: good, Handlers: []string{"second-try"}, InitLimit: 200 * time.Millisecond, Timeout: 30 * time.Second}, BootPassed,
			"did not ask for an event within 200ms, but did so and answered within its time-out of 30s when started again"},
		"silent twice": {BootConfig{Zip: good, Handlers: []string{"hang-at-init"}, InitLimit: 200 * time.Millisecond, Timeout: 400 * time.Millisecond}, BootFailed,
			"it did not ask for an event within 200ms, nor within its time-out of 400ms when started again"},
		"credentials":         {BootConfig{Zip: good, Handlers: []string{"needs-credentials"}}, BootPassed, "and answered"},
		"credentials of ours": {BootConfig{Zip: good, Handlers: []string{"needs-credentials"}, Environment: []string{"AWS_SESSION_TOKEN="}}, BootFailed, "no AWS_SESSION_TOKEN"},
		"silent":              {BootConfig{Zip: good, Handlers: []string{"hang"}, Timeout: 300 * time.Millisecond}, BootFailed, "Task timed out after 0.30 seconds"},
		"no bootstrap":        {BootConfig{Zip: makeZip(t, file{"main", 0o755, faulty})}, BootFailed, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"},
		"not executable":      {BootConfig{Zip: makeZip(t, file{"bootstrap", 0o644, faulty})}, BootFailed, "fork/exec /var/task/bootstrap: permission denied"},
		"no program":          {BootConfig{Zip: makeZip(t, file{"bootstrap", 0o755, []byte("text")})}, BootFailed, "fork/exec /var/task/bootstrap: exec format error"},
		"no interpreter":      {BootConfig{Zip: makeZip(t, file{"bootstrap", 0o755, []byte("#!/no/such/shell\n")})}, BootFailed, "fork/exec /var/task/bootstrap: no such file or directory"},
		"no interpreter, plain": {BootConfig{Zip: makeZip(t, file{"bootstrap", 0o755, []byte("#!/no/such/shell\n")}), Plain: true}, BootFailed,
			"started as a plain process: fork/exec /var/task/bootstrap: no such file or directory"},
	} {
		t.Run(name, func(t *testing.T) {
			c.config.Temp = t.TempDir()
			before := open()
			got, err := Boot(context.Background(), c.config)
			if err != nil || got.Status != c.status || !strings.Contains(got.Detail, c.detail) {
				t.Errorf("result is %s: %s, error %v", got.Status, got.Detail, err)
			}
			nothingLeft(t, c.config.Temp, before)
		})
	}
}

// A report shows the beginning of a message, however long that is.
func TestBootLongMessage(t *testing.T) {
	for handler, status := range map[string]BootStatus{"long-init-error": BootFailed, "long-error": BootPassed} {
		got, err := Boot(context.Background(), BootConfig{Zip: faultyZip(t), Handlers: []string{handler}, Temp: t.TempDir()})
		if err != nil || got.Status != status || len(got.Detail) > 2000 || len(got.Answered) > 2000 || !strings.Contains(got.Detail, "ëë…") {
			t.Errorf("%s: %s: %d bytes, %d answered: %.2000s, error %v", handler, got.Status, len(got.Detail), len(got.Answered), got.Detail, err)
		}
	}
}

// A hidden need for a file of the build machine shows.
func TestBootShowsAHiddenNeed(t *testing.T) {
	got, err := Boot(context.Background(), BootConfig{Zip: faultyZip(t), Handlers: []string{"needs-zones"}, Temp: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got.Detail, "in an empty root") {
		t.Skip("namespaces are refused here: " + got.Detail)
	}
	if got.Status != BootFailed || !strings.Contains(got.Detail, "open /usr/share/zoneinfo: no such file or directory") {
		t.Errorf("%s: %s", got.Status, got.Detail)
	}
}

// Nothing is in the network of a boot but the Runtime API, at Lambda's port.
func TestBootHasItsOwnNetwork(t *testing.T) {
	got, err := Boot(context.Background(), BootConfig{Zip: faultyZip(t), Handlers: []string{"network"}, Temp: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got.Isolation, "in an empty root") {
		t.Skip("namespaces are refused here: " + got.Detail)
	}
	if got.Status != BootPassed || !strings.Contains(got.Detail, "(127.0.0.1:9001 lo)") {
		t.Errorf("%s: %s", got.Status, got.Detail)
	}
}

func TestBootErrors(t *testing.T) {
	if _, err := Boot(context.Background(), BootConfig{Zip: "no/such.zip"}); err == nil {
		t.Error("no error for a zip that is not there")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	if _, err := Boot(ctx, BootConfig{Zip: faultyZip(t), Handlers: []string{"hang-at-init"}, Temp: t.TempDir()}); err == nil {
		t.Error("no error after the context was done")
	}
}

// A shell script that knows no more of the Runtime API than AWS's tutorial
// for custom runtimes shows.
func TestBootScript(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	script := `#!/bin/sh
set -eu
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
	headers=/tmp/headers
	event=$(curl -sS -LD "$headers" "$api/next")
	id=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$headers" | tr -d '[:space:]' | cut -d: -f2)
	curl -sS "$api/$id/response" -d "$event" >/dev/null
done
`
	zip := makeZip(t, file{"bootstrap", 0o755, []byte(script)})
	got, err := Boot(context.Background(), BootConfig{Zip: zip, Handlers: []string{"any"}, Temp: t.TempDir()})
	if err != nil || got.Status != BootPassed {
		t.Errorf("%s: %s, error %v", got.Status, got.Detail, err)
	}
}

// A program for the other architecture runs by qemu, or is a skip that says why.
func TestBootOtherArchitecture(t *testing.T) {
	name := t.TempDir() + "/bootstrap"
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", name, "./testdata/faulty")
	other, qemu := project.ARM64, "qemu-aarch64-static"
	if machine() == project.ARM64 {
		other, qemu = project.AMD64, "qemu-x86_64-static"
	}
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOARCH="+string(other))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	program, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	zip := makeZip(t, file{"bootstrap", 0o755, program})
	got, err := Boot(context.Background(), BootConfig{Zip: zip, Handlers: []string{"echo"}, Temp: t.TempDir()})
	if err != nil || got.Status != BootSkipped || !strings.Contains(got.Detail, "qemu-user is not installed") {
		t.Errorf("%s: %s, error %v", got.Status, got.Detail, err)
	}
	path, err := exec.LookPath(qemu)
	if err != nil {
		t.Skip(qemu + " is not installed")
	}
	got, err = Boot(context.Background(), BootConfig{Zip: zip, Handlers: []string{"echo"}, Temp: t.TempDir(), Qemu: path})
	if err != nil || got.Status != BootPassed || !strings.Contains(got.Detail, "by qemu") {
		t.Errorf("%s: %s, error %v", got.Status, got.Detail, err)
	}
}
