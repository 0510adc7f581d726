package telemetry

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func dialLocal(port int) (net.Conn, error) { return net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(port)) }

// body returns a subscription; more are its JSON members besides types.
func body(more string) []byte {
	return []byte(`{"types":["platform","function"],` + more + `}`)
}

func TestSubscriptions(t *testing.T) {
	const http1, schema = `"destination":{"protocol":"HTTP","URI":"http://sandbox.localdomain:8080"}`, `"schemaVersion":"2022-12-13"`
	for name, c := range map[string]struct {
		logs bool
		body string
		want string // in the refusal; "" for none
	}{
		"least":            {false, string(body(schema + "," + http1)), ""},
		"other name":       {false, string(body(schema + `,"destination":{"protocol":"HTTP","URI":"http://sandbox:8080/a"}`)), ""},
		"TCP":              {false, string(body(schema + `,"destination":{"protocol":"TCP","port":8080}`)), ""},
		"TCP by URI":       {false, string(body(schema + `,"destination":{"protocol":"TCP","URI":"tcp://sandbox.localdomain:8080"}`)), ""},
		"limits":           {false, string(body(schema + "," + http1 + `,"buffering":{"maxItems":1000,"maxBytes":1048576,"timeoutMs":25}`)), ""},
		"logs, no schema":  {true, string(body(http1)), ""},
		"no JSON":          {false, "{", "unexpected end"},
		"no schema":        {false, string(body(http1)), "schemaVersion"},
		"schema of logs":   {false, string(body(`"schemaVersion":"2021-03-18",` + http1)), "schemaVersion"},
		"no types":         {false, `{` + schema + "," + http1 + `}`, "types"},
		"unknown type":     {false, `{"types":["network"],` + schema + "," + http1 + `}`, `"network"`},
		"no destination":   {false, string(body(schema)), "destination.protocol"},
		"other host":       {false, string(body(schema + `,"destination":{"protocol":"HTTP","URI":"http://169.254.169.254:80/"}`)), "destination.URI"},
		"other scheme":     {false, string(body(schema + `,"destination":{"protocol":"HTTP","URI":"https://sandbox:443"}`)), "destination.URI"},
		"no port":          {false, string(body(schema + `,"destination":{"protocol":"HTTP","URI":"http://sandbox"}`)), "port 0"},
		"Lambda's port":    {false, string(body(schema + `,"destination":{"protocol":"HTTP","URI":"http://sandbox:9001"}`)), "port 9001"},
		"few items":        {false, string(body(schema + "," + http1 + `,"buffering":{"maxItems":999}`)), "maxItems is 999"},
		"many bytes":       {false, string(body(schema + "," + http1 + `,"buffering":{"maxBytes":1048577}`)), "maxBytes"},
		"too short a time": {false, string(body(schema + "," + http1 + `,"buffering":{"timeoutMs":24}`)), "timeoutMs"},
	} {
		h := New(dialLocal, false)
		_, err := h.Subscribe("x", c.logs, []byte(c.body))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
		h.Close()
	}
	h := New(dialLocal, false)
	defer h.Close()
	if _, err := h.Subscribe("x", false, body(schema+","+http1)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Subscribe("x", true, body(http1)); err == nil || !strings.Contains(err.Error(), "the other API") {
		t.Errorf("both APIs: %v", err)
	}
	h.Begun()
	if _, err := h.Subscribe("y", false, body(schema+","+http1)); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("after the initialisation: %v", err)
	}
}

// A listener keeps what it receives.
type listener struct {
	mu      sync.Mutex
	refuse  int // how many requests
	batches [][]message
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refuse > 0 {
		l.refuse--
		http.Error(w, "not now", http.StatusInternalServerError)
		return
	}
	data, err := io.ReadAll(r.Body)
	var batch []message
	if err = errors.Join(err, json.Unmarshal(data, &batch)); err != nil {
		batch = []message{{Type: err.Error()}}
	}
	l.batches = append(l.batches, batch)
}

func (l *listener) all() (all []message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range l.batches {
		all = append(all, b...)
	}
	return all
}

// subscribed returns a hub with one subscriber.
func subscribed(t *testing.T, l *listener, more string) *Hub {
	t.Helper()
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: l}
	go func() { _ = s.Serve(at) }()
	h := New(dialLocal, true)
	t.Cleanup(func() { h.Close(); s.Close() })
	h.Event("initStart", map[string]string{"phase": "init"})
	port := strconv.Itoa(at.Addr().(*net.TCPAddr).Port)
	if _, err := h.Subscribe("x", false, body(`"destination":{"protocol":"HTTP","URI":"http://sandbox:`+port+`/"},`+more)); err != nil {
		t.Fatal(err)
	}
	return h
}

// Lines are events, complete and in order, including those before the subscription.
func TestLines(t *testing.T) {
	var l listener
	h := subscribed(t, &l, `"schemaVersion":"2022-12-13","buffering":{"timeoutMs":30000}`)
	h.Print(Function, []byte("one\ntw"))
	h.Print(Extension, []byte("not asked for\n"))
	h.Print(Function, []byte("o\n{\"a\":1}\nlast"))
	if n := len(l.all()); n != 0 {
		t.Errorf("%d events came before it was time", n)
	}
	h.Drain(5 * time.Second)
	var got []string
	for _, m := range l.all() {
		got = append(got, m.Type+string(m.Record))
	}
	want := `platform.initStart{"phase":"init"} platform.telemetrySubscription{"name":"x","state":"Subscribed","types":["platform","function"]} function"one" function"two" function{"a":1} function"last"`
	if strings.Join(got, " ") != want {
		t.Errorf("got %s", strings.Join(got, " "))
	}
}

// A refused batch is sent again, and a full one is sent at once.
func TestBatches(t *testing.T) {
	l := listener{refuse: 2}
	h := subscribed(t, &l, `"schemaVersion":"2022-07-01","buffering":{"maxItems":1000,"timeoutMs":30000}`)
	for range 2500 {
		h.Print(Function, []byte("{}\n"))
	}
	for range 500 {
		if len(l.all()) >= 2000 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if n := len(l.all()); n != 2000 {
		t.Errorf("%d events came, and two batches are full", n)
	}
	h.Drain(5 * time.Second)
	if n := len(l.all()); n != 2502 {
		t.Errorf("%d events came at the end", n)
	}
	if m := l.all()[2]; string(m.Record) != `"{}"` {
		t.Errorf("in the schema of 2022-07-01 a line is %s", m.Record)
	}
}

// Events that are not taken are dropped, and counted.
func TestDropped(t *testing.T) {
	l := listener{refuse: 1 << 30}
	h := subscribed(t, &l, `"schemaVersion":"2022-12-13","buffering":{"timeoutMs":25}`)
	line := append([]byte(strings.Repeat("x", 1000)), '\n')
	const (
		lines  = 8000 // more than sixteen batches
		events = lines + 3
	)
	for range lines {
		h.Print(Function, line)
	}
	l.mu.Lock()
	l.refuse = 0
	l.mu.Unlock()
	h.Drain(20 * time.Second)
	h.Print(Function, []byte("after\n"))
	came, dropped := 0, 0
	for range 300 {
		came, dropped = 0, 0
		for _, m := range l.all() {
			var r struct{ DroppedRecords, DroppedBytes int }
			switch {
			case m.Type != "platform.logsDropped":
				came++
			case json.Unmarshal(m.Record, &r) == nil:
				dropped += r.DroppedRecords
				if r.DroppedBytes < 900*r.DroppedRecords { // all except the platform's have 1000 bytes or more
					t.Errorf("dropped are %+v", r)
				}
			}
		}
		if came+dropped >= events {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if dropped == 0 || came+dropped != events {
		t.Errorf("%d events came and %d were dropped, of %d", came, dropped, events)
	}
}

// The report of dropped records may itself be in a batch that is not taken. A later
// report then includes those records.
func TestDroppedTwice(t *testing.T) {
	s := &subscriber{send: func(context.Context, []message) error { return errors.New("not now") }, life: t.Context()}
	s.items, s.bytes = 10, 1000
	s.dropped = dropped{5, 500}
	s.reportDropped()
	s.push(message{Type: Function, Record: []byte(`"one"`)})
	batch, _ := s.next()
	if len(batch) != 2 || s.dropped.records != 0 {
		t.Fatalf("the batch is %v", batch)
	}
	s.attempt(batch)
	if s.dropped != (dropped{6, 505}) {
		t.Errorf("dropped are %+v", s.dropped)
	}
}

// A line without an end is cut, not kept for ever.
func TestLongLine(t *testing.T) {
	var l listener
	h := subscribed(t, &l, `"schemaVersion":"2022-12-13"`)
	h.Print(Function, []byte(strings.Repeat("x", maxLine+5)+"\nnext\n"))
	h.Drain(5 * time.Second)
	all := l.all()
	if n := len(all); n != 5 || len(all[2].Record) != maxLine+2 || string(all[3].Record) != `"xxxxx"` || string(all[4].Record) != `"next"` {
		t.Errorf("%d events came", n)
	}
}
