package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	goruntime "runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bootzip/bootzip/runtime/internal/fakeapi"
)

type notFound struct{ name string }

func (n notFound) Error() string { return n.name + " not found" }

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		err                   error
		header, kind, message string
	}{
		{errors.New("broken"), "Function.errorString", "errorString", "broken"},
		{notFound{"x"}, "Function.notFound", "notFound", "x not found"},
		{&notFound{"x"}, "Function.notFound", "notFound", "x not found"},
		{fmt.Errorf("read: %w", &Error{Type: "App.Gone", Message: "gone"}), "App.Gone", "App.Gone", "read: gone"},
		{errors.Join(errors.New("one"), &Error{Type: "App.Two", Message: "two"}), "App.Two", "App.Two", "one\ntwo"},
		{fmt.Errorf("read: %w", errors.New("gone")), "Function.wrapError", "wrapError", "read: gone"},
		{&Error{Type: "Plain", Message: "p"}, "Function.Plain", "Plain", "p"},
		{errors.New("quote \" back \\ line \n tab \t nul \x00 del \x7f bad \xff umlaut ü emoji 😀"), "Function.errorString", "errorString",
			"quote \" back \\ line \n tab \t nul \x00 del \x7f bad \ufffd umlaut ü emoji 😀"},
		{&Error{Type: "Evil\r\nX: y.z", Message: "m"}, "EvilX: y.z", "Evil\r\nX: y.z", "m"},
	} {
		b := newRig(t)
		b.handle("test", func(context.Context, []byte) ([]byte, error) { return nil, c.err })
		b.start()
		a := b.Invoke(fakeapi.Event{ID: "a"})
		e := parse(t, a, "error")
		if e.ErrorMessage != c.message || e.ErrorType != c.kind {
			t.Errorf("%v: error is %+v", c.err, e)
		}
		if got := a.Header["lambda-runtime-function-error-type"]; got != c.header {
			t.Errorf("%v: header is %q, want %q", c.err, got, c.header)
		}
		if !json.Valid([]byte(a.Header["lambda-runtime-function-xray-error-cause"])) {
			t.Errorf("%v: cause is %q", c.err, a.Header["lambda-runtime-function-xray-error-cause"])
		}
		// A failed handler does not end the process.
		parse(t, b.Invoke(fakeapi.Event{ID: "b"}), "error")
		if b.logged() != "" {
			t.Errorf("%v: logged %q", c.err, b.logged())
		}
	}
}

type odd struct{ n int }

type level uint8

func (l level) String() string { return "level " + string('0'+rune(l)) }

type count uint8

type broken struct{}

func (*broken) String() string { panic("no text") }

func explode(m map[string]int) { m["x"] = 1 }

func TestPanicEndsTheProcess(t *testing.T) {
	for message, f := range map[string]func(){
		"boom":                           func() { panic("boom") },
		"assignment to entry in nil map": func() { explode(nil) },
		"x not found":                    func() { panic(notFound{"x"}) },
		"42":                             func() { panic(42) },
		"-42":                            func() { panic(int64(-42)) },
		"7":                              func() { panic(count(7)) },
		"1.5":                            func() { panic(1.5) },
		"0.1":                            func() { panic(float32(0.1)) },
		"true":                           func() { panic(true) },
		"level 3":                        func() { panic(level(3)) },
		"panic with a value of type broken, whose own method panics": func() { panic(&broken{}) },
		"panic with a value of type odd":                             func() { panic(odd{1}) },
	} {
		b := newRig(t)
		b.handle("test", func(context.Context, []byte) ([]byte, error) { f(); return nil, nil })
		b.start()
		a := b.Invoke(fakeapi.Event{ID: "a"})
		e := parse(t, a, "error")
		if e.ErrorMessage != message || e.ErrorType != "Function.Panic" || a.Header["lambda-runtime-function-error-type"] != "Function.Panic" {
			t.Errorf("%s: error is %+v", message, e)
		}
		if len(e.StackTrace) == 0 || !strings.Contains(e.StackTrace[0], "failure_test.go:") {
			t.Errorf("%s: stack does not begin where it happened: %q", message, e.StackTrace)
		}
		for _, s := range e.StackTrace {
			if strings.Contains(s, "loop.go") {
				t.Errorf("%s: stack shows this package: %q", message, e.StackTrace)
			}
		}
		var cause struct {
			Exceptions []struct {
				Type, Message string
				Stack         []struct {
					Path, Label string
					Line        int
				}
			}
			Paths []string
		}
		if err := json.Unmarshal([]byte(a.Header["lambda-runtime-function-xray-error-cause"]), &cause); err != nil ||
			len(cause.Exceptions) != 1 || cause.Exceptions[0].Message != message || cause.Exceptions[0].Stack[0].Line == 0 {
			t.Errorf("%s: cause is %+v, %v", message, cause, err)
		}
		if err := b.wait(); err != errPanic {
			t.Errorf("%s: start returned %v", message, err)
		}
		if !strings.Contains(b.logged(), "request a: panic: "+message+"\n\t") || !strings.Contains(b.logged(), "failure_test.go:") {
			t.Errorf("%s: logged %q", message, b.logged())
		}
	}
}

// A fatal error ends the process as a panic does, and both report a stack.
func TestFatalError(t *testing.T) {
	for _, keep := range []bool{false, true} {
		b := newRig(t)
		b.r.keepAfterPanic = keep
		b.handle("test", func(_ context.Context, event []byte) ([]byte, error) {
			if string(event) == "fine" {
				return event, nil
			}
			return nil, &Error{Type: "App.Corrupt", Message: "cache", Stack: []Frame{{"main.go", 7, "main.handle"}}, Fatal: true}
		})
		b.start()
		e := parse(t, b.Invoke(fakeapi.Event{ID: "a"}), "error")
		if e.ErrorType != "App.Corrupt" || e.ErrorMessage != "cache" || len(e.StackTrace) != 1 || e.StackTrace[0] != "main.go:7 main.handle" {
			t.Errorf("error is %+v", e)
		}
		if keep {
			want(t, b.Invoke(fakeapi.Event{ID: "b", Body: []byte("fine")}), "response", "fine")
			continue
		}
		if err := b.wait(); err != errPanic || !strings.Contains(b.logged(), "request a: App.Corrupt: cache\n\tmain.go:7") {
			t.Errorf("start returned %v, logged %q", err, b.logged())
		}
	}
}

func TestContinueAfterPanic(t *testing.T) {
	b := newRig(t)
	b.r.keepAfterPanic = true
	b.handle("test", func(_ context.Context, event []byte) ([]byte, error) {
		if string(event) == "panic" {
			panic("boom")
		}
		return event, nil
	})
	b.start()
	parse(t, b.Invoke(fakeapi.Event{ID: "a", Body: []byte("panic")}), "error")
	want(t, b.Invoke(fakeapi.Event{ID: "b", Body: []byte("fine")}), "response", "fine")
}

func TestGoexit(t *testing.T) {
	b := newRig(t)
	b.handle("test", func(context.Context, []byte) ([]byte, error) { goruntime.Goexit(); return nil, nil })
	b.Serve()
	go func() { _ = b.r.start(b.cfg) }()
	if e := parse(t, b.Invoke(fakeapi.Event{ID: "a"}), "error"); e.ErrorType != "Function.Goexit" {
		t.Errorf("error is %+v", e)
	}
}

func TestFatalLog(t *testing.T) {
	var out []byte
	l := &fatalLog{to: func(b []byte) { out = append(out, b...) }}
	l.print(errors.New("gone"), "")
	l.print(errors.New("gone"), "id")
	if want := "bootzip: error: gone\nbootzip: error: request id: gone\n"; string(out) != want {
		t.Errorf("log is %q, want %q", out, want)
	}
	out, l.json = nil, true
	l.print(errors.New("gone\n"), "id")
	var line map[string]string
	if err := json.Unmarshal(out, &line); err != nil || line["message"] != "gone\n" || line["level"] != "FATAL" || line["requestId"] != "id" || line["timestamp"] == "" {
		t.Errorf("log is %q: %v", out, err)
	}
}

func FuzzAppendJSON(f *testing.F) {
	f.Add("plain")
	f.Add("\"\\\n\x00\xff😀\u2028")
	f.Fuzz(func(t *testing.T, s string) {
		b := appendJSON(nil, s)
		var back string
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatalf("%q became %q: %v", s, b, err)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); utf8.ValidString(s) && back != want {
			t.Fatalf("%q came back as %q", s, back)
		}
	})
}

func TestAppendTime(t *testing.T) {
	for _, at := range []time.Time{
		time.UnixMilli(0), time.UnixMilli(951_782_399_999), time.UnixMilli(951_782_400_000), time.UnixMilli(951_868_799_123),
		time.Date(2024, 2, 29, 12, 30, 1, 7e6, time.UTC), time.Date(2100, 2, 28, 23, 59, 59, 0, time.UTC),
		time.Date(2100, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(2399, 12, 31, 23, 59, 59, 999e6, time.UTC),
	} {
		if got, want := string(appendTime(nil, at.UnixMilli())), at.UTC().Format("2006-01-02T15:04:05.000Z"); got != want {
			t.Errorf("time is %s, want %s", got, want)
		}
	}
	for day := int64(0); day < 366*500; day++ {
		ms := day*86_400_000 + 45_296_789
		if got, want := string(appendTime(nil, ms)), time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z"); got != want {
			t.Fatalf("time is %s, want %s", got, want)
		}
	}
}
