//go:build linux

package endtoend

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/emulator"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
)

// A function is a packed bootstrap that runs in the emulator.
type function struct {
	*emulator.Function
	t   testing.TB
	log *log
}

// A log collects what the function and the platform print, from several goroutines.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start packs the bootstrap and runs it with a handler, until the end of the
// test.
func start(t testing.TB, a build.Artifact, handler string) *function {
	t.Helper()
	zip := filepath.Join(t.TempDir(), "function.zip")
	if err := pack.Write(t.Context(), zip, []pack.Entry{{Name: "bootstrap", Executable: true, File: a.Path}}); err != nil {
		t.Fatal(err)
	}
	c := emulator.Config{
		Name: a.Function.Name, Zip: zip, Handler: handler, Temp: t.TempDir(), Concurrency: 1, Timeout: time.Minute,
	}
	if string(a.Arch) != runtime.GOARCH {
		c.Qemu = qemu(t, a.Arch)
	}
	f := &function{t: t, log: &log{}}
	c.Log = f.log
	var err error
	if f.Function, err = emulator.New(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("%s (%s) printed:\n%s", a.Path, handler, f.log)
		}
	})
	return f
}

// qemu returns the program that runs programs of the other architecture.
func qemu(t testing.TB, arch project.Arch) string {
	t.Helper()
	if arch != project.ARM64 {
		t.Skipf("programs for %s are run on such a machine only", arch)
	}
	file, err := exec.LookPath("qemu-aarch64-static")
	if err != nil {
		missing(t, "qemu-aarch64-static is not installed (Debian's package qemu-user-static)")
	}
	return file
}

// invoke sends an event and returns the answer to it.
func (f *function) invoke(event string) emulator.Response {
	f.t.Helper()
	resp, err := f.Invoke(f.t.Context(), emulator.Request{Payload: []byte(event)})
	if err != nil {
		f.t.Fatal(err)
	}
	return resp
}
