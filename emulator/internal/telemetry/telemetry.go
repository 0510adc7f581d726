// Package telemetry is Lambda's side of the Telemetry API, version 2022-07-01, and
// of the older Logs API, version 2020-08-15, for one instance: it takes
// subscriptions and delivers events in batches.
//
// Sources: AWS Lambda developer guide, "Lambda Telemetry API reference", "Lambda
// Telemetry API Event schema reference" and "Using the Lambda Logs API".
package telemetry

import (
	"bytes"
	"encoding/json"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// The types of events to subscribe to.
const (
	Platform  = "platform"
	Function  = "function"
	Extension = "extension"
)

// An event is an event of the Telemetry API.
type event struct {
	at     time.Time
	kind   string // "platform.start", …, "function" or "extension"
	record json.RawMessage
}

// group is the type that extensions subscribe to.
func (e event) group() string {
	group, _, _ := strings.Cut(e.kind, ".")
	return group
}

// A Hub passes the events of one instance to its subscribers.
type Hub struct {
	dial func(port int) (net.Conn, error)
	json bool

	mu          sync.Mutex
	open        bool    // subscriptions are accepted
	past        []event // since the initialisation began, while open
	pastBytes   int
	forgotten   dropped                // did not fit into past
	subscribers map[string]*subscriber // by extension
	partial     map[string][]byte      // the beginning of a line, by type
}

// maxPast bounds what is kept for later subscribers, in bytes.
const maxPast = 8 << 20

// New makes a hub that accepts subscriptions until Begun. dial connects to a port of the
// instance's 127.0.0.1. With json, lines that hold a JSON object are delivered as objects.
func New(dial func(port int) (net.Conn, error), json bool) *Hub {
	return &Hub{dial: dial, json: json, open: true, subscribers: map[string]*subscriber{}, partial: map[string][]byte{}}
}

// Begun ends subscriptions: the initialisation is over.
func (h *Hub) Begun() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open, h.past = false, nil
}

// Wanted reports whether there are subscribers, or may still be.
func (h *Hub) Wanted() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.open || len(h.subscribers) > 0
}

// Event adds an event of the platform, such as "start".
func (h *Hub) Event(kind string, record any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.event(kind, record)
}

// event is Event; h.mu is held.
func (h *Hub) event(kind string, record any) {
	if data, err := json.Marshal(record); err == nil {
		h.add(event{time.Now(), Platform + "." + kind, data})
	}
}

// Print adds what a function or an extension prints: each line is an event.
func (h *Hub) Print(from string, text []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.open && len(h.subscribers) == 0 {
		return
	}
	var rest []byte
	for line := range bytes.Lines(append(h.partial[from], text...)) {
		if whole, ok := bytes.CutSuffix(line, []byte("\n")); ok || len(line) >= maxLine {
			h.line(from, whole)
		} else {
			rest = line
		}
	}
	h.partial[from] = bytes.Clone(rest)
}

// maxLine bounds a line, in bytes: a longer line becomes several events (AWS Lambda
// developer guide, "Lambda Telemetry API reference": an event has 256 KB at most).
const maxLine = 256 << 10

// line adds a line as an event; h.mu is held.
func (h *Hub) line(from string, line []byte) {
	for {
		data, _ := json.Marshal(string(line[:min(len(line), maxLine)])) // of a string: it cannot fail
		h.add(event{time.Now(), from, data})
		if len(line) <= maxLine {
			return
		}
		line = line[maxLine:]
	}
}

// Drain sends all events, including unfinished lines, and from now on each event at
// once: the instance is ending. It waits for the deliveries until the limit.
func (h *Hub) Drain(limit time.Duration) {
	h.mu.Lock()
	for from, text := range h.partial {
		if len(text) > 0 {
			h.line(from, text)
		}
	}
	clear(h.partial)
	subscribers := slices.Collect(maps.Values(h.subscribers))
	h.mu.Unlock()
	late := time.After(limit)
	for _, s := range subscribers {
		select {
		case <-s.drain():
		case <-late:
			return
		}
	}
}

// Close ends all deliveries. The subscribers' processes must have ended before.
func (h *Hub) Close() {
	h.mu.Lock()
	subscribers := slices.Collect(maps.Values(h.subscribers))
	h.open, h.past = false, nil
	clear(h.subscribers)
	h.mu.Unlock()
	for _, s := range subscribers {
		s.cancel()
		<-s.done
	}
}

// add passes on an event; h.mu is held.
func (h *Hub) add(e event) {
	switch {
	case h.open && h.pastBytes < maxPast:
		h.past = append(h.past, e)
		h.pastBytes += len(e.record)
	case h.open:
		h.forgotten.add(dropped{1, len(e.record)})
	}
	for _, s := range h.subscribers {
		s.add(e)
	}
}
