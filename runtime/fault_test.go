package runtime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bootzip/bootzip/runtime/internal/fakeapi"
)

// script makes a Fault hook that misbehaves on the first requests of a kind, in order,
// and behaves well from then on.
func script(path string, faults ...fakeapi.Fault) func(string) fakeapi.Fault {
	var mu sync.Mutex
	return func(p string) (f fakeapi.Fault) {
		mu.Lock()
		defer mu.Unlock()
		if p == path && len(faults) > 0 {
			f, faults = faults[0], faults[1:]
		}
		return f
	}
}

// Whatever happens to the connection, an event is answered once.
func TestBrokenConnections(t *testing.T) {
	big := bytes.Repeat([]byte("x"), 300<<10)
	for name, f := range map[string]fakeapi.Fault{
		"closed before":   {Refuse: true},
		"reset after":     {Reset: true},
		"cut in the line": {Cut: 5},
		"cut in the head": {Cut: 60},
		"cut in the body": {Cut: 1000},
		"not http":        {Raw: []byte("SSH-2.0-OpenSSH_9.9\r\n")},
		"folded line":     {Raw: []byte("HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n")},
	} {
		for _, path := range []string{"next", "response", "error"} {
			for times := 1; times <= 3; times += 2 {
				t.Run(fmt.Sprintf("%s at %s, %d times", name, path, times), func(t *testing.T) {
					b := newRig(t)
					var faults []fakeapi.Fault
					for range times {
						faults = append(faults, f)
					}
					b.Fault = script(path, faults...)
					b.handle("test", func(_ context.Context, event []byte) ([]byte, error) {
						if path == "error" {
							return nil, errors.New("wanted")
						}
						return event, nil
					})
					b.start()
					for _, id := range []string{"a", "b"} {
						a := b.Invoke(fakeapi.Event{ID: id, Body: big})
						if a.ID != id {
							t.Fatalf("answer to %q, want %q", a.ID, id)
						}
						if path == "error" {
							parse(t, a, "error")
						} else if a.Kind != "response" || !bytes.Equal(a.Body, big) {
							t.Fatalf("answer is %s of %d bytes", a.Kind, len(a.Body))
						}
					}
					if len(b.Answers()) != 0 || b.logged() != "" {
						t.Errorf("%d answers too many, log %q", len(b.Answers()), b.logged())
					}
				})
			}
		}
	}
}

// Answers that differ from Lambda's own, but are valid.
func TestOddAnswers(t *testing.T) {
	body := bytes.Repeat([]byte("{\"a\":1}"), 1000)
	for name, f := range map[string]fakeapi.Fault{
		"byte by byte":         {Trickle: true},
		"chunked":              {Chunked: true},
		"chunked byte by byte": {Chunked: true, Trickle: true},
		"until the end":        {NoLength: true},
		"lower case":           {Fold: strings.ToLower},
		"upper case":           {Fold: strings.ToUpper},
		"1xx":                  {Info: 3},
		"slow":                 {Delay: 30 * time.Millisecond},
		"close":                {Close: true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newRig(t)
			b.Fault = func(string) fakeapi.Fault { return f }
			b.handle("test", echo)
			b.start()
			for _, id := range []string{"a", "b", "c"} {
				want(t, b.Invoke(fakeapi.Event{ID: id, Body: body}), "response", string(body))
			}
			if b.logged() != "" {
				t.Errorf("log %q", b.logged())
			}
		})
	}
}

func TestOddRequestIDs(t *testing.T) {
	b := newRig(t)
	b.handle("test", echo)
	b.start()
	for _, id := range []string{"8476a536-e9f4-11e8-9739-2dfe598c3fcd", "a b", "../next", "a/b?c#d", "%2e", "ünï", `"quoted"`, strings.Repeat("x", 4000)} {
		if a := b.Invoke(fakeapi.Event{ID: id}); a.ID != id {
			t.Errorf("answer to %q, want %q", a.ID, id)
		}
	}
}

func TestMissingRequestID(t *testing.T) {
	b := newRig(t)
	b.handle("test", echo)
	b.Fault = script("next", fakeapi.Fault{Status: 200, Body: "{}"})
	b.start()
	if err := b.wait(); err == nil || !strings.Contains(err.Error(), "without a request id") {
		t.Errorf("start returned %v", err)
	}
}

func TestEventsOf6MB(t *testing.T) {
	for name, f := range map[string]fakeapi.Fault{"length": {}, "chunked": {Chunked: true}, "until the end": {NoLength: true}} {
		b := newRig(t)
		b.Fault = func(p string) fakeapi.Fault {
			if p == "next" {
				return f
			}
			return fakeapi.Fault{}
		}
		b.handle("test", echo)
		b.start()
		body := bytes.Repeat([]byte("0123456789abcdef"), 6<<16)
		for _, id := range []string{"a", "b"} {
			if a := b.Invoke(fakeapi.Event{ID: id, Body: body}); a.Kind != "response" || !bytes.Equal(a.Body, body) {
				t.Errorf("%s: answer is %s of %d bytes", name, a.Kind, len(a.Body))
			}
		}
	}
}

func TestResponseTooLarge(t *testing.T) {
	b := newRig(t)
	var sent atomic.Bool
	b.Fault = func(p string) fakeapi.Fault {
		if p == "response" {
			sent.Store(true)
		}
		return fakeapi.Fault{}
	}
	b.handle("test", func(_ context.Context, event []byte) ([]byte, error) {
		if string(event) == "large" {
			return make([]byte, MaxResponse+1), nil
		}
		return event, nil
	})
	b.start()
	e := parse(t, b.Invoke(fakeapi.Event{ID: "a", Body: []byte("large")}), "error")
	if e.ErrorType != "Function.ResponseSizeTooLarge" || !strings.Contains(e.ErrorMessage, "6291557") || sent.Load() {
		t.Errorf("error is %+v, sent %v", e, sent.Load())
	}
	want(t, b.Invoke(fakeapi.Event{ID: "b", Body: []byte("small")}), "response", "small")
}

// By the specification, 400, 403 and 413 lose an invocation, and 500 ends the process.
// RIE answers 410 to a late response if other loops continue.
func TestStatusCodes(t *testing.T) {
	for _, c := range []struct {
		name, path string
		f          fakeapi.Fault
		goesOn     bool
		log        string
	}{
		{"400 to response", "response", fakeapi.Fault{Status: 400, Body: `{"errorType":"InvalidRequestID"}`}, true, "request a: runtime api answered 400 to the response: {\"errorType\":\"InvalidRequestID\"}"},
		{"403 to response", "response", fakeapi.Fault{Status: 403}, true, "request a: runtime api answered 403 to the response"},
		{"410 to response, of a loop whose event has timed out", "response", fakeapi.Fault{Status: 410}, true, "request a: runtime api answered 410 to the response"},
		{"500 to response", "response", fakeapi.Fault{Status: 500}, false, "500"},
		{"503 to response", "response", fakeapi.Fault{Status: 503}, false, "503"},
		{"400 to error", "error", fakeapi.Fault{Status: 400}, true, "request a: runtime api answered 400 to the error"},
		{"403 to error", "error", fakeapi.Fault{Status: 403}, true, "request a: runtime api answered 403 to the error"},
		{"413 to error", "error", fakeapi.Fault{Status: 413}, true, "request a: runtime api answered 413 to the error"},
		{"500 to error", "error", fakeapi.Fault{Status: 500}, false, "500"},
		{"400 to next", "next", fakeapi.Fault{Status: 400}, false, "400"},
		{"403 to next", "next", fakeapi.Fault{Status: 403}, false, "403"},
		{"500 to next", "next", fakeapi.Fault{Status: 500}, false, "500"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newRig(t)
			b.Fault = script(c.path, c.f)
			b.handle("test", func(_ context.Context, event []byte) ([]byte, error) {
				if c.path == "error" && string(event) == "first" {
					return nil, errors.New("wanted")
				}
				return event, nil
			})
			b.Push(fakeapi.Event{ID: "a", Body: []byte("first")})
			b.start()
			if !c.goesOn {
				if err := b.wait(); err == nil || !strings.Contains(err.Error(), c.log) {
					t.Errorf("start returned %v", err)
				}
				return
			}
			want(t, b.Invoke(fakeapi.Event{ID: "b", Body: []byte("second")}), "response", "second")
			if !strings.Contains(b.logged(), c.log) {
				t.Errorf("log is %q, want %q", b.logged(), c.log)
			}
		})
	}
}

func Test413(t *testing.T) {
	for name, f := range map[string]fakeapi.Fault{
		"after the body":                {Status: 413},
		"before the body":               {Status: 413, EarlyStop: true},
		"with the invocation concluded": {Status: 413, Body: "settle"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newRig(t)
			b.Fault = script("response", f)
			b.handle("test", func(context.Context, []byte) ([]byte, error) { return make([]byte, 5<<20), nil })
			b.start()
			a := b.Invoke(fakeapi.Event{ID: "a"})
			if f.Body != "settle" {
				if e := parse(t, a, "error"); e.ErrorType != "Function.ResponseSizeTooLarge" {
					t.Errorf("error is %+v", e)
				}
			}
			if a := b.Invoke(fakeapi.Event{ID: "b"}); a.Kind != "response" || a.ID != "b" {
				t.Errorf("answer is %s to %s", a.Kind, a.ID)
			}
			if b.logged() != "" {
				t.Errorf("log %q", b.logged())
			}
		})
	}
}
