package typed_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/runtime"
	"github.com/bootzip/bootzip/runtime/typed"
)

type in struct {
	Name string
	Age  int
}

func TestHandler(t *testing.T) {
	own := errors.New("own")
	h := typed.Handler(func(_ context.Context, i in) (map[string]any, error) {
		switch i.Name {
		case "error":
			return nil, own
		case "chan":
			return map[string]any{"c": make(chan int)}, nil
		}
		return map[string]any{"hello": "<" + i.Name + ">"}, nil
	})
	for _, c := range []struct{ event, want, errType, errText string }{
		{`{"name":"Ada"}`, `{"hello":"<Ada>"}`, "", ""},
		{`{"name":`, ``, "Runtime.UnmarshalError", "event is not JSON: unexpected end of JSON input"},
		{``, ``, "Runtime.UnmarshalError", "event is not JSON"},
		{`{"name":7}`, ``, "Runtime.UnmarshalError", "event does not fit the handler"},
		{`{"name":"chan"}`, ``, "Runtime.MarshalError", "result cannot be written as JSON"},
	} {
		got, err := h(context.Background(), []byte(c.event))
		if string(got) != c.want {
			t.Errorf("%s: got %s, want %s", c.event, got, c.want)
		}
		var typedErr *runtime.Error
		switch {
		case c.errType == "" && err != nil:
			t.Errorf("%s: %v", c.event, err)
		case c.errType != "" && (!errors.As(err, &typedErr) || typedErr.Type != c.errType || !strings.Contains(err.Error(), c.errText)):
			t.Errorf("%s: error is %v, want %s %q", c.event, err, c.errType, c.errText)
		}
	}
	if _, err := h(context.Background(), []byte(`{"name":"error"}`)); err != own {
		t.Errorf("the handler's own error became %v", err)
	}
	if typed.Handler[in, in](nil) != nil {
		t.Error("a nil function became a handler, which runtime.Handle would not notice")
	}
}

// What a handler keeps from an event is not changed by the next event.
func TestEventIsCopied(t *testing.T) {
	var kept in
	h := typed.Handler(func(_ context.Context, i in) (struct{}, error) { kept = i; return struct{}{}, nil })
	event := []byte(`{"name":"Ada"}`)
	if _, err := h(context.Background(), event); err != nil {
		t.Fatal(err)
	}
	for i := range event {
		event[i] = 'x'
	}
	if kept.Name != "Ada" {
		t.Errorf("kept name became %q", kept.Name)
	}
}
