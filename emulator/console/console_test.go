package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/emulator"
)

const token = "the-token"

// ask sends a console a request as a page with its cookie does.
func ask(t *testing.T, c *Console, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, "http://127.0.0.1:9000"+path, strings.NewReader(body))
	r.AddCookie(&http.Cookie{Name: tokenName, Value: token})
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if value == "" {
			r.Header.Del(name)
			continue
		}
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w
}

// happen reports the arrival and the end of an event.
func happen(c *Console, function, payload, answer string) {
	r := &emulator.Request{RequestID: function + "-id", Payload: []byte(payload)}
	x := c.Observe(emulator.Arrival{Function: function, Source: "Invoke", Client: "aws-cli/2", Request: r})
	now := time.Now()
	x.Started(emulator.Started{At: now, InitBegan: now.Add(-20 * time.Millisecond), InitEnded: now.Add(-time.Millisecond)})
	x.Logged([]byte("a line of " + function + "\n"))
	x.Ended(emulator.Ended{At: now.Add(3 * time.Millisecond), AnswerBegan: now, AnswerEnded: now.Add(2 * time.Millisecond), Status: "success", Memory: 9 << 20, Response: emulator.Response{Payload: []byte(answer)}})
}

func listed(t *testing.T, c *Console, query string) foundPage {
	t.Helper()
	var p foundPage
	if err := json.Unmarshal(ask(t, c, "GET", "/_bootzip/invocations?"+query, "").Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEvents(t *testing.T) {
	c := New(token, t.TempDir())
	happen(c, "hello", `{"name":"needle"}`, `"hi"`)
	happen(c, "world", `{"body":"AAH/","isBase64Encoded":true}`, `{"statusCode":200,"body":"text"}`)
	if p := listed(t, c, ""); len(p.Events) != 2 || p.Events[0].Function != "world" || p.Events[0].Status != "success" || p.Events[0].Init < 18 || p.More {
		t.Errorf("%+v", p)
	}
	for query, want := range map[string]int{"function=hello": 1, "status=error": 0, "status=success": 2, "text=needle": 1, "text=a+line+of+world": 1, "text=hello-id": 1, "before=2": 1} {
		if p := listed(t, c, query); len(p.Events) != want {
			t.Errorf("%s: %d events", query, len(p.Events))
		}
	}
	var d detail
	if err := json.Unmarshal(ask(t, c, "GET", "/_bootzip/invocations/2", "").Body.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	if d.EventBody == nil || !d.EventBody.Binary || d.EventBody.Size != 3 || d.AnswerBody == nil || d.AnswerBody.Text != "text" || d.Log != "a line of world\n" || len(d.Phases) < 2 {
		t.Errorf("%+v", d)
	}
	for path, want := range map[string]string{
		"2/event-body": "\x00\x01\xff", "2/answer-body": "text", "1/answer": `"hi"`, "1/event": `{"name":"needle"}`,
	} {
		w := ask(t, c, "GET", "/_bootzip/invocations/"+path, "")
		if w.Body.String() != want || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") || w.Header().Get("Content-Type") != "application/octet-stream" {
			t.Errorf("%s: %q %v", path, w.Body, w.Header())
		}
	}
	for _, path := range []string{"3", "x", "1/event-body", "1/else"} {
		if w := ask(t, c, "GET", "/_bootzip/invocations/"+path, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := ask(t, c, "DELETE", "/_bootzip/invocations", ""); w.Code != http.StatusNoContent {
		t.Error(w.Code)
	}
	if p := listed(t, c, ""); len(p.Events) != 0 || c.bytes != 0 {
		t.Errorf("%d events, %d bytes", len(p.Events), c.bytes)
	}
}

// The history is bounded in number and in bytes, even while a log grows.
func TestBounds(t *testing.T) {
	c := New(token, t.TempDir())
	for i := range maxEvents + 500 {
		happen(c, fmt.Sprint("f", i%3), `{}`, `{}`)
	}
	if len(c.records) != maxEvents || c.total != maxEvents+500 {
		t.Errorf("%d of %d", len(c.records), c.total)
	}
	p := listed(t, c, "")
	if len(p.Events) != pageSize || !p.More {
		t.Errorf("%d events on a page", len(p.Events))
	}
	if older := listed(t, c, fmt.Sprint("before=", p.Events[pageSize-1].ID)); older.Events[0].ID != p.Events[pageSize-1].ID-1 {
		t.Errorf("%d after %d", older.Events[0].ID, p.Events[pageSize-1].ID)
	}
	large := strings.Repeat("x", 6<<20)
	for range 100 {
		happen(c, "large", large, "1")
	}
	sum := 0
	for _, r := range c.records {
		sum += len(r.event) + len(r.answer) + len(r.log) + len(r.streamed)
	}
	if c.bytes > maxBytes || c.bytes != sum {
		t.Errorf("%d bytes are counted, %d are there", c.bytes, sum)
	}
	x := c.Observe(emulator.Arrival{Function: "talks", Request: &emulator.Request{}}).(*record)
	for range 10 {
		x.Logged(make([]byte, maxLog/4))
	}
	if len(x.log) != maxLog || x.lost != 6*maxLog/4 {
		t.Errorf("%d bytes of log, %d lost", len(x.log), x.lost)
	}
}

type sink struct{ got []byte }

func (s *sink) Begin(string)                {}
func (s *sink) Write(p []byte) (int, error) { s.got = append(s.got, p...); return len(p), nil }

func TestStream(t *testing.T) {
	c := New(token, t.TempDir())
	s := &sink{}
	r := &emulator.Request{Stream: s}
	x := c.Observe(emulator.Arrival{Function: "f", Request: r})
	for range maxChunks + 5 {
		_, _ = r.Stream.Write([]byte("ab"))
	}
	x.Ended(emulator.Ended{At: time.Now(), Status: "success", Response: emulator.Response{Streamed: true}})
	d, _ := c.get(1)
	if len(s.got) != 2*(maxChunks+5) || d.Answer != string(s.got) || len(d.Chunks) != maxChunks || d.Out != len(s.got) {
		t.Errorf("%d bytes came, %d are kept, %d chunks, %d out", len(s.got), len(d.Answer), len(d.Chunks), d.Out)
	}
}

func TestWhoIsLetIn(t *testing.T) {
	c := New(token, t.TempDir())
	happen(c, "hello", "{}", "{}")
	for _, test := range []struct {
		path, headers string
		want          int
	}{
		{"/", "Cookie: ", http.StatusOK}, // the page has no data
		{"/_bootzip/console.js", "Cookie: ", http.StatusOK},
		{"/_bootzip/invocations", "", http.StatusOK},
		{"/_bootzip/invocations", "Cookie: ", http.StatusForbidden},
		{"/_bootzip/invocations", "Cookie: " + tokenName + "=other", http.StatusForbidden},
		{"/_bootzip/invocations", "Origin: http://127.0.0.1:9000", http.StatusOK},
		{"/_bootzip/invocations", "Origin: http://localhost:5173", http.StatusForbidden},
		{"/_bootzip/invocations", "Origin: null", http.StatusForbidden},
		{"/_bootzip/invocations", "Sec-Fetch-Site: same-origin", http.StatusOK},
		{"/_bootzip/changes", "Sec-Fetch-Site: cross-site", http.StatusForbidden}, // --cors="*" would let it get this far
		{"/_bootzip/?token=wrong", "Cookie: ", http.StatusOK},
	} {
		w := ask(t, c, "GET", test.path, "", test.headers)
		if w.Code != test.want {
			t.Errorf("%s with %q: %d", test.path, test.headers, w.Code)
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; script-src 'self'") || w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", test.path, w.Header())
		}
	}
	w := ask(t, c, "GET", "/?token="+token, "", "Cookie: ")
	cookie := w.Result().Cookies()
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" || len(cookie) != 1 || cookie[0].Path != "/_bootzip/" || !cookie[0].HttpOnly {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestSave(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "events")
	c := New(token, dir)
	save := func(name, event string) *httptest.ResponseRecorder {
		body, err := json.Marshal(map[string]string{"name": name, "event": event})
		if err != nil {
			t.Fatal(err)
		}
		return ask(t, c, "POST", "/_bootzip/save", string(body), "Content-Type: application/json")
	}
	if w := save("order", `{"id":12345678901234567890}`); w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "order.json")); err != nil || string(b) != "{\"id\":12345678901234567890}\n" {
		t.Errorf("%q, %v", b, err)
	}
	for _, bad := range []struct {
		name, event string
		want        int
	}{
		{"order.json", `{}`, http.StatusConflict}, {"../x", `{}`, http.StatusBadRequest}, {".hidden", `{}`, http.StatusBadRequest},
		{"a/b", `{}`, http.StatusBadRequest}, {"", `{}`, http.StatusBadRequest}, {"x", `{`, http.StatusBadRequest}, {strings.Repeat("x", 80), `{}`, http.StatusBadRequest},
	} {
		if w := save(bad.name, bad.event); w.Code != bad.want {
			t.Errorf("%q: %d %s", bad.name, w.Code, w.Body)
		}
	}
	if w := ask(t, c, "POST", "/_bootzip/save", `{}`, "Content-Type: text/plain"); w.Code != http.StatusUnsupportedMediaType {
		t.Error(w.Code)
	}
	if list, _ := os.ReadDir(dir); len(list) != 1 {
		t.Errorf("%d files", len(list))
	}
	if w := ask(t, c, "GET", "/_bootzip/events/order.json?saved=1", ""); !strings.Contains(w.Body.String(), "12345678901234567890") {
		t.Error(w.Body)
	}
	for _, path := range []string{"events/s3", "events"} {
		if w := ask(t, c, "GET", "/_bootzip/"+path, ""); w.Code != http.StatusOK || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	for _, path := range []string{"events/none", "events/..%2forder.json?saved=1", "events/.x.json?saved=1"} {
		if w := ask(t, c, "GET", "/_bootzip/"+path, ""); w.Code == http.StatusOK {
			t.Errorf("%s: %s", path, w.Body)
		}
	}
}

// A page is notified of builds and events as they happen.
func TestChanges(t *testing.T) {
	c := New(token, t.TempDir())
	server := httptest.NewServer(c)
	defer server.Close()
	r, err := http.NewRequest("GET", server.URL+"/_bootzip/changes", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: tokenName, Value: token})
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	decoder := json.NewDecoder(&eventReader{from: resp.Body})
	next := func() (s pageState) {
		if err := decoder.Decode(&s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := next(); s.Total != 0 || s.MaxEvents != maxEvents {
		t.Errorf("%+v", s)
	}
	c.Built("hello", errors.New("it does not compile"))
	if s := next(); len(s.Functions) != 1 || s.Functions[0].Error != "it does not compile" || s.Functions[0].Running {
		t.Errorf("%+v", s)
	}
	c.Built("hello", nil)
	happen(c, "hello", "{}", "{}")
	for s := next(); s.Total != 1; s = next() {
	}
}

// An eventReader reads the data of server-sent events.
type eventReader struct {
	from io.Reader
	rest string
	left []byte
}

func (r *eventReader) Read(p []byte) (int, error) {
	for len(r.left) == 0 {
		if line, rest, ok := strings.Cut(r.rest, "\n"); ok {
			r.rest = rest
			if data, ok := strings.CutPrefix(line, "data: "); ok {
				r.left = []byte(data)
			}
			continue
		}
		b := make([]byte, 4096)
		n, err := r.from.Read(b)
		r.rest += string(b[:n])
		if n == 0 && err != nil {
			return 0, err
		}
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}
