// Package typed makes handlers from functions that take and return Go values, using
// encoding/json.
//
//	typed.Handle("greet", func(ctx context.Context, in Person) (Greeting, error) { … })
//
// An event that is not JSON, or does not fit In, fails the invocation with the error type
// Runtime.UnmarshalError. A result that cannot be encoded fails it with
// Runtime.MarshalError. The handler's own errors are passed on unchanged. HTML's special
// characters are not escaped in the response, as with AWS's runtime for Go.
//
// It adds about 240 kB to the zip of a bootstrap that has no encoding/json.
package typed

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/bootzip/bootzip/runtime"
)

// Handle registers a typed handler; the rules of runtime.Handle apply.
func Handle[In, Out any](name string, f func(context.Context, In) (Out, error)) {
	runtime.Handle(name, Handler(f))
}

// Handler makes a runtime.Handler from a typed function; nil stays nil. Unlike the bytes
// of the event, the decoded value remains valid after the handler has returned.
func Handler[In, Out any](f func(context.Context, In) (Out, error)) runtime.Handler {
	if f == nil {
		return nil
	}
	return func(ctx context.Context, event []byte) ([]byte, error) {
		var in In
		if err := Unmarshal(event, &in); err != nil {
			return nil, err
		}
		out, err := f(ctx, in)
		if err != nil {
			return nil, err
		}
		return Marshal(out)
	}
}

// Unmarshal decodes an event, with the same errors as Handler.
func Unmarshal(event []byte, to any) error {
	err := json.Unmarshal(event, to)
	if err == nil {
		return nil
	}
	message := "event does not fit the handler: " + err.Error()
	if _, syntax := err.(*json.SyntaxError); syntax {
		message = "event is not JSON: " + err.Error()
	}
	return &runtime.Error{Type: "Runtime.UnmarshalError", Message: message}
}

// Marshal encodes a result, with the same errors as Handler.
func Marshal(result any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(result); err != nil {
		return nil, &runtime.Error{Type: "Runtime.MarshalError", Message: "result cannot be written as JSON: " + err.Error()}
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
