package runtimeapi

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// Only the first report of a failure is read; the others are answered unread.
func TestUnreadReports(t *testing.T) {
	const unsent = "Content-Length: 6000000\r\n\r\n" // and nothing after it
	b := newBench(t, 1)
	b.post(runtimePath+"init/error", "", "{}")
	b.send("POST " + runtimePath + "init/error HTTP/1.1\r\nHost: x\r\n" + unsent)
	text, _ := b.response()
	b.want("a second init/error", text, "403 ")

	b = newBench(t, 1)
	_, h := b.post(extensionPath+"register", headerExtension+": x\r\n", `{"events":[]}`)
	mine := headerIdentifier + ": " + h.Get(headerIdentifier) + "\r\n" + headerExtError + ": Own.Reason\r\n"
	b.post(extensionPath+"exit/error", mine, "{}")
	b.send("POST " + extensionPath + "exit/error HTTP/1.1\r\nHost: x\r\n" + mine + unsent)
	text, _ = b.response()
	b.want("a second exit/error", text, "202 ")
}

// An error that is not JSON grows when it becomes JSON, so it is cut. So is a type.
func TestLongErrors(t *testing.T) {
	const short = 6*maxErrorText + 1000
	for name, c := range map[string]struct {
		head, body string
		most       int // of the document, in bytes
	}{
		"text":          {"", strings.Repeat("\x00", maxPayload), short},
		"type":          {headerErrorType + ": Function." + strings.Repeat("x", 1<<20) + "\r\n", "", short},
		"document":      {"", `{"errorType":"` + strings.Repeat("x", 1<<20) + `"}`, 2 << 20},
		"long document": {"", `{"errorMessage":"` + strings.Repeat("x", maxPayload) + `"}`, short},
	} {
		b := newBench(t, 1)
		go b.write(fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\n%sContent-Length: %d\r\n\r\n%s", runtimePath+"init/error", c.head, len(c.body), c.body))
		a := <-b.server.Fault()
		if len(a.ErrorType) > maxErrorType || len(a.Payload) > c.most {
			t.Errorf("%s: a type of %d bytes, and a document of %d", name, len(a.ErrorType), len(a.Payload))
		}
	}
	if got := Cut("zoë", 3); got != "zo" {
		t.Errorf("cut in the middle of a character: %q", got)
	}
}

// If there are more long requests than places, the last one waits until another one ends.
// Short requests do not wait.
func TestLongRequests(t *testing.T) {
	b := newBench(t, 1)
	long := "GET /2018-06-01/ping HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", longRequest)
	var open []net.Conn
	for range cap(b.server.long) {
		one := *b
		one.dial()
		one.send(long)
		open = append(open, one.net)
	}
	for len(b.server.long) < cap(b.server.long) {
		time.Sleep(time.Millisecond)
	}
	last := *b
	last.dial()
	last.send(long + "\r\n\r\n")
	b.get("/2018-06-01/ping")
	text, _ := b.response()
	b.want("a short request", text, "200 ")
	_ = last.net.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, err := last.net.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Error("a long request too many was answered")
	}
	open[0].Close()
	_ = last.net.SetReadDeadline(time.Now().Add(20 * time.Second))
	for range 2 { // over the same connection
		text, _ = last.response()
		b.want("the long request after another one ended", text, "200 ")
		last.send(long + "\r\n\r\n")
	}
}

// If there are more connections than a server accepts at a time, the last one waits until
// another one ends.
func TestConnections(t *testing.T) {
	b := newBench(t, 1)
	var open []net.Conn
	for range maxConnections - 1 {
		one := *b
		one.dial()
		open = append(open, one.net)
	}
	last := *b
	last.dial()
	last.get("/2018-06-01/ping")
	_ = last.net.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, err := last.net.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Error("a connection too many was answered")
	}
	open[0].Close()
	_ = last.net.SetReadDeadline(time.Now().Add(20 * time.Second))
	text, _ := last.response()
	b.want("the connection after another one ended", text, "200 ")
}
