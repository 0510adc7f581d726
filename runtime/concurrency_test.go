package runtime

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/bootzip/bootzip/runtime/internal/fakeapi"
)

// Events are answered at the same time: each handler waits for all others.
func TestConcurrency(t *testing.T) {
	const n = 8
	b := newRig(t)
	b.cfg.concurrency = n
	t.Setenv("_X_AMZN_TRACE_ID", "Root=before")
	var all sync.WaitGroup
	all.Add(n)
	b.handle("test", func(ctx context.Context, _ []byte) ([]byte, error) {
		all.Done()
		all.Wait()
		inv, _ := FromContext(ctx)
		return []byte(inv.TraceID + os.Getenv("_X_AMZN_TRACE_ID")), nil
	})
	b.start()
	for i := range n {
		b.Push(fakeapi.Event{ID: fmt.Sprint(i), Header: [][2]string{{"Lambda-Runtime-Trace-Id", "Root=" + fmt.Sprint(i)}}})
	}
	for range n {
		a := <-b.Answers()
		want(t, a, "response", "Root="+a.ID)
	}
}

// After a panic no loop takes another event, and loops that are answering one finish it.
func TestConcurrencyEndsInOrder(t *testing.T) {
	b := newRig(t)
	b.cfg.concurrency = 4
	started, release := make(chan bool), make(chan bool)
	b.handle("test", func(_ context.Context, event []byte) ([]byte, error) {
		if string(event) == "panic" {
			panic("boom")
		}
		started <- true
		<-release
		return event, nil
	})
	b.start()
	b.Push(fakeapi.Event{ID: "slow", Body: []byte("slow")})
	<-started
	parse(t, b.Invoke(fakeapi.Event{ID: "panic", Body: []byte("panic")}), "error")
	close(release)
	want(t, <-b.Answers(), "response", "slow")
	if err := b.wait(); err != errPanic {
		t.Errorf("start returned %v", err)
	}
	if !strings.Contains(b.logged(), "boom") {
		t.Errorf("log is %q", b.logged())
	}
}

func TestConcurrencyOfTheEnvironment(t *testing.T) {
	for s, want := range map[string]int{"": 1, "1": 1, "16": 16, "0": 1, "-3": 1, "many": 1} {
		if got := concurrency(s); got != want {
			t.Errorf("AWS_LAMBDA_MAX_CONCURRENCY=%q is %d, want %d", s, got, want)
		}
	}
}
