//go:build linux

package emulator

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"
)

// A witness is an Observer that keeps what is reported to it.
type witness struct {
	mu      sync.Mutex
	order   string
	log     strings.Builder
	started Started
	ended   Ended
	done    chan struct{}
}

func newWitness() *witness { return &witness{done: make(chan struct{})} }

func (w *witness) Started(s Started) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.order += "S"
	w.started = s
}

func (w *witness) Logged(text []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !strings.HasSuffix(w.order, "L") {
		w.order += "L"
	}
	w.log.Write(text)
}

func (w *witness) Ended(e Ended) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.order += "E"
	w.ended = e
	close(w.done)
}

// Each event has one beginning and one end, and its own log between them.
func TestObserver(t *testing.T) {
	for _, c := range []struct {
		handler, order, status, log string
	}{
		{"echo", "SLE", "success", "REPORT RequestId"},
		{"error", "SLE", "error", "REPORT RequestId"},
		{"exit", "SLE", "error", "Runtime exited"},
		{"hang", "SLE", "timeout", "Task timed out"},
		{"exit-at-init", "LE", "error", "Runtime exited"},
		{"stream", "SLE", "success", "REPORT RequestId"},
	} {
		t.Run(c.handler, func(t *testing.T) {
			parallel(t)
			f, _ := newFunction(t, Config{Handler: c.handler, Timeout: 2 * time.Second})
			for round := range 2 {
				w := newWitness()
				if _, err := f.Invoke(context.Background(), Request{Payload: []byte(`{"a":1}`), Observer: w}); err != nil {
					t.Fatal(err)
				}
				select {
				case <-w.done:
				case <-time.After(20 * time.Second):
					t.Fatal("no end")
				}
				w.mu.Lock()
				if w.order != c.order || w.ended.Status != c.status || !strings.Contains(w.log.String(), c.log) {
					t.Errorf("round %d: %s, %s, log %q", round, w.order, w.ended.Status, w.log.String())
				}
				cold := !w.started.InitBegan.IsZero()
				if strings.HasPrefix(c.order, "S") && cold != (round == 0) {
					t.Errorf("round %d: cold %t", round, cold)
				}
				if c.handler == "echo" {
					if w.ended.Memory == 0 || w.ended.AnswerEnded.Before(w.started.At) || w.ended.At.Before(w.ended.AnswerEnded) || strings.Count(w.log.String(), "START") != 1 {
						t.Errorf("round %d: %+v, log %q", round, w.ended, w.log.String())
					}
				}
				w.mu.Unlock()
			}
		})
	}
}

func TestObserverOfThrottledAndClosed(t *testing.T) {
	f, _ := newFunction(t, Config{Handler: "slow", Concurrency: 1, Timeout: 10 * time.Second})
	first := newWitness()
	go func() { _, _ = f.Invoke(context.Background(), Request{Payload: []byte("{}"), Observer: first}) }()
	for {
		first.mu.Lock()
		begun := first.order != ""
		first.mu.Unlock()
		if begun {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	second := newWitness()
	if _, err := f.Invoke(context.Background(), Request{Payload: []byte("{}"), Observer: second}); err == nil {
		t.Fatal("not throttled")
	}
	<-second.done
	if second.order != "E" || second.ended.Err == nil {
		t.Errorf("throttled: %s, %v", second.order, second.ended.Err)
	}
	<-first.done
	if err := f.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	third := newWitness()
	_, _ = f.Invoke(context.Background(), Request{Payload: []byte("{}"), Observer: third})
	<-third.done
	if third.ended.Err != ErrClosed {
		t.Errorf("closed: %v", third.ended.Err)
	}
}

func TestMeasure(t *testing.T) {
	config := Config{Zip: faultyZip(t), Handler: "echo", Temp: t.TempDir()}
	all, err := Measure(context.Background(), MeasureConfig{Functions: []Config{config, config}, Event: []byte("{}"), Starts: 3, Invocations: 5})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if len(m.Start) != 3 || len(m.Init) != 3 || len(m.Warm) != 5 || m.Memory == 0 {
			t.Errorf("%+v", m)
		}
		for i := range m.Start {
			if m.Init[i] <= 0 || m.Start[i] <= m.Init[i] {
				t.Errorf("start %s, init %s", m.Start[i], m.Init[i])
			}
		}
	}
	config.Handler = "error"
	if _, err := Measure(context.Background(), MeasureConfig{Functions: []Config{config}, Event: []byte("{}"), Starts: 1}); err == nil || !strings.Contains(err.Error(), "failed") {
		t.Errorf("a function that fails is measured: %v", err)
	}
	if a, b := turn(2, 0), turn(2, 1); a[0] == b[0] {
		t.Error("one is always first")
	}
}
