package runtime

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/bootzip/bootzip/runtime/internal/fakeapi"
)

// A rig runs a registry against a fake API.
type rig struct {
	*fakeapi.Server
	t    *testing.T
	r    *registry
	cfg  config
	done chan error

	mu   sync.Mutex
	logs []string
	quit []int
}

func newRig(t *testing.T) *rig {
	t.Helper()
	api, err := fakeapi.Listen()
	if err != nil {
		t.Fatal(err)
	}
	b := &rig{Server: api, t: t, r: &registry{}, done: make(chan error, 1)}
	b.cfg = config{api: api.Address(), handler: "test", concurrency: 1}
	b.cfg.log = &fatalLog{
		to: func(line []byte) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.logs = append(b.logs, string(line))
		},
		quit: func(code int) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.quit = append(b.quit, code)
		},
	}
	t.Cleanup(api.Close)
	return b
}

func (b *rig) handle(name string, h Handler) {
	b.r.add(name, h != nil, func(l *loop, inv *invocation, event []byte) error { return l.buffered(inv, h, event) })
}

func (b *rig) stream(name string, h StreamHandler) {
	b.r.add(name, h != nil, func(l *loop, inv *invocation, event []byte) error { return l.streamed(inv, h, event) })
}

// start runs the loop; the end of the test waits for its end.
func (b *rig) start() {
	b.t.Helper()
	b.Serve()
	go func() { b.done <- b.r.start(b.cfg) }()
	b.t.Cleanup(func() {
		b.End()
		b.wait()
	})
}

// wait returns what ended the loop.
func (b *rig) wait() error {
	err := <-b.done
	b.done <- err
	return err
}

func (b *rig) logged() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.logs, "")
}

func echo(_ context.Context, event []byte) ([]byte, error) { return event, nil }

// want fails the test unless an answer has this kind and this body.
func want(t *testing.T, a fakeapi.Answer, kind, body string) {
	t.Helper()
	if a.Kind != kind || string(a.Body) != body {
		t.Errorf("answer to %q is %s %q, want %s %q", a.ID, a.Kind, a.Body, kind, body)
	}
}
