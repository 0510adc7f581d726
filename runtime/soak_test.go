package runtime

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	goruntime "runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/bootzip/bootzip/runtime/internal/fakeapi"
)

// TestSoak sends many events and misbehaves on one request in a hundred. It checks that
// each event is answered once, with its own answer, and that memory, goroutines and
// descriptors do not grow. BOOTZIP_SOAK is the number of events: 20,000 by default,
// 1,000,000 for a release.
func TestSoak(t *testing.T) {
	total := 20_000
	if s := os.Getenv("BOOTZIP_SOAK"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1000 {
			t.Fatalf("BOOTZIP_SOAK=%q is no number of events", s)
		}
		total = n
	}
	b := newRig(t)
	soak := &soak{total: total, seen: make([]uint8, total)}
	b.Source, b.Sink, b.Fault = soak.source, soak.sink, soak.fault
	b.handle("test", func(_ context.Context, event []byte) ([]byte, error) {
		if n := binary.BigEndian.Uint32(event); n%97 == 0 {
			return nil, errors.New(strconv.Itoa(int(n)))
		}
		return event, nil
	})
	early := make(chan usage, 1)
	soak.at(total/10, func() { early <- measure() })
	b.start()
	if err := b.wait(); status(err) != 500 {
		t.Fatalf("loop ended with %v", err)
	}
	late := measure()
	before := <-early
	b.Close() // its goroutines write what is read next
	for n, count := range soak.seen {
		if count != 1 {
			t.Fatalf("event %d was answered %d times", n, count)
		}
	}
	if soak.wrong.Load() != 0 {
		t.Errorf("%d answers were wrong", soak.wrong.Load())
	}
	refused, connections, open := b.Books()
	if open != 0 {
		t.Errorf("%d events are still out", open)
	}
	t.Logf("%d events, %d faults, %d connections, %d repeated answers refused; heap %d then %d kB, goroutines %d then %d, descriptors %d then %d",
		total, soak.faults.Load(), connections, refused, before.heap>>10, late.heap>>10, before.goroutines, late.goroutines, before.descriptors, late.descriptors)
	if soak.faults.Load() < int64(total)/100 {
		t.Error("there were too few faults for the test to say anything")
	}
	if late.heap > before.heap+1<<20 {
		t.Errorf("heap grew from %d to %d bytes", before.heap, late.heap)
	}
	// The API has a goroutine and a descriptor for each connection that it has not yet
	// found to be closed.
	if late.goroutines > before.goroutines+5 || late.descriptors > before.descriptors+5 {
		t.Errorf("goroutines grew from %d to %d, descriptors from %d to %d", before.goroutines, late.goroutines, before.descriptors, late.descriptors)
	}
}

// A soak makes events, each with its number and a size that depends on it, and counts the
// answers.
type soak struct {
	total  int
	mu     sync.Mutex
	next   int
	mark   int
	do     func()
	seen   []uint8
	wrong  atomic.Int64
	faults atomic.Int64
}

// at calls do before the event with the number n is made.
func (s *soak) at(n int, do func()) { s.mark, s.do = n, do }

func (s *soak) source() (fakeapi.Event, bool) {
	s.mu.Lock()
	n := s.next
	s.next++
	s.mu.Unlock()
	if n == s.mark {
		s.do()
	}
	if n >= s.total {
		return fakeapi.Event{}, false
	}
	return fakeapi.Event{ID: strconv.Itoa(n), Body: payload(n), Deadline: "4102444800000"}, true
}

// payload makes an event's body, which is usually short, and sometimes longer than any
// buffer.
func payload(n int) []byte {
	size := 4 + n%700
	if n%1000 == 1 {
		size = 100_000
	}
	body := bytes.Repeat([]byte{byte(n)}, size)
	binary.BigEndian.PutUint32(body, uint32(n))
	return body
}

func (s *soak) sink(a fakeapi.Answer) {
	n, err := strconv.Atoi(a.ID)
	if err != nil || n < 0 || n >= s.total {
		s.wrong.Add(1)
		return
	}
	s.mu.Lock()
	s.seen[n]++
	s.mu.Unlock()
	switch {
	case n%97 == 0:
		if a.Kind != "error" || !bytes.Contains(a.Body, []byte(`"errorMessage":"`+a.ID+`"`)) {
			s.wrong.Add(1)
		}
	case a.Kind != "response" || !bytes.Equal(a.Body, payload(n)):
		s.wrong.Add(1)
	}
}

// fault misbehaves on one request in a hundred.
func (s *soak) fault(string) fakeapi.Fault {
	if rand.IntN(100) != 0 {
		return fakeapi.Fault{}
	}
	s.faults.Add(1)
	switch rand.IntN(8) {
	case 0:
		return fakeapi.Fault{Refuse: true}
	case 1:
		return fakeapi.Fault{Reset: true}
	case 2:
		return fakeapi.Fault{Cut: 1 + rand.IntN(400)}
	case 3:
		return fakeapi.Fault{Chunked: true}
	case 4:
		return fakeapi.Fault{Close: true}
	case 5:
		return fakeapi.Fault{NoLength: true}
	case 6:
		return fakeapi.Fault{Info: 2}
	default:
		return fakeapi.Fault{Raw: []byte("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n")}
	}
}

// usage is what must not grow.
type usage struct {
	heap                    uint64
	goroutines, descriptors int
}

func measure() (u usage) {
	goruntime.GC()
	goruntime.GC()
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	u.heap, u.goroutines = m.HeapAlloc, goruntime.NumGoroutine()
	// Only Linux shows the open descriptors; elsewhere both counts are 0.
	if entries, err := os.ReadDir("/proc/self/fd"); err == nil {
		u.descriptors = len(entries)
	}
	return u
}
