package runtimeapi

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

func TestForeignRequests(t *testing.T) {
	b := newBench(t, 1)
	own := b.server.Address()
	host, _, err := net.SplitHostPort(own)
	if err != nil {
		t.Fatal(err)
	}
	for head, want := range map[string]string{
		"Host: " + own:                                     "404 ",
		"Host: " + host:                                    "404 ",
		"Host: localhost":                                  "404 ",
		"Host: localhost:1":                                "403 ",
		"Host: attacker.example":                           "403 ",
		"Host: " + host + ":1":                             "403 ",
		"Host: " + own + "\r\nOrigin: null":                "403 ",
		"Host: " + own + "\r\nOrigin: http://" + own:       "403 ",
		"Host: " + own + "\r\nSec-Fetch-Site: cross-site":  "403 ",
		"Host: " + own + "\r\nSec-Fetch-Site: same-site":   "403 ",
		"Host: " + own + "\r\nSec-Fetch-Site: same-origin": "404 ",
		"Host: " + own + "\r\nSec-Fetch-Site: none":        "404 ",
	} {
		b.send("GET /nothing HTTP/1.1\r\n" + head + "\r\n\r\n")
		if text, h := b.response(); !strings.HasPrefix(text, want) || want == "403 " && h.Get("Content-Type") != "application/json" {
			t.Errorf("%q: %s, want %s", head, text, want)
		}
	}
}

// The owner of a connection is looked up once, and a refused one gets no event.
func TestPeer(t *testing.T) {
	var asked atomic.Int32
	b := (&bench{t: t}).start(Config{Peer: func(net.Conn) error { asked.Add(1); return errors.New("user 7 is not the function's") }})
	for range 3 {
		b.get(nextPath)
		if text, _ := b.response(); text != "403 {\"errorMessage\":\"user 7 is not the function's\",\"errorType\":\"ForeignPeer\"}\n" {
			t.Error(text)
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("the peer was looked up %d times", n)
	}
}

func TestListen(t *testing.T) {
	for range 20 {
		l, err := listen()
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if a := l.Addr().(*net.TCPAddr); !a.IP.IsLoopback() || a.Port > 32767 {
			t.Errorf("address is %s", a)
		}
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{Listener: l})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get("http://" + s.Address() + "/")
	if err != nil || resp.StatusCode != http.StatusNotFound {
		t.Errorf("%v, %v", resp, err)
	} else {
		resp.Body.Close()
	}
	s.Close()
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("the listener is open after Close")
	}
}

// A HEAD request takes no event.
func TestHead(t *testing.T) {
	b := newBench(t, 1)
	b.send("HEAD " + nextPath + " HTTP/1.1\r\nHost: x\r\n\r\n")
	r, err := http.ReadResponse(b.in, &http.Request{Method: http.MethodHead})
	if err != nil || r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("%v, %v", r, err)
	}
}
