package runtime

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/runtime/internal/fakeapi"
)

// TestMain is the bootstrap that fakeapi.Start runs.
func TestMain(m *testing.M) {
	if os.Getenv(fakeapi.Bootstrap) == "" {
		os.Exit(m.Run())
	}
	Handle("echo", echo)
	HandleStream("stream", func(_ context.Context, event []byte, w *Writer) error {
		_, err := w.Write(event)
		return err
	})
	Handle("panic", func(context.Context, []byte) ([]byte, error) { panic("boom") })
	switch os.Getenv("TEST") {
	case "init":
		Init(func(context.Context) error { return errors.New("no table") })
	case "twice":
		Handle("echo", echo)
	case "goes on":
		ContinueAfterPanic()
	}
	if os.Getenv("TEST") == "snapshot" {
		BeforeSnapshot(func(context.Context) error { _, err := os.Stderr.WriteString("before\n"); return err })
		AfterRestore(func(context.Context) error { _, err := os.Stderr.WriteString("after\n"); return err })
	}
	if os.Getenv("TEST") == "shutdown" {
		OnShutdown(func(context.Context) { _, _ = os.Stderr.WriteString("good bye\n") })
	}
	Start()
}

func TestProcess(t *testing.T) {
	for _, handler := range []string{"echo", "stream"} {
		p := fakeapi.Start(t, "_HANDLER="+handler)
		want(t, p.Invoke(fakeapi.Event{ID: "a", Body: []byte("x")}), "response", "x")
		want(t, p.Invoke(fakeapi.Event{ID: "b", Body: []byte("y")}), "response", "y")
		p.End()
		if code, stderr := p.Wait(); code != 1 || !strings.Contains(stderr, "runtime api answered 500") {
			t.Errorf("left with %d, %q", code, stderr)
		}
	}
}

func TestProcessFails(t *testing.T) {
	for _, c := range []struct{ env, handler, kind, errorType, stderr string }{
		{"TEST=", "panic", "error", "Function.Panic", "bootzip: error: request a: panic: boom\n\t"},
		{"TEST=init", "echo", "init", "errorString", "bootzip: error: initialisation failed: errorString: no table\n"},
		{"TEST=twice", "echo", "init", "Runtime.BadHandler", "registered twice"},
		{"TEST=", "other", "init", "Runtime.NoSuchHandler", `this bootstrap has "echo", "stream", "panic"`},
		{"AWS_LAMBDA_LOG_FORMAT=JSON", "other", "init", "Runtime.NoSuchHandler", `"level":"FATAL"`},
	} {
		p := fakeapi.Start(t, c.env, "_HANDLER="+c.handler)
		p.Push(fakeapi.Event{ID: "a"})
		if e := parse(t, <-p.Answers(), c.kind); e.ErrorType != c.errorType {
			t.Errorf("%s: error is %+v", c.handler, e)
		}
		if code, stderr := p.Wait(); code != 1 || !strings.Contains(stderr, c.stderr) {
			t.Errorf("%s: left with %d, %q", c.handler, code, stderr)
		}
	}
}

func TestProcessGoesOnAfterPanic(t *testing.T) {
	p := fakeapi.Start(t, "TEST=goes on", "_HANDLER=panic")
	for _, id := range []string{"a", "b"} {
		parse(t, p.Invoke(fakeapi.Event{ID: id}), "error")
	}
}
