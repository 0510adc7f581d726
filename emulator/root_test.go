//go:build linux

package emulator

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// makeRoot makes the files of an image that starts the faulty program.
func makeRoot(t *testing.T) *Root {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "root")
	for _, name := range []string{".", "app", "dev", "etc", "proc", "sys", "tmp", "data"} {
		if err := errors.Join(os.MkdirAll(filepath.Join(dir, name), 0o755), os.Chmod(filepath.Join(dir, name), 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"app/server": string(faulty), "etc/hosts": "", "etc/resolv.conf": "", "etc/debian_version": "13.8", "data/x": "y"} {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(file, []byte(text), 0o755), os.Chmod(file, 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/app/server", filepath.Join(dir, "start")); err != nil {
		t.Fatal(err)
	}
	return &Root{
		Folder: dir, Program: "app/server", Command: []string{"/start"}, Dir: "/data",
	}
}

// imageEnv are the variables of such an image.
var imageEnv = []string{"PATH=/app", "AWS_REGION=nowhere", "FOO=bar", "_HANDLER=environment"}

// An image starts in its own files, and with its own environment.
func TestRoot(t *testing.T) {
	invoke := func(c Config, payload string) string {
		c.Root, c.ImageEnv, c.Temp = makeRoot(t), imageEnv, t.TempDir()
		f, err := New(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close(context.Background())
		resp, err := f.Invoke(context.Background(), Request{Payload: []byte(payload)})
		if err != nil {
			t.Fatal(err)
		}
		inSandbox(t, f.Isolation())
		var text string
		if err := json.Unmarshal(resp.Payload, &text); err != nil {
			t.Fatalf("%s: %v", resp.Payload, err)
		}
		return text
	}
	environment := strings.Split(invoke(Config{Environment: []string{"FOO=function"}}, "{}"), "\n")
	for _, want := range []string{"PATH=/app", "AWS_REGION=us-east-1", "FOO=function", "_HANDLER=environment"} {
		if !slices.Contains(environment, want) {
			t.Errorf("there is no %s in %q", want, environment)
		}
	}
	for _, name := range []string{"LAMBDA_TASK_ROOT=", "LD_LIBRARY_PATH=", "LANG=", "TZ="} {
		if slices.ContainsFunc(environment, func(v string) bool { return strings.HasPrefix(v, name) }) {
			t.Errorf("%s is set, and the image does not say so", name)
		}
	}
	if got := invoke(Config{Handler: "read"}, `"/etc/debian_version"`); got != "13.8" {
		t.Errorf("its file has %q", got)
	}
	if got := invoke(Config{Handler: "read"}, `"/proc/self/cmdline"`); got != "/start\x00" {
		t.Errorf("its arguments are %q", got)
	}
	if got := invoke(Config{Handler: "read"}, `"/etc/hosts"`); !strings.Contains(got, "localhost") {
		t.Errorf("/etc/hosts has %q", got)
	}
	got := invoke(Config{Handler: "root"}, "{}")
	for _, want := range []string{"/:app ", "/:data ", "/dev:null ", ".:x ", "/x=false ", "/tmp/x=true "} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %q in %q", want, got)
		}
	}
	for _, name := range []string{"/:var ", "/:bin ", "/:usr "} {
		if strings.Contains(got, name) {
			t.Errorf("%q is of this machine: %q", name, got)
		}
	}
}

// A boot check of an image reports what that of a zip would.
func TestBootOfARoot(t *testing.T) {
	for handler, want := range map[string]BootStatus{"echo": BootPassed, "exit-at-init": BootFailed} {
		got, err := Boot(context.Background(), BootConfig{Root: makeRoot(t), Handlers: []string{handler}, Temp: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		inSandbox(t, got.Isolation)
		if got.Status != want {
			t.Errorf("%s: %+v", handler, got)
		}
	}
}

// An image is not started where it would see this machine's files, nor with options that
// are only for zips.
func TestRootNeedsASandbox(t *testing.T) {
	var unsupported *UnsupportedError
	got, err := Boot(context.Background(), BootConfig{Root: makeRoot(t), Plain: true, Temp: t.TempDir()})
	if err != nil || got.Status != BootSkipped || !strings.Contains(got.Detail, "sandbox") {
		t.Errorf("as a plain process: %+v (%v)", got, err)
	}
	if _, err := New(context.Background(), Config{Root: makeRoot(t), Container: "docker", Temp: t.TempDir()}); !errors.As(err, &unsupported) {
		t.Errorf("in a container: %v", err)
	}
	if _, err := New(context.Background(), Config{Root: makeRoot(t), Layers: []string{"x.zip"}, Temp: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "no layers for images") {
		t.Errorf("with a layer: %v", err)
	}
}
