package runtime

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/runtime/internal/fakeapi"
)

func TestStream(t *testing.T) {
	b := newRig(t)
	big := bytes.Repeat([]byte("y"), 100<<10)
	b.stream("test", func(_ context.Context, event []byte, w *Writer) error {
		w.SetContentType("text/event-stream")
		for _, p := range [][]byte{[]byte("one "), nil, event, big} {
			if n, err := w.Write(p); err != nil || n != len(p) {
				return errors.New("short write")
			}
		}
		return nil
	})
	b.start()
	for _, id := range []string{"a", "b"} {
		a := b.Invoke(fakeapi.Event{ID: id, Body: []byte("two ")})
		want(t, a, "response", "one two "+string(big))
		if a.Chunks != 3 || a.Header["lambda-runtime-function-response-mode"] != "streaming" || a.Header["content-type"] != "text/event-stream" ||
			a.Header["trailer"] != "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body" || len(a.Trailer) != 0 {
			t.Errorf("%d chunks, header %v, trailer %v", a.Chunks, a.Header, a.Trailer)
		}
	}
}

func TestStreamWithoutAWrite(t *testing.T) {
	b := newRig(t)
	b.stream("test", func(context.Context, []byte, *Writer) error { return nil })
	b.start()
	a := b.Invoke(fakeapi.Event{ID: "a"})
	want(t, a, "response", "")
	if a.Header["lambda-runtime-function-response-mode"] != "streaming" || a.Header["content-type"] != "application/octet-stream" {
		t.Errorf("header %v", a.Header)
	}
}

func TestStreamFails(t *testing.T) {
	for _, panics := range []bool{false, true} {
		b := newRig(t)
		b.stream("test", func(_ context.Context, event []byte, w *Writer) error {
			if string(event) == "midway" {
				_, _ = w.Write([]byte("half"))
			}
			if panics {
				panic("broken")
			}
			return &Error{Type: "App.Broken", Message: "broken"}
		})
		b.start()
		kind := "App.Broken"
		if panics {
			kind = "Function.Panic"
		} else if e := parse(t, b.Invoke(fakeapi.Event{ID: "before"}), "error"); e.ErrorType != kind {
			t.Errorf("error is %+v", e)
		}
		a := b.Invoke(fakeapi.Event{ID: "a", Body: []byte("midway")})
		want(t, a, "response", "half")
		text, err := base64.StdEncoding.DecodeString(a.Trailer["lambda-runtime-function-error-body"])
		var e body
		if err != nil || json.Unmarshal(text, &e) != nil || e.ErrorType != kind || e.ErrorMessage != "broken" || a.Trailer["lambda-runtime-function-error-type"] != kind {
			t.Errorf("trailer is %v: %s", a.Trailer, text)
		}
		if panics && b.wait() != errPanic {
			t.Error("process stays after a panic midway")
		}
	}
}

func TestRespond(t *testing.T) {
	b := newRig(t)
	b.stream("test", func(_ context.Context, event []byte, w *Writer) error {
		if string(event) == "large" {
			return w.Respond("text/plain", make([]byte, MaxResponse+1))
		}
		if err := w.Respond("text/plain", event); err != nil {
			return err
		}
		if _, err := w.Write(event); err == nil {
			t.Error("a Write after Respond had no error")
		}
		return nil
	})
	b.start()
	a := b.Invoke(fakeapi.Event{ID: "a", Body: []byte("whole")})
	want(t, a, "response", "whole")
	if a.Header["lambda-runtime-function-response-mode"] != "" || a.Header["content-type"] != "text/plain" || a.Chunks != 0 {
		t.Errorf("header %v", a.Header)
	}
	if e := parse(t, b.Invoke(fakeapi.Event{ID: "b", Body: []byte("large")}), "error"); e.ErrorType != "Function.ResponseSizeTooLarge" {
		t.Errorf("error is %+v", e)
	}
}

func TestRespondAfterWrite(t *testing.T) {
	b := newRig(t)
	b.stream("test", func(_ context.Context, _ []byte, w *Writer) error {
		_, _ = w.Write([]byte("begun"))
		if w.Respond("text/plain", nil) == nil {
			t.Error("Respond after a Write had no error")
		}
		return nil
	})
	b.start()
	want(t, b.Invoke(fakeapi.Event{ID: "a"}), "response", "begun")
}

func TestWriterAfterTheHandler(t *testing.T) {
	b := newRig(t)
	var kept *Writer
	b.stream("test", func(_ context.Context, _ []byte, w *Writer) error {
		if kept != nil {
			if _, err := kept.Write([]byte("late")); err == nil {
				t.Error("a Write into the last invocation's response had no error")
			}
		}
		kept = w
		return nil
	})
	b.start()
	want(t, b.Invoke(fakeapi.Event{ID: "a"}), "response", "")
	want(t, b.Invoke(fakeapi.Event{ID: "b"}), "response", "")
}

// If a stream's connection breaks, only its invocation is lost.
func TestStreamBreaks(t *testing.T) {
	for name, f := range map[string]fakeapi.Fault{
		"reset":            {Reset: true},
		"refused early":    {Status: 413, EarlyStop: true},
		"closed at once":   {Refuse: true},
		"refused at last":  {Status: 413},
		"answered cut off": {Cut: 10},
	} {
		t.Run(name, func(t *testing.T) {
			b := newRig(t)
			b.Fault = script("response", f)
			b.stream("test", func(_ context.Context, event []byte, w *Writer) error {
				for range 100 {
					if _, err := w.Write(bytes.Repeat(event, 64<<10)); err != nil {
						return err
					}
				}
				return nil
			})
			b.Push(fakeapi.Event{ID: "a", Body: []byte("z")})
			b.start()
			b.Push(fakeapi.Event{ID: "b", Body: []byte("z")})
			a := <-b.Answers()
			if a.ID == "a" {
				a = <-b.Answers() // "a" was accepted, and only its confirmation lost
			}
			if a.ID != "b" || a.Kind != "response" || len(a.Body) != 100*64<<10 {
				t.Errorf("answer is %s to %q with %d bytes", a.Kind, a.ID, len(a.Body))
			}
			if !strings.Contains(b.logged(), "request a: ") {
				t.Errorf("log is %q", b.logged())
			}
		})
	}
}
