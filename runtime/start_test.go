package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/runtime/internal/fakeapi"
)

type body struct {
	ErrorMessage string
	ErrorType    string
	StackTrace   []string
}

// parse reads an answer that must be an error.
func parse(t *testing.T, a fakeapi.Answer, kind string) (b body) {
	t.Helper()
	if a.Kind != kind {
		t.Fatalf("answer is %s %q, want %s", a.Kind, a.Body, kind)
	}
	if err := json.Unmarshal(a.Body, &b); err != nil {
		t.Fatalf("error %q is not JSON: %v", a.Body, err)
	}
	if b.StackTrace == nil {
		t.Errorf("error %q has no stackTrace", a.Body)
	}
	return b
}

func TestHandlersByName(t *testing.T) {
	for _, c := range []struct{ handler, want string }{
		{"one", "1"}, {"two", "2"}, {"other", "default"}, {"", "default"},
	} {
		b := newRig(t)
		b.cfg.handler = c.handler
		for name, answer := range map[string]string{"one": "1", "two": "2", "": "default"} {
			b.handle(name, func(context.Context, []byte) ([]byte, error) { return []byte(answer), nil })
		}
		b.start()
		want(t, b.Invoke(fakeapi.Event{ID: "a"}), "response", c.want)
	}
}

func TestUnknownHandler(t *testing.T) {
	b := newRig(t)
	b.handle("httpevent", echo)
	b.handle("snsevent", echo)
	b.cfg.handler = "http\"event"
	b.start()
	a := <-b.Answers()
	e := parse(t, a, "init")
	if e.ErrorType != "Runtime.NoSuchHandler" || a.Header["lambda-runtime-function-error-type"] != "Runtime.NoSuchHandler" {
		t.Errorf("error is %+v with header %q", e, a.Header)
	}
	if want := `handler "http\"event" is not registered; this bootstrap has "httpevent", "snsevent"`; e.ErrorMessage != want {
		t.Errorf("message is %q, want %q", e.ErrorMessage, want)
	}
	if err := b.wait(); err == nil || !strings.Contains(err.Error(), "Runtime.NoSuchHandler") {
		t.Errorf("start returned %v", err)
	}
}

func TestBadRegistration(t *testing.T) {
	for want, register := range map[string]func(*rig){
		`handler "test" is registered twice`: func(b *rig) { b.handle("test", echo); b.handle("test", echo) },
		`handler "test" is nil`:              func(b *rig) { b.handle("test", nil) },
	} {
		b := newRig(t)
		register(b)
		b.start()
		if e := parse(t, <-b.Answers(), "init"); e.ErrorMessage != want || e.ErrorType != "Runtime.BadHandler" {
			t.Errorf("error is %+v, want %q", e, want)
		}
	}
}

func TestInit(t *testing.T) {
	b := newRig(t)
	var order []string
	for _, s := range []string{"1", "2"} {
		b.r.inits = append(b.r.inits, func(context.Context) error { order = append(order, s); return nil })
	}
	b.handle("test", func(context.Context, []byte) ([]byte, error) { return []byte(strings.Join(order, ",")), nil })
	b.start()
	want(t, b.Invoke(fakeapi.Event{ID: "a"}), "response", "1,2")
}

func TestInitFails(t *testing.T) {
	for wantType, f := range map[string]func(context.Context) error{
		"errorString":    func(context.Context) error { return errors.New("no table") },
		"Function.Panic": func(context.Context) error { panic("no table") },
		"App.NoTable":    func(context.Context) error { return &Error{Type: "App.NoTable", Message: "no table"} },
	} {
		b := newRig(t)
		b.handle("test", echo)
		b.r.inits = append(b.r.inits, f)
		b.start()
		if e := parse(t, <-b.Answers(), "init"); e.ErrorMessage != "no table" || e.ErrorType != wantType {
			t.Errorf("error is %+v, want type %s", e, wantType)
		}
		if err := b.wait(); err == nil {
			t.Error("start went on")
		}
	}
}

func TestNoAPI(t *testing.T) {
	err := (&registry{}).start(config{})
	if err == nil || !strings.Contains(err.Error(), "AWS_LAMBDA_RUNTIME_API is not set") || !strings.Contains(err.Error(), "hint:") {
		t.Errorf("error is %v", err)
	}
}

func TestUnreachableAPI(t *testing.T) {
	b := newRig(t)
	b.handle("test", echo)
	b.Close()
	if err := b.r.start(b.cfg); err == nil || !strings.Contains(err.Error(), b.cfg.api) {
		t.Errorf("error is %v, want one with the address", err)
	}
}

func TestContext(t *testing.T) {
	b := newRig(t)
	deadline := time.Now().Add(time.Hour).Truncate(time.Millisecond)
	b.handle("test", func(ctx context.Context, _ []byte) ([]byte, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		inv, ok := FromContext(ctx)
		if !ok {
			return nil, errors.New("no invocation in the context")
		}
		d, _ := ctx.Deadline()
		return fmt.Appendf(nil, "%s|%s|%s|%s|%s|%s|%v|%v|%v|%s", inv.RequestID, inv.FunctionARN, inv.TraceID, inv.ClientContext,
			inv.CognitoIdentity, inv.TenantID, inv.DeadlineMS == deadline.UnixMilli(), d.Equal(deadline), ctx.Value("x-amzn-trace-id"),
			os.Getenv("_X_AMZN_TRACE_ID")), nil
	})
	t.Setenv("_X_AMZN_TRACE_ID", "Root=before")
	b.start()
	want(t, b.Invoke(fakeapi.Event{ID: "id-1", Deadline: fmt.Sprint(deadline.UnixMilli()), Header: [][2]string{
		{"Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:1:function:f"},
		{"Lambda-Runtime-Trace-Id", "Root=1-5bef4de7"},
		{"Lambda-Runtime-Client-Context", `{"client":{}}`},
		{"Lambda-Runtime-Cognito-Identity", `{"id":1}`},
		{"Lambda-Runtime-Aws-Tenant-Id", "blue"},
	}}), "response", `id-1|arn:aws:lambda:eu-west-1:1:function:f|Root=1-5bef4de7|{"client":{}}|{"id":1}|blue|true|true|Root=1-5bef4de7|Root=1-5bef4de7`)
	// Without these headers, nothing is left of the previous invocation.
	want(t, b.Invoke(fakeapi.Event{ID: "id-2", Deadline: "-"}), "response", `id-2||||||false|false|<nil>|`)
}

// The id of the attempt goes back with each kind of answer, and is not used for a later
// event that has none.
func TestInvocationID(t *testing.T) {
	const name = "Lambda-Runtime-Invocation-Id"
	b := newRig(t)
	b.stream("test", func(ctx context.Context, event []byte, w *Writer) error {
		inv, _ := FromContext(ctx)
		switch string(event) {
		case "error":
			return errors.New(inv.InvocationID)
		case "whole":
			return w.Respond("text/plain", []byte(inv.InvocationID))
		}
		_, err := w.Write([]byte(inv.InvocationID + "."))
		return err
	})
	b.start()
	for i, kind := range []string{"error", "whole", "stream"} {
		id := fmt.Sprint("attempt-", i)
		a := b.Invoke(fakeapi.Event{ID: "the-same", Body: []byte(kind), Header: [][2]string{{name, id}}})
		if a.Header[strings.ToLower(name)] != id || !strings.Contains(string(a.Body), id) {
			t.Errorf("%s: header %v, body %s", kind, a.Header, a.Body)
		}
		a = b.Invoke(fakeapi.Event{ID: "the-same", Body: []byte(kind)})
		if got, ok := a.Header[strings.ToLower(name)]; ok || strings.Contains(string(a.Body), "attempt") {
			t.Errorf("%s: an event without an id is answered with %q, %s", kind, got, a.Body)
		}
	}
}

func TestDeadlineOf1970IsNone(t *testing.T) {
	b := newRig(t)
	b.handle("test", func(ctx context.Context, _ []byte) ([]byte, error) {
		_, ok := ctx.Deadline()
		return fmt.Appendf(nil, "%v %v", ok, ctx.Err()), nil
	})
	b.start()
	want(t, b.Invoke(fakeapi.Event{ID: "a", Deadline: "1234"}), "response", "false <nil>")
	want(t, b.Invoke(fakeapi.Event{ID: "b", Deadline: "soon"}), "response", "false <nil>")
}

func TestDeadlinePasses(t *testing.T) {
	b := newRig(t)
	b.handle("test", func(ctx context.Context, _ []byte) ([]byte, error) {
		child, cancel := context.WithCancel(ctx)
		defer cancel()
		<-child.Done()
		return nil, child.Err()
	})
	b.handle("err", func(ctx context.Context, _ []byte) ([]byte, error) { return nil, ctx.Err() })
	b.start()
	e := parse(t, b.Invoke(fakeapi.Event{ID: "a", Deadline: fmt.Sprint(time.Now().Add(30 * time.Millisecond).UnixMilli())}), "error")
	if e.ErrorMessage != context.DeadlineExceeded.Error() {
		t.Errorf("error is %+v", e)
	}
}

func TestContextEndsWithTheInvocation(t *testing.T) {
	b := newRig(t)
	kept := make(chan context.Context, 2)
	b.handle("test", func(ctx context.Context, event []byte) ([]byte, error) {
		if string(event) == "watched" {
			ctx.Done()
		}
		kept <- ctx
		return nil, ctx.Err()
	})
	b.start()
	for _, s := range []string{"watched", "not"} {
		want(t, b.Invoke(fakeapi.Event{ID: s, Body: []byte(s)}), "response", "")
		ctx := <-kept
		<-ctx.Done()
		if ctx.Err() != context.Canceled {
			t.Errorf("context after the invocation: %v", ctx.Err())
		}
	}
}
