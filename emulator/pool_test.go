//go:build linux

package emulator

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// burn keeps all processors busy until the end of the test.
func burn(t *testing.T) {
	var over atomic.Bool
	t.Cleanup(func() { over.Store(true) })
	for range 2 * runtime.NumCPU() {
		go func() {
			for !over.Load() { //nolint
			}
		}()
	}
}

// A client that calls one after the other is never throttled, however long the
// runtime takes to ask for the next event and however busy the machine is.
func TestSequentialClientIsNotThrottled(t *testing.T) {
	burn(t)
	for _, perInstance := range []int{1, 2} {
		f, book := newFunction(t, Config{Name: "f", Handler: "slow-to-ask", Concurrency: 1, PerInstance: perInstance, Timeout: 20 * time.Second,
			Environment: []string{"AWS_LAMBDA_MAX_CONCURRENCY=1"}})
		s := NewServer(ServerConfig{})
		s.Set("f", f)
		base := serve(t, s)
		for n := range 20 {
			if resp, err := f.Invoke(context.Background(), Request{Payload: []byte(strconv.Itoa(n)), Tail: n%3 == 0}); err != nil || string(resp.Payload) != strconv.Itoa(n) {
				t.Fatalf("call %d: %s, %v", n, resp.Payload, err)
			}
			resp, err := http.Post(base+functionsPath+"/f/invocations", "application/json", strings.NewReader("1"))
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("call %d over HTTP: %s %s", n, resp.Status, body)
			}
		}
		if n := strings.Count(book.String(), "starting slow-to-ask"); n != 1 {
			t.Errorf("%d instances were started", n)
		}
	}
}

// How the pool decides, without processes.
func TestPool(t *testing.T) {
	f := &Function{}
	started := 0
	newPool := func(limit int) *pool {
		started = 0
		f.pool = &pool{limit: limit, single: true, startAfter: time.Hour, launch: func(v *invocation) {
			started++
			v.instance = &instance{function: f, jobs: make(chan *invocation, 1)}
		}}
		return f.pool
	}
	call := func(p *pool) *invocation {
		v := f.newInvocation(context.Background(), Request{})
		p.submit(v)
		return v
	}
	throttled := func(v *invocation) bool {
		select {
		case <-v.done:
			var limit *ThrottledError
			return errors.As(v.err, &limit)
		default:
			return false
		}
	}
	// late is what the timer of the first waiter does.
	late := func(p *pool) {
		p.mu.Lock()
		w := p.waiters[0]
		p.mu.Unlock()
		p.overdue(w)
	}
	t.Run("at the limit", func(t *testing.T) {
		p := newPool(1)
		first := call(p)
		if !throttled(call(p)) {
			t.Error("a call beside one that is at work waits")
		}
		p.replied()
		second := call(p)
		late(p)
		if throttled(second) || !throttled(call(p)) {
			t.Error("not one call alone waits for an instance that drains")
		}
		p.asked(first.instance, true)
		if got := <-first.instance.jobs; got != second {
			t.Error("it did not get the instance")
		}
		p.replied()
		third := call(p)
		p.leave(first.instance, 1, false)
		if throttled(third) || third.instance == first.instance || started != 2 {
			t.Error("no other instance was started for a call whose instance left")
		}
	})
	t.Run("below it", func(t *testing.T) {
		p := newPool(2)
		call(p)
		p.replied()
		second := call(p)
		late(p)
		if second.instance == nil || started != 2 {
			t.Error("no other instance was started after a while")
		}
		p.replied()
		third := call(p)
		if i := p.withdraw(third, context.Canceled); i != nil || third.err != context.Canceled {
			t.Errorf("a call that waits is not withdrawn: %v", third.err)
		}
		fourth := call(p)
		p.close()
		if fourth.err != ErrClosed || call(p).err != ErrClosed {
			t.Error("a call goes on after close")
		}
	})
}

// count returns how many instances there are, and how many events they could
// take at once.
func (p *pool) count() (running, idle int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running, len(p.idle)
}
