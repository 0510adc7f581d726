//go:build !windows

package runtime

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/bootzip/bootzip/runtime/internal/fakeapi"
)

func TestShutdown(t *testing.T) {
	b := newRig(t)
	ran := make(chan string, 3)
	for _, name := range []string{"first", "second"} {
		b.r.onShutdown(func(ctx context.Context) {
			if d, ok := ctx.Deadline(); !ok || time.Until(d) > shutdownTime {
				t.Error("context has no deadline of 500 ms")
			}
			ran <- name
			if name == "second" {
				panic("keeps nobody from the rest")
			}
		})
	}
	left := make(chan int, 1)
	b.cfg.log.quit = func(code int) { left <- code }
	b.handle("test", echo)
	b.start()
	a := <-b.Answers()
	if a.Kind != "register" || a.Header["lambda-extension-name"] != extensionName || string(a.Body) != `{"events":[]}` {
		t.Errorf("registration is %+v", a)
	}
	want(t, b.Invoke(fakeapi.Event{ID: "a", Body: []byte("x")}), "response", "x")
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if one, two, code := <-ran, <-ran, <-left; one != "second" || two != "first" || code != 0 {
		t.Errorf("ran %s, %s, then left with %d", one, two, code)
	}
}

// An emulator without the Extensions API runs the function too.
func TestShutdownWithoutExtensions(t *testing.T) {
	b := newRig(t)
	b.r.onShutdown(func(context.Context) {})
	b.Fault = script("register", fakeapi.Fault{Status: 404})
	b.handle("test", echo)
	b.start()
	want(t, b.Invoke(fakeapi.Event{ID: "a", Body: []byte("x")}), "response", "x")
}

func TestProcessShutsDown(t *testing.T) {
	p := fakeapi.Start(t, "TEST=shutdown", "_HANDLER=echo")
	if a := <-p.Answers(); a.Kind != "register" {
		t.Fatalf("first came %s", a.Kind)
	}
	want(t, p.Invoke(fakeapi.Event{ID: "a", Body: []byte("x")}), "response", "x")
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code, stderr := p.Wait(); code != 0 || stderr != "good bye\n" {
		t.Errorf("left with %d, %q", code, stderr)
	}
}
