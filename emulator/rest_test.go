//go:build linux

package emulator

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Whatever ends a bootstrap, the next one finds the same /tmp, and no process that still
// runs. Another instance, or function, has its own /tmp.
func TestTmpIsKept(t *testing.T) {
	parallel(t)
	f, book := newFunction(t, Config{Handler: "tmp", Concurrency: 1, Timeout: 8 * time.Second})
	for _, c := range []struct{ event, kind string }{{"1", "Runtime.ExitError"}, {"2", "Sandbox.Timedout"}, {"3", "Runtime.OutOfMemory"}, {"1", "Runtime.ExitError"}} {
		if resp := invoke(t, f, c.event); resp.ErrorType != c.kind {
			t.Errorf("event %s: %s %s", c.event, resp.ErrorType, resp.Payload)
		}
	}
	resp := invoke(t, f, "4")
	if f.isolation.isPlain() {
		t.Skip("namespaces are refused here: " + f.Isolation())
	}
	if got := text(t, resp); got != "1231, 2 processes" { // the sandbox's own and the bootstrap
		t.Errorf("the last bootstrap found %q", got)
	}
	if n := strings.Count(book.String(), "Init Duration"); n != 1 {
		t.Errorf("%d lines have an Init Duration: what follows a reset has none\n%s", n, book)
	}
	g, _ := newFunction(t, Config{Handler: "tmp"})
	if got := text(t, invoke(t, g, "4")); got != ", 2 processes" {
		t.Errorf("a new function found %q", got)
	}
}

// An instance that rests is started for the next call, and stopped if there is none.
func TestRestingInstance(t *testing.T) {
	parallel(t)
	f, _ := newFunction(t, Config{Handler: "exit-sometimes", Concurrency: 1, Idle: 300 * time.Millisecond})
	for _, event := range []string{`"exit"`, `"a"`, `"exit"`, `"exit"`, `"b"`} {
		resp := invoke(t, f, event)
		if want := strings.Contains(event, "exit"); (resp.FunctionError != "") != want {
			t.Errorf("%s: %s", event, resp.Payload)
		}
	}
	invoke(t, f, `"exit"`)
	f.instances.Wait() // returns when it was stopped
	if running, idle := f.pool.count(); running != 0 || idle != 0 {
		t.Errorf("%d instances, %d idle", running, idle)
	}
	if resp := invoke(t, f, `"c"`); string(resp.Payload) != `"c"` {
		t.Errorf("a new instance: %s", resp.Payload)
	}
}

// The time in which an event waits for its bootstrap to start again is part of its
// duration, and is billed.
func TestDurationIncludesRestart(t *testing.T) {
	parallel(t)
	f, _ := newFunction(t, Config{Handler: "exit-sometimes", Concurrency: 1, Environment: []string{"SLOW_INIT=1"}})
	invoke(t, f, `"exit"`)
	resp := invoke(t, f, `"a"`)
	match := regexp.MustCompile(`\tDuration: (\d+)`).FindSubmatch(resp.Log)
	if match == nil || len(match[1]) < 3 { // 500 ms of initialisation
		t.Errorf("the log is %s", resp.Log)
	}
}

// A caller who leaves ends the event, and the next call is answered.
func TestCallerLeaves(t *testing.T) {
	parallel(t)
	f, book := newFunction(t, Config{Handler: "tmp", Concurrency: 1, Timeout: time.Minute})
	ctx, leave := context.WithCancel(context.Background())
	go func() {
		eventually(t, book, "hanging")
		leave()
	}()
	if _, err := f.Invoke(ctx, Request{Payload: []byte("2")}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if got := text(t, invoke(t, f, "4")); !strings.HasPrefix(got, "2, ") && !f.isolation.isPlain() {
		t.Errorf("the next bootstrap found %q", got)
	}
}
