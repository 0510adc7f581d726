package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A subscriber gets batches of events, one batch at a time. What it does not take
// in time is dropped, and a later event reports how much.
type subscriber struct {
	subscription
	send   func(context.Context, []message) error
	hangUp func() // closes connections
	life   context.Context
	cancel context.CancelFunc
	done   chan struct{}
	wake   chan struct{} // room for one

	mu      sync.Mutex
	queue   []message
	size    int           // of the queue, in bytes
	first   time.Time     // when the oldest in the queue came
	empty   chan struct{} // of drain; closed when nothing is left
	drained bool          // it is closed
	dropped dropped
}

// A message is an event as it is delivered.
type message struct {
	Time   string          `json:"time"`
	Type   string          `json:"type"`
	Record json.RawMessage `json:"record"`

	lost dropped // what a platform.logsDropped reports
}

// weight estimates its size in a batch, in bytes.
func (m message) weight() int { return len(m.Record) + len(m.Type) + 64 }

// dropped counts what was not delivered.
type dropped struct{ records, bytes int }

func (d *dropped) add(more dropped) {
	d.records += more.records
	d.bytes += more.bytes
}

// maxQueue bounds the queue of a slow subscriber, as a multiple of its batch.
const maxQueue = 16

func newSubscriber(s subscription, dial func(port int) (net.Conn, error)) *subscriber {
	one := &subscriber{subscription: s, wake: make(chan struct{}, 1), done: make(chan struct{})}
	one.life, one.cancel = context.WithCancel(context.Background())
	if s.Destination.Protocol == "TCP" {
		l := &lines{port: s.port, dial: dial}
		one.send, one.hangUp = l.send, l.close
	} else {
		one.send, one.hangUp = posts(s, dial)
	}
	go one.deliver()
	return one
}

// add queues an event of a subscribed type.
func (s *subscriber) add(e event) {
	if !slices.Contains(s.Types, e.group()) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.messages(e) {
		if s.size+m.weight() > maxQueue*s.bytes {
			s.dropped.add(dropped{1, len(m.Record)})
			continue
		}
		s.reportDropped()
		s.push(m)
	}
}

// push adds to the queue; s.mu is held.
func (s *subscriber) push(m message) {
	if len(s.queue) == 0 {
		s.first = time.Now()
	}
	s.queue = append(s.queue, m)
	s.size += m.weight()
	if s.empty != nil || len(s.queue) == 1 || len(s.queue) >= s.items || s.size >= s.bytes {
		s.nudge()
	}
}

// reportDropped queues the report of dropped records, now that there is room;
// s.mu is held.
func (s *subscriber) reportDropped() {
	if s.dropped.records == 0 {
		return
	}
	record, err := json.Marshal(map[string]any{
		"droppedRecords": s.dropped.records, "droppedBytes": s.dropped.bytes,
		"reason": "Some logs were dropped because the downstream consumer is slower than the logs production rate",
	})
	if err == nil {
		s.push(message{Time: clock(time.Now()), Type: Platform + ".logsDropped", Record: record, lost: s.dropped})
	}
	s.dropped = dropped{}
}

// forget counts records as dropped.
func (s *subscriber) forget(d dropped) {
	s.mu.Lock()
	s.dropped.add(d)
	s.mu.Unlock()
}

func (s *subscriber) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// drain sends everything at once from now on. It returns a channel that is closed
// when nothing is left.
func (s *subscriber) drain() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.empty == nil {
		s.empty = make(chan struct{})
		s.nudge()
	}
	return s.empty
}

// deliver is the life of a subscriber.
func (s *subscriber) deliver() {
	defer close(s.done)
	defer s.hangUp()
	timer := time.NewTimer(s.timeout)
	defer timer.Stop()
	for {
		batch, wait := s.next()
		if len(batch) > 0 {
			if !s.attempt(batch) {
				return
			}
			continue
		}
		timer.Reset(wait)
		select {
		case <-s.wake:
		case <-timer.C:
		case <-s.life.Done():
			return
		}
	}
}

// next takes the next batch, if it is due; otherwise it returns how long to wait.
func (s *subscriber) next() (batch []message, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wait = s.timeout
	if len(s.queue) == 0 {
		if s.reportDropped(); len(s.queue) == 0 {
			if s.empty != nil && !s.drained {
				s.drained = true
				close(s.empty)
			}
			return nil, wait
		}
	}
	if wait -= time.Since(s.first); s.empty == nil && wait > 0 && len(s.queue) < s.items && s.size < s.bytes {
		return nil, wait
	}
	n, size := 0, 0
	for n < min(len(s.queue), s.items) && (n == 0 || size+s.queue[n].weight() <= s.bytes) {
		size += s.queue[n].weight()
		n++
	}
	batch = slices.Clone(s.queue[:n])
	s.queue = slices.Delete(s.queue, 0, n)
	s.size -= size
	s.first = time.Now()
	return batch, 0
}

// A batch is sent up to six times, with pauses that double from the first to the last.
const firstPause, lastPause = 50 * time.Millisecond, 800 * time.Millisecond

// attempt sends a batch, several times if necessary, and finally counts it as dropped. It
// returns false if the subscriber ends.
func (s *subscriber) attempt(batch []message) bool {
	for pause := firstPause; s.send(s.life, batch) != nil; pause *= 2 {
		if pause > lastPause {
			s.lose(batch)
			return true
		}
		select {
		case <-time.After(pause):
		case <-s.life.Done():
			return false
		}
	}
	return true
}

// lose counts a batch as dropped.
func (s *subscriber) lose(batch []message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range batch {
		lost := m.lost // a report of them is still due
		if lost.records == 0 {
			lost = dropped{1, len(m.Record)}
		}
		s.dropped.add(lost)
	}
}

// posts sends each batch as a request with a JSON array.
func posts(s subscription, dial func(port int) (net.Conn, error)) (send func(context.Context, []message) error, hangUp func()) {
	client := &http.Client{
		Timeout: 10 * time.Second,
		Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return dial(s.port)
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	method := http.MethodPost
	if s.logs && s.Destination.Method == http.MethodPut {
		method = http.MethodPut
	}
	return func(ctx context.Context, batch []message) error {
		body, err := json.Marshal(batch)
		if err != nil {
			return err
		}
		r, err := http.NewRequestWithContext(ctx, method, fmt.Sprintf("http://sandbox.localdomain:%d%s", s.port, s.path), bytes.NewReader(body))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(r)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
		if resp.StatusCode/100 != 2 {
			return fmt.Errorf("the subscriber answers %s", resp.Status)
		}
		return nil
	}, client.CloseIdleConnections
}

// lines sends batches over one connection: a line of JSON for each event.
type lines struct {
	port int
	dial func(port int) (net.Conn, error)
	conn net.Conn
}

func (l *lines) close() {
	if l.conn != nil {
		l.conn.Close()
		l.conn = nil
	}
}

func (l *lines) send(_ context.Context, batch []message) error {
	if l.conn == nil {
		conn, err := l.dial(l.port)
		if err != nil {
			return err
		}
		l.conn = conn
	}
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	for _, m := range batch {
		if err := e.Encode(m); err != nil {
			return err
		}
	}
	_ = l.conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
	if _, err := l.conn.Write(body.Bytes()); err != nil {
		l.close()
		return err
	}
	return nil
}
