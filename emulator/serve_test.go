//go:build linux

package emulator

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// speak connects to a server, for requests that are sent exactly as written.
func speak(t *testing.T, base string) (net.Conn, *bufio.Reader) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return c, bufio.NewReader(c)
}

// hear reads a response.
func hear(t *testing.T, in *bufio.Reader) (status int, body string) {
	t.Helper()
	r, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(text)
}

const echoPath = "POST /2015-03-31/functions/echo/invocations HTTP/1.1\r\nHost: localhost\r\n"

// Requests of all kinds over one connection, whatever answers them: in one piece, in many
// pieces, several at once, in chunks, and with requests other than Invoke between them.
func TestServeOneConnection(t *testing.T) {
	base := newServer(t, ServerConfig{}, "echo")
	c, in := speak(t, base)
	large := `"` + strings.Repeat("x", 5<<20) + `"`
	for _, step := range []struct {
		pieces []string
		want   []string
	}{
		{[]string{echoPath + "Content-Length: 1\r\n\r\n1"}, []string{"200 1"}},
		{[]string{echoPath + "Content-Length: 3\r\n\r\n\"", "a", `"`}, []string{`200 "a"`}},
		{[]string{echoPath + "Content-Length: 1\r\n\r\n1" + echoPath + "Content-Length: 1\r\n\r\n2" + echoPath + "Content-Length: 1\r\n\r\n3"}, []string{"200 1", "200 2", "200 3"}},
		{[]string{echoPath + "Transfer-Encoding: chunked\r\n\r\n1\r\n4\r\n", "1\r\n5\r\n0\r\n\r\n"}, []string{"200 45"}},
		{[]string{echoPath + "Content-Length: " + fmt.Sprint(len(large)) + "\r\n\r\n", large}, []string{"200 " + large}},
		{[]string{echoPath + "X-Amz-Invocation-Type: DryRun\r\nContent-Length: 1\r\n\r\n1"}, []string{"204 "}},
		{[]string{echoPath + "Content-Length: 0\r\n\r\n"}, []string{"200 {}"}},
		{[]string{echoPath + "X-Long: " + strings.Repeat("x", 20<<10) + "\r\nContent-Length: 1\r\n\r\n1"}, []string{"200 1"}},
		{[]string{"GET /2015-03-31/functions/nope HTTP/1.1\r\nHost: localhost\r\n\r\n"}, []string{"404 "}},
		{[]string{echoPath + "Content-Length: 1\r\n\r\n1"}, []string{"200 1"}},
	} {
		for _, piece := range step.pieces {
			if _, err := io.WriteString(c, piece); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
		}
		for _, want := range step.want {
			status, body := hear(t, in)
			if got := fmt.Sprint(status, " ", body); got != want && !(want == "404 " && status == 404) {
				t.Errorf("%.100q: %.100s, want %.100s", step.pieces[0], got, want)
			}
		}
	}
}

func TestServeRefusals(t *testing.T) {
	base := newServer(t, ServerConfig{}, "echo")
	for request, want := range map[string]int{
		"POST /2015-03-31/functions/echo/invocations HTTP/1.1\r\nHost: attacker.example\r\nContent-Length: 1\r\n\r\n1": 403,
		echoPath + "Origin: https://a.example\r\nContent-Length: 1\r\n\r\n1":                                           403,
		echoPath + "Content-Length: x\r\n\r\n1":                                                                        400,
		"POST /2015-03-31/functions/a/b/invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1":         404,
		"POST /2015-03-31/functions/nope/invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1":        404,
		"POST /2015-03-31/functions/echo/invocations?x=%zz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1":  200,
		echoPath + "Connection: close\r\nContent-Length: 1\r\n\r\n1":                                                   200,
	} {
		c, in := speak(t, base)
		if _, err := io.WriteString(c, request); err != nil {
			t.Fatal(err)
		}
		if status, body := hear(t, in); status != want {
			t.Errorf("%.100q: %d %s, want %d", request, status, body, want)
		}
		if strings.Contains(request, "Connection: close") {
			if _, err := in.ReadByte(); err != io.EOF {
				t.Errorf("the connection goes on: %v", err)
			}
		}
	}
}

// A client that waits for an answer when the server is closed gets it. The server does not
// wait for other clients.
func TestServeCloses(t *testing.T) {
	parallel(t)
	f, _ := newFunction(t, Config{Name: "slow", Handler: "slow", Timeout: 20 * time.Second})
	s := NewServer(ServerConfig{})
	s.Set("slow", f)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	base := "http://" + l.Addr().String()
	_, idle := speak(t, base)
	c, in := speak(t, base)
	const request = "POST /2015-03-31/functions/slow/invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1"
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	for f.busy() == 0 {
		time.Sleep(time.Millisecond)
	}
	closed := make(chan error, 1)
	go func() { closed <- s.Close(context.Background()) }()
	if status, body := hear(t, in); status != 200 {
		t.Errorf("%d %s", status, body)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := <-ended; err != http.ErrServerClosed {
		t.Error(err)
	}
	for _, in := range []*bufio.Reader{idle, in} {
		if _, err := in.ReadByte(); err == nil {
			t.Error("a connection goes on")
		}
	}
	if err := s.Serve(l); err != http.ErrServerClosed {
		t.Error(err)
	}
}

// The server does not wait for clients that send next to nothing, but a client that waits
// for an answer keeps its connection.
func TestServeSlowClients(t *testing.T) {
	parallel(t)
	f, _ := newFunction(t, Config{Name: "slow", Handler: "slow", Timeout: 20 * time.Second})
	s := NewServer(ServerConfig{})
	// A busy machine may look at a connection late: seconds, not less.
	s.patience = patience{head: 2 * time.Second, body: 3 * time.Second, idle: 3 * time.Second}
	s.Set("slow", f)
	base := serve(t, s)
	const head = "POST /2015-03-31/functions/slow/invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n"
	for _, c := range []struct {
		sent string
		want int // status; 0: none
	}{{"", 0}, {head[:40], 0}, {head, 400}, {head + "1", 200}} {
		t.Run(fmt.Sprintf("%d bytes", len(c.sent)), func(t *testing.T) {
			parallel(t)
			conn, in := speak(t, base)
			if _, err := io.WriteString(conn, c.sent); err != nil {
				t.Fatal(err)
			}
			if c.want != 0 {
				if status, body := hear(t, in); status != c.want {
					t.Errorf("%q: %d %s, want %d", c.sent, status, body, c.want)
				}
			}
			// A server that has not read everything resets the connection.
			if rest, err := io.ReadAll(in); err != nil && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%q: the connection goes on: %q, %v", c.sent, rest, err)
			}
		})
	}
}
