package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"

	"github.com/aws/aws-lambda-go/lambda/handlertrace"

	"github.com/bootzip/bootzip/runtime"
)

// call runs a handler.
type call func(ctx context.Context, event []byte) (result, error)

// A result is bytes, or a reader of them.
type result struct {
	body        []byte
	contentType string // of body
	reader      io.Reader
}

// The content types of a result that does not set one, as with aws-lambda-go.
const (
	jsonType  = "application/json"
	bytesType = "application/octet-stream"
)

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
)

func badHandler(format string, args ...any) error {
	return &runtime.Error{Type: "Runtime.BadHandler", Message: fmt.Sprintf(format, args...)}
}

// reflected makes a call from what Start takes.
func reflected(handler any, o *options) (call, error) {
	if handler == nil {
		return nil, badHandler("handler is nil")
	}
	switch h := handler.(type) {
	case invoker:
		// Use its function, not its Invoke, which would read a stream to its end.
		return func(ctx context.Context, event []byte) (result, error) {
			// A stream outlasts this call; the end of the invocation stops it.
			ctx, _ = joined(ctx, h.base)
			return h.function(ctx, event)
		}, h.err
	case Handler:
		return func(ctx context.Context, event []byte) (result, error) {
			out, err := h.Invoke(ctx, event)
			return result{body: out, contentType: bytesType}, err
		}, nil
	}
	f := reflect.ValueOf(handler)
	t := f.Type()
	if t.Kind() != reflect.Func {
		return nil, badHandler("handler is a %s and no function", t)
	}
	takesContext, takesEvent, err := arguments(t)
	if err != nil {
		return nil, err
	}
	if err := returns(t); err != nil {
		return nil, err
	}
	return func(ctx context.Context, event []byte) (result, error) {
		trace := handlertrace.FromContext(ctx)
		var args []reflect.Value
		if takesContext {
			args = append(args, reflect.ValueOf(ctx))
		}
		if takesEvent {
			in := reflect.New(t.In(t.NumIn() - 1))
			if err := o.decode(event, in.Interface()); err != nil {
				return result{}, err
			}
			if trace.RequestEvent != nil {
				trace.RequestEvent(ctx, in.Elem().Interface())
			}
			args = append(args, in.Elem())
		}
		out := f.Call(args)
		if len(out) > 0 {
			if err, _ := out[len(out)-1].Interface().(error); err != nil {
				return result{}, err
			}
		}
		var value any
		if len(out) == 2 {
			value = out[0].Interface()
			if trace.ResponseEvent != nil {
				trace.ResponseEvent(ctx, value)
			}
		}
		return o.encode(value)
	}, nil
}

// arguments returns what a function takes.
func arguments(t reflect.Type) (takesContext, takesEvent bool, err error) {
	switch t.NumIn() {
	case 0:
		return false, false, nil
	case 1:
		in := t.In(0)
		if in.Kind() != reflect.Interface || in.NumMethod() == 0 {
			return false, true, nil
		}
		if !isContext(in) {
			return false, false, badHandler("handler takes an interface, %s, that is not context.Context", in)
		}
		return true, false, nil
	case 2:
		if !isContext(t.In(0)) {
			return false, false, badHandler("handler takes two arguments, but the first is %s and not context.Context", t.In(0))
		}
		return true, true, nil
	}
	return false, false, badHandler("handler takes %d arguments; two are the most", t.NumIn())
}

// isContext reports whether a type is context.Context, or an interface with the same
// methods.
func isContext(t reflect.Type) bool {
	return t.Kind() == reflect.Interface && t.Implements(contextType) && contextType.Implements(t)
}

// returns checks what a function returns.
func returns(t reflect.Type) error {
	n := t.NumOut()
	if n > 2 {
		return badHandler("handler returns %d values; two are the most", n)
	}
	if n > 0 && !t.Out(n-1).Implements(errorType) {
		return badHandler("handler returns %s last, and not an error", t.Out(n-1))
	}
	return nil
}

func (o *options) decode(event []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(event))
	if o.useNumber {
		d.UseNumber()
	}
	if o.noUnknown {
		d.DisallowUnknownFields()
	}
	if err := d.Decode(to); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		message := "event does not fit the handler: "
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) || err == io.ErrUnexpectedEOF {
			message = "event is not JSON: "
		}
		return &runtime.Error{Type: "Runtime.UnmarshalError", Message: message + err.Error()}
	}
	return nil
}

func (o *options) encode(value any) (result, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(o.escapeHTML)
	e.SetIndent(o.prefix, o.indent)
	err := e.Encode(value)
	reader, readable := value.(io.Reader)
	if readable && (err != nil || bytes.HasPrefix(b.Bytes(), []byte("{}"))) {
		return result{reader: reader}, nil
	}
	if err != nil {
		return result{}, &runtime.Error{Type: "Runtime.MarshalError", Message: "result cannot be written as JSON: " + err.Error()}
	}
	if o.prefix == "" && o.indent == "" {
		b.Truncate(b.Len() - 1) // the encoder's newline
	}
	return result{body: b.Bytes(), contentType: jsonType}, nil
}

// send sends a result.
func (r result) send(w *runtime.Writer) (err error) {
	if r.reader == nil {
		return w.Respond(r.contentType, r.body)
	}
	if c, ok := r.reader.(io.Closer); ok {
		defer c.Close()
	}
	if c, ok := r.reader.(interface{ ContentType() string }); ok {
		w.SetContentType(c.ContentType())
	}
	// Hide the other methods: a reader's WriteTo, for example, would determine the size of
	// the chunks.
	_, err = io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r.reader}, make([]byte, 32<<10))
	return err
}

// bytes returns all of a result.
func (r result) bytes() ([]byte, error) {
	if r.reader == nil {
		return r.body, nil
	}
	if c, ok := r.reader.(io.Closer); ok {
		defer c.Close()
	}
	return io.ReadAll(r.reader)
}
