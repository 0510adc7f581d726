package console

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/bootzip/bootzip/emulator"
)

// The bounds of the history: the number of events; the bytes of events, answers and logs
// together; and for each event, the bytes of its log and of its stream, of which the
// beginning is kept, and the number of chunks.
const (
	maxEvents   = 10_000
	maxBytes    = 128 << 20
	maxLog      = 256 << 10
	maxStreamed = 6 << 20
	maxChunks   = 500
)

// A build is how the last build of a function ended.
type build struct {
	at      time.Time
	failure string // empty: it succeeded
}

// A history holds the newest events.
type history struct {
	mu      sync.Mutex // no other lock is taken under it
	records []*record  // the oldest first
	bytes   int
	total   int64
	version int64            // grows with each change
	builds  map[string]build // by function; "": of the entire project
}

// A record is an event. history.mu guards it.
type record struct {
	history *history
	summary
	event    []byte
	answer   []byte
	log      []byte
	lost     int // bytes of the log that were not kept
	chunks   []chunk
	streamed []byte
	context  string
	held     bool // it is in the history
	phases   []phase
	began    time.Time // when the runtime got it
}

// A summary is what the list shows about an event.
type summary struct {
	ID        int64   `json:"id"`
	RequestID string  `json:"requestId"`
	At        int64   `json:"at"` // milliseconds since 1970
	Function  string  `json:"function"`
	Source    string  `json:"source"`
	Client    string  `json:"client,omitempty"`
	Status    string  `json:"status"`             // waiting, running, success, error, timeout, refused
	Duration  float64 `json:"duration,omitempty"` // in milliseconds, as is Init
	Init      float64 `json:"init,omitempty"`     // 0: a warm start
	Memory    int64   `json:"memory,omitempty"`
	In        int     `json:"in"` // bytes
	Out       int     `json:"out"`
	Error     string  `json:"error,omitempty"` // its type
}

// A phase is a part of an event's time, in milliseconds since its arrival.
type phase struct {
	Name string  `json:"name"`
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

// A chunk is a part of a streamed response.
type chunk struct {
	At   float64 `json:"at"` // milliseconds since the arrival of the event
	Size int     `json:"size"`
}

// A detail is everything that is kept about an event.
type detail struct {
	summary
	Event       string  `json:"event"`
	Answer      string  `json:"answer"`
	Log         string  `json:"log"`
	Lost        int     `json:"lost,omitempty"`
	Phases      []phase `json:"phases"`
	Chunks      []chunk `json:"chunks,omitempty"`
	EventBody   *body   `json:"eventBody,omitempty"`
	AnswerBody  *body   `json:"answerBody,omitempty"`
	ContextJSON string  `json:"clientContext,omitempty"`

	event, answer []byte // not changed to valid UTF-8
}

// A body is the body of an HTTP event or answer.
type body struct {
	Text   string `json:"text,omitempty"` // empty: it is binary
	Binary bool   `json:"binary,omitempty"`
	Size   int    `json:"size"`
}

// Observe implements [emulator.ServerConfig.Observe].
func (c *Console) Observe(a emulator.Arrival) emulator.Observer {
	h := &c.history
	now := time.Now()
	r := &record{history: h, event: a.Request.Payload, context: a.Request.ClientContext, held: true, began: now}
	r.summary = summary{
		RequestID: a.Request.RequestID, At: now.UnixMilli(), Function: a.Function, Source: a.Source, Client: clientName(a.Client), Status: "waiting", In: len(r.event),
	}
	if a.Request.Stream != nil {
		a.Request.Stream = &tee{a.Request.Stream, r}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.total++
	r.ID = h.total
	h.records = append(h.records, r)
	h.add(r, len(r.event))
	return r
}

// clientName shortens a User-Agent.
func clientName(agent string) string {
	if strings.HasPrefix(agent, "Mozilla/") {
		return "browser"
	}
	return agent[:min(len(agent), 200)]
}

// add counts n more bytes of a record, and drops the oldest records beyond the bounds;
// mu is held.
func (h *history) add(r *record, n int) {
	h.version++
	if !r.held {
		return
	}
	h.bytes += n
	gone := 0
	for _, old := range h.records {
		if len(h.records)-gone <= maxEvents && h.bytes <= maxBytes || old == r {
			break
		}
		h.drop(old)
		gone++
	}
	clear(h.records[:gone]) // otherwise the array would keep them
	h.records = h.records[gone:]
}

func (h *history) drop(r *record) {
	r.held = false
	h.bytes -= len(r.event) + len(r.answer) + len(r.log) + len(r.streamed)
}

func (r *record) since(t time.Time) float64 { return float64(t.Sub(r.began)) / 1e6 }

// Started implements emulator.Observer.
func (r *record) Started(s emulator.Started) {
	h := r.history
	h.mu.Lock()
	defer h.mu.Unlock()
	r.Status = "running"
	waited := s.At
	if !s.InitBegan.IsZero() {
		r.Init = float64(s.InitEnded.Sub(s.InitBegan)) / 1e6
		waited = s.InitBegan
		r.phases = append(r.phases, phase{"init", max(0, r.since(s.InitBegan)), r.since(s.InitEnded)})
	}
	if w := r.since(waited); w > 0.5 {
		r.phases = append([]phase{{"waiting", 0, w}}, r.phases...)
	}
	r.phases = append(r.phases, phase{"invoke", r.since(s.At), 0})
	h.add(r, 0)
}

// Logged implements emulator.Observer.
func (r *record) Logged(text []byte) {
	h := r.history
	h.mu.Lock()
	defer h.mu.Unlock()
	n := min(len(text), maxLog-len(r.log))
	r.log = append(r.log, text[:n]...)
	r.lost += len(text) - n
	h.add(r, n)
}

// Ended implements emulator.Observer.
func (r *record) Ended(e emulator.Ended) {
	h := r.history
	h.mu.Lock()
	defer h.mu.Unlock()
	r.Memory = e.Memory
	r.answer = e.Response.Payload
	r.Out = max(r.Out, len(r.answer))
	r.Status, r.Error = e.Status, e.Response.ErrorType
	if e.Err != nil {
		r.Status, r.Error = "refused", e.Err.Error()
	}
	end := r.since(e.At)
	answered := end
	if !e.AnswerEnded.IsZero() {
		answered = r.since(e.AnswerEnded)
	}
	began := 0.0
	for i := range r.phases {
		if p := &r.phases[i]; p.Name == "invoke" {
			began = p.From
			p.To = answered
		}
	}
	r.Duration = answered - began
	if from := r.since(e.AnswerBegan); !e.AnswerEnded.IsZero() && answered-from > 0.5 {
		r.phases = append(r.phases, phase{"response", from, answered})
	}
	if end-answered > 0.05 {
		r.phases = append(r.phases, phase{"runtime and extensions", answered, end})
	}
	h.add(r, len(r.answer))
}

// A tee records what a function streams.
type tee struct {
	to     emulator.Sink
	record *record
}

// Begin implements emulator.Sink.
func (t *tee) Begin(contentType string) { t.to.Begin(contentType) }

// Write implements emulator.Sink.
func (t *tee) Write(p []byte) (int, error) {
	r := t.record
	h := r.history
	h.mu.Lock()
	if len(r.chunks) < maxChunks {
		r.chunks = append(r.chunks, chunk{r.since(time.Now()), len(p)})
	} else {
		r.chunks[maxChunks-1].Size += len(p)
	}
	r.Out += len(p)
	n := min(len(p), maxStreamed-len(r.streamed))
	r.streamed = append(r.streamed, p[:n]...)
	h.add(r, n)
	h.mu.Unlock()
	return t.to.Write(p)
}

// Built records how the build of a function ended; the name "" stands for the entire project.
func (c *Console) Built(name string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := build{at: time.Now()}
	if err != nil {
		b.failure = err.Error()
	}
	c.builds[name] = b
	c.version++
}

// Gone forgets a function that is no longer served.
func (c *Console) Gone(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.builds, name)
	c.version++
}

func (h *history) counts() (pageState, map[string]build) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := pageState{Version: h.version, Held: len(h.records), Total: h.total, MaxEvents: maxEvents, MaxBytes: maxBytes}
	return s, maps.Clone(h.builds)
}

// A filter chooses events; an empty field takes all.
type filter struct{ function, status, text string }

// A foundPage is a page of the list.
type foundPage struct {
	Events []summary `json:"events"` // the newest first
	More   bool      `json:"more"`   // there are older ones
}

// find returns the newest events that match a filter; with before, only those older than
// that event.
func (h *history) find(f filter, before int64, limit int) foundPage {
	// Search a copy of the list: searching takes longer than the lock may be held.
	h.mu.Lock()
	all := slices.Clone(h.records)
	h.mu.Unlock()
	page := foundPage{Events: []summary{}}
	text := []byte(f.text)
	for _, r := range slices.Backward(all) {
		if before > 0 && r.ID >= before {
			continue
		}
		h.mu.Lock()
		s := r.summary
		matches := (f.function == "" || s.Function == f.function) && (f.status == "" || s.Status == f.status) &&
			(len(text) == 0 || strings.Contains(s.Error+"\n"+s.RequestID+"\n"+s.Source+"\n"+s.Client, f.text) || bytes.Contains(r.event, text) || bytes.Contains(r.answer, text) ||
				bytes.Contains(r.log, text) || bytes.Contains(r.streamed, text))
		h.mu.Unlock()
		if !matches {
			continue
		}
		if len(page.Events) == limit {
			page.More = true
			break
		}
		page.Events = append(page.Events, s)
	}
	return page
}

func (h *history) get(id int64) (detail, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at, ok := slices.BinarySearchFunc(h.records, id, func(r *record, id int64) int { return int(r.ID - id) })
	if !ok {
		return detail{}, false
	}
	r := h.records[at]
	answer := r.answer
	if len(answer) == 0 {
		answer = r.streamed
	}
	d := detail{
		summary: r.summary, Event: string(r.event), Answer: text(answer), Log: text(r.log), Lost: r.lost, Phases: append([]phase{}, r.phases...), Chunks: slices.Clone(r.chunks),
		ContextJSON: r.context, event: r.event, answer: answer,
	}
	d.EventBody, d.AnswerBody = describeBody(r.event), describeBody(answer)
	return d, true
}

// text returns b as valid UTF-8, with U+FFFD for invalid bytes.
func text(b []byte) string { return strings.ToValidUTF8(string(b), "\ufffd") }

// bodyOf returns the body of an HTTP event or of an answer to one.
func bodyOf(document []byte) ([]byte, bool) {
	var d struct {
		Body            *string `json:"body"`
		IsBase64Encoded bool    `json:"isBase64Encoded"`
	}
	if json.Unmarshal(document, &d) != nil || d.Body == nil {
		return nil, false
	}
	if d.IsBase64Encoded {
		b, err := base64.StdEncoding.DecodeString(*d.Body)
		return b, err == nil
	}
	return []byte(*d.Body), true
}

func describeBody(document []byte) *body {
	b, ok := bodyOf(document)
	if !ok {
		return nil
	}
	d := &body{Size: len(b), Binary: !utf8.Valid(b) || bytes.IndexByte(b, 0) >= 0}
	if !d.Binary {
		d.Text = string(b)
	}
	return d
}

func (h *history) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.records {
		h.drop(r)
	}
	h.records = nil
	h.version++
}
