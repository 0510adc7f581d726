package runtimeapi

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// A bench is a server with a connection like that of a runtime.
type bench struct {
	t       *testing.T
	server  *Server
	net     net.Conn
	in      *bufio.Reader
	ready   chan struct{}
	answers *sync.Map // by *Call
}

func newBench(t *testing.T, concurrency int) *bench {
	t.Helper()
	b := &bench{t: t, ready: make(chan struct{}, 100), answers: &sync.Map{}}
	return b.start(Config{Name: "f", Concurrency: concurrency})
}

func (b *bench) start(c Config) *bench {
	b.t.Helper()
	s, err := New(c)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(s.Close)
	go func() {
		for {
			select {
			case signal := <-s.Signals():
				if signal.Reply == nil {
					b.ready <- struct{}{}
				} else if answers, ok := b.answers.Load(signal.Reply); ok {
					answers.(chan Answer) <- signal.Reply.Answer
				}
			case <-s.life.Done():
				return
			}
		}
	}()
	b.server = s
	b.dial()
	return b
}

func (b *bench) dial() {
	b.t.Helper()
	c, err := net.Dial("tcp", b.server.Address())
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	b.net, b.in = c, bufio.NewReader(c)
}

// send sends requests; "Host: x" stands for the server's own.
func (b *bench) send(text string) {
	b.t.Helper()
	if err := b.write(text); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) write(text string) error {
	_, err := io.WriteString(b.net, strings.ReplaceAll(text, "Host: x\r\n", "Host: "+b.server.Address()+"\r\n"))
	return err
}

func (b *bench) get(path string) {
	b.t.Helper()
	b.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n")
}

// response reads a response; the text begins with its status.
func (b *bench) response() (string, http.Header) {
	b.t.Helper()
	r, err := http.ReadResponse(b.in, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return fmt.Sprint(r.StatusCode, " ", string(body)), r.Header
}

func (b *bench) ended() {
	b.t.Helper()
	if n, err := b.in.Read(make([]byte, 1)); n != 0 || err == nil {
		b.t.Errorf("the connection goes on")
	}
}

// offer offers an event when the runtime is ready for it.
func (b *bench) offer(id, payload string) (*Call, chan Answer) {
	b.t.Helper()
	<-b.ready
	answers := make(chan Answer, 1)
	c := &Call{Event: Event{ID: id, Payload: []byte(payload), Deadline: time.Now().Add(time.Minute)}}
	b.answers.Store(c, answers)
	b.server.Offer(c)
	return c, answers
}

const nextPath = runtimePath + "invocation/next"

func responsePath(id string) string { return runtimePath + "invocation/" + id + "/response" }

// The id of an attempt goes out with the event. An answer with another id is refused, and
// the event can still be answered; an answer without one is accepted.
func TestAttempts(t *testing.T) {
	b := newBench(t, 1)
	for n, path := range []string{"response", "error"} {
		id := fmt.Sprint("id-", n)
		b.get(nextPath)
		<-b.ready
		c := &Call{Event: Event{ID: id, Attempt: "first", Payload: []byte("1"), Deadline: time.Now().Add(time.Minute)}}
		answers := make(chan Answer, 1)
		b.answers.Store(c, answers)
		b.server.Offer(c)
		if text, h := b.response(); text != "200 1" || h.Get("Lambda-Runtime-Invocation-Id") != "first" {
			t.Fatalf("%s, %v", text, h)
		}
		post := func(extra string) string {
			b.send("POST " + runtimePath + "invocation/" + id + "/" + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n" + extra + "\r\n42")
			text, _ := b.response()
			return text
		}
		if text := post("Lambda-Runtime-Invocation-Id: second\r\n"); !strings.HasPrefix(text, "400 ") || !strings.Contains(text, "InvalidInvocationId") {
			t.Errorf("%s: another attempt: %s", path, text)
		}
		mine := ""
		if n == 0 {
			mine = "Lambda-Runtime-Invocation-Id: first\r\n"
		}
		if text := post(mine); !strings.HasPrefix(text, "202 ") {
			t.Errorf("%s: %s", path, text)
		}
		if a := <-answers; string(a.Payload) != "42" {
			t.Errorf("%s: %+v", path, a)
		}
	}
}

func TestEventsOverOneConnection(t *testing.T) {
	b := newBench(t, 1)
	b.get(nextPath)
	for n := range 3 {
		id, payload := fmt.Sprint("id-", n), strings.Repeat("x", n*100_000)
		_, answers := b.offer(id, payload)
		if text, h := b.response(); text != "200 "+payload || h.Get("Lambda-Runtime-Aws-Request-Id") != id {
			t.Fatalf("%.100s, %v", text, h)
		}
		// Both in one piece, as a runtime in a hurry sends them.
		b.send("POST " + responsePath(id) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nokGET " + nextPath + " HTTP/1.1\r\nHost: x\r\n\r\n")
		if text, _ := b.response(); text != "202 {\"status\":\"OK\"}\n" {
			t.Fatal(text)
		}
		if a := <-answers; string(a.Payload) != "ok" || a.Failed {
			t.Fatalf("%+v", a)
		}
	}
}

func TestHeaderValuesEndNoLine(t *testing.T) {
	b := newBench(t, 1)
	b.get(nextPath)
	<-b.ready
	b.server.Offer(&Call{Event: Event{ID: "a", ClientContext: "{\r\nX-Evil: 1\n}", Payload: []byte("1")}})
	text, h := b.response()
	if text != "200 1" || h.Get("X-Evil") != "" || h.Get("Lambda-Runtime-Client-Context") != "{  X-Evil: 1 }" {
		t.Errorf("%s, %v", text, h)
	}
}

// A runtime that makes a connection for each request, and one that speaks HTTP/1.0.
func TestOneConnectionForEachRequest(t *testing.T) {
	for _, form := range []string{" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", " HTTP/1.0\r\n"} {
		b := newBench(t, 1)
		b.send("GET " + nextPath + form + "\r\n")
		_, answers := b.offer("a", "1")
		if text, h := b.response(); text != "200 1" {
			t.Errorf("%s, %v", text, h)
		}
		b.ended()
		b.dial()
		b.send("POST " + responsePath("a") + form + "Content-Length: 1\r\n\r\n2")
		if text, _ := b.response(); !strings.HasPrefix(text, "202 ") {
			t.Error(text)
		}
		b.ended()
		if a := <-answers; string(a.Payload) != "2" {
			t.Errorf("%+v", a)
		}
	}
}

// If a connection breaks before the event comes, the event goes to the next request.
func TestConnectionBreaksBeforeTheEvent(t *testing.T) {
	b := newBench(t, 1)
	b.get(nextPath)
	<-b.ready
	b.net.Close()
	for waits := true; waits; {
		b.server.mu.Lock()
		waits = len(b.server.waiting) > 0
		b.server.mu.Unlock()
	}
	b.server.Offer(&Call{Event: Event{ID: "a", Payload: []byte("1")}})
	b.dial()
	b.get(nextPath)
	if text, _ := b.response(); text != "200 1" {
		t.Error(text)
	}
	if len(b.ready) != 0 {
		t.Error("it is ready for two events")
	}
}

// A request that comes before the response to the one for an event is answered after that
// response, as HTTP requires.
func TestImpatientRequest(t *testing.T) {
	b := newBench(t, 1)
	b.get(nextPath)
	b.get(nextPath)
	b.offer("a", "1")
	for range 2 { // the second gets the event once more
		if text, _ := b.response(); text != "200 1" {
			t.Error(text)
		}
	}
}

func TestMalformedRequests(t *testing.T) {
	for request, want := range map[string]string{
		"nonsense\r\n\r\n": "400 ",
		"POST " + responsePath("a") + " HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n":                             "400 ",
		"POST " + responsePath("a") + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n1":       "400 ",
		"GET " + nextPath + " HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 2<<20) + "\r\n\r\n":                   "431 ",
		"GET " + nextPath + " HTTP/1.1\r\nHost: x\r\nOrigin: http://page.example\r\n\r\n":                             "403 ",
		"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n":                                                                    "404 ",
		"GET " + responsePath("a") + " HTTP/1.1\r\nHost: x\r\n\r\n":                                                   "405 ",
		"PUT /2022-07-01/telemetry HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}":                                "202 ",
		"POST " + responsePath("a") + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1":                            "400 ",
		"POST " + runtimePath + "invocation/a/other HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1":                "404 ",
		"POST " + extensionPath + "register HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}":                       "403 ",
		"GET " + extensionPath + "event/next HTTP/1.1\r\nHost: x\r\nLambda-Extension-Identifier: unknown\r\n\r\n":     "403 ",
		"POST " + runtimePath + "init/error HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n": "100 ",
	} {
		b := newBench(t, 1)
		go b.write(request) // a request that is too long may be refused before its end
		r, err := http.ReadResponse(b.in, nil)
		if err != nil || !strings.HasPrefix(fmt.Sprint(r.StatusCode, " "), want) {
			t.Errorf("%.100q: %v, %v, want %s", request, r, err, want)
		}
	}
}

// A body in chunks, with an error in its trailers that is longer than most readers' buffers.
func TestTrailers(t *testing.T) {
	b := newBench(t, 1)
	b.get(nextPath)
	_, answers := b.offer("a", "1")
	b.response()
	b.send("POST " + responsePath("a") + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: " + headerErrorType + ", " + headerErrorBody + "\r\n\r\n4\r\nhalf\r\n")
	b.send("0\r\n" + headerErrorType + ": Function.Torn\r\n" + headerErrorBody + ": " + strings.Repeat("IiIg", 10_000) + "\r\n\r\n")
	if text, _ := b.response(); !strings.HasPrefix(text, "202 ") {
		t.Error(text)
	}
	if a := <-answers; !a.Failed || a.ErrorType != "Function.Torn" || len(a.Payload) != 30_000 {
		t.Errorf("%+v", a)
	}
}

// Connections that send next to nothing do not block others.
func TestSlowConnections(t *testing.T) {
	b := newBench(t, 1)
	for range 50 {
		slow := *b
		slow.dial()
		slow.send("GET " + nextPath[:10])
	}
	b.get(nextPath)
	b.offer("a", "1")
	if text, _ := b.response(); text != "200 1" {
		t.Error(text)
	}
}

func TestSeveralEvents(t *testing.T) {
	first := newBench(t, 2)
	first.get(nextPath)
	second := *first
	second.dial()
	second.get(nextPath)
	a, _ := first.offer("a", `"a"`)
	_, answers := first.offer("b", `"b"`)
	got := map[string]*bench{}
	for _, b := range []*bench{first, &second} {
		_, h := b.response()
		got[h.Get("Lambda-Runtime-Aws-Request-Id")] = b
	}
	if got["a"] == nil || got["b"] == nil {
		t.Fatal("two loops have the same event")
	}
	post := func(b *bench, id string) string {
		b.send("POST " + responsePath(id) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1")
		text, _ := b.response()
		return text[:4]
	}
	first.server.Expire(a)
	for _, c := range []struct{ id, want string }{{"a", "410 "}, {"a", "400 "}, {"c", "400 "}, {"b", "202 "}, {"b", "400 "}} {
		if got := post(first, c.id); got != c.want {
			t.Errorf("answer to %s: %s, want %s", c.id, got, c.want)
		}
	}
	if a := <-answers; string(a.Payload) != "1" {
		t.Errorf("%+v", a)
	}
	first.get(nextPath)
	<-first.ready
	second.get(nextPath)
	<-first.ready
	third := *first
	third.dial()
	third.get(nextPath)
	if text, _ := third.response(); !strings.HasPrefix(text, "500 ") {
		t.Errorf("a loop too many: %s", text)
	}
}
