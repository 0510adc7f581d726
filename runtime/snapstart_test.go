package runtime

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/bootzip/bootzip/runtime/internal/fakeapi"
)

// snapRig returns a rig whose functions of Init, BeforeSnapshot and AfterRestore record
// their order.
func snapRig(t *testing.T) (b *rig, order func() string) {
	b = newRig(t)
	b.cfg.snapStart = true
	b.handle("test", echo)
	var mu sync.Mutex
	var all []string
	note := func(what string) func(context.Context) error {
		return func(context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			all = append(all, what)
			return nil
		}
	}
	b.r.inits = append(b.r.inits, note("init"))
	for _, n := range []string{"1", "2"} {
		b.r.beforeSnapshot(note("before " + n))
		b.r.afterRestore(note("after " + n))
	}
	return b, func() string {
		mu.Lock()
		defer mu.Unlock()
		return strings.Join(all, ", ")
	}
}

func TestSnapStart(t *testing.T) {
	b, order := snapRig(t)
	b.start()
	if a := <-b.Answers(); a.Kind != "restore" {
		t.Fatalf("the runtime said %s", a.Kind)
	}
	if got := order(); got != "init, before 2, before 1" {
		t.Errorf("before the snapshot: %s", got)
	}
	_, before, _ := b.Books()
	b.Restore(200)
	want(t, b.Invoke(fakeapi.Event{ID: "a", Body: []byte("x")}), "response", "x")
	if got := order(); got != "init, before 2, before 1, after 1, after 2" {
		t.Errorf("after the restore: %s", got)
	}
	if _, after, _ := b.Books(); after != before+1 {
		t.Errorf("%d connections after the restore, %d before", after, before)
	}
}

// Without SnapStart, no restore is requested, and none of its functions runs.
func TestNoSnapStart(t *testing.T) {
	b, order := snapRig(t)
	b.cfg.snapStart = false
	b.start()
	want(t, b.Invoke(fakeapi.Event{ID: "a", Body: []byte("x")}), "response", "x")
	if got := order(); got != "init" {
		t.Errorf("there ran %s", got)
	}
}

// An API without snapshots answers 404; the function continues without a restore.
func TestSnapStartIsOff(t *testing.T) {
	b, order := snapRig(t)
	b.start()
	<-b.Answers()
	b.Restore(404)
	want(t, b.Invoke(fakeapi.Event{ID: "a", Body: []byte("x")}), "response", "x")
	if got := order(); strings.Contains(got, "after") {
		t.Errorf("there ran %s", got)
	}
}

// A connection that does not outlast the snapshot is made again, and the request is not
// lost.
func TestSnapStartConnectionLost(t *testing.T) {
	for _, second := range []int{200, 403} {
		b, order := snapRig(t)
		var asked []string
		b.Fault = func(path string) fakeapi.Fault {
			if path != "restore" {
				return fakeapi.Fault{}
			}
			asked = append(asked, path)
			if len(asked) == 1 {
				return fakeapi.Fault{Reset: true}
			}
			return fakeapi.Fault{}
		}
		b.start()
		<-b.Answers()
		b.Restore(200) // this answer is lost
		<-b.Answers()
		b.Restore(second)
		want(t, b.Invoke(fakeapi.Event{ID: "a", Body: []byte("x")}), "response", "x")
		if got := order(); !strings.HasSuffix(got, "after 1, after 2") {
			t.Errorf("after the restore: %s", got)
		}
	}
}

func TestSnapStartFails(t *testing.T) {
	fail := func(context.Context) error { return &Error{Type: "App.NoTable", Message: "no table"} }
	for what, c := range map[string]struct {
		register func(r *registry)
		restore  int // 0: it does not get that far
		kind     string
		header   string
		message  string
		ended    string
	}{
		"before":        {func(r *registry) { r.beforeSnapshot(fail) }, 0, "init", beforeSnapshotError, "no table", "initialisation failed: App.NoTable: no table"},
		"before, panic": {func(r *registry) { r.beforeSnapshot(func(context.Context) error { panic("no") }) }, 0, "init", beforeSnapshotError, "no", "initialisation failed: Function.Panic: no"},
		"after":         {func(r *registry) { r.afterRestore(fail) }, 200, "restore error", afterRestoreError, "no table", "restore failed: App.NoTable: no table"},
		"after, panic":  {func(r *registry) { r.afterRestore(func(context.Context) error { panic(errors.New("no")) }) }, 200, "restore error", afterRestoreError, "no", "restore failed: Function.Panic: no"},
		"API":           {func(*registry) {}, 500, "", "", "", "runtime api answered 500 to the next restore"},
		"wrong state":   {func(*registry) {}, 403, "", "", "", "runtime api answered 403 to the next restore"},
	} {
		b, _ := snapRig(t)
		c.register(b.r)
		b.start()
		if c.restore != 0 {
			<-b.Answers()
			b.Restore(c.restore)
		}
		if c.kind != "" {
			a := <-b.Answers()
			if e := parse(t, a, c.kind); e.ErrorMessage != c.message || a.Header["lambda-runtime-function-error-type"] != c.header {
				t.Errorf("%s: error is %+v with header %q", what, e, a.Header)
			}
		}
		if err := b.wait(); err == nil || !strings.Contains(err.Error(), c.ended) {
			t.Errorf("%s: start returned %v", what, err)
		}
	}
}

// The entire program, as Lambda starts it.
func TestSnapStartProcess(t *testing.T) {
	p := fakeapi.Start(t, "_HANDLER=echo", "AWS_LAMBDA_INITIALIZATION_TYPE=snap-start", "TEST=snapshot")
	if a := <-p.Answers(); a.Kind != "restore" {
		t.Fatalf("the runtime said %s", a.Kind)
	}
	p.Restore(200)
	want(t, p.Invoke(fakeapi.Event{ID: "a", Body: []byte("x")}), "response", "x")
	p.End()
	if _, stderr := p.Wait(); !slices.Equal(strings.Split(stderr, "\n")[:2], []string{"before", "after"}) {
		t.Errorf("standard error is %q", stderr)
	}
}
