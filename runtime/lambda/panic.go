package lambda

import (
	"fmt"
	"log"
	"reflect"

	"github.com/aws/aws-lambda-go/lambda/messages"

	"github.com/bootzip/bootzip/runtime"
	"github.com/bootzip/bootzip/runtime/internal/awsform"
)

// failed returns an error in the form that Lambda gets. aws-lambda-go's own error keeps its
// type, message and stack, and ends the process if it says so.
func failed(err error) error {
	if e, ok := asResponseError(err); ok {
		return awsform.Error{Err: e}
	}
	return err
}

func asResponseError(v any) (*runtime.Error, bool) {
	var m messages.InvokeResponse_Error
	switch v := v.(type) {
	case messages.InvokeResponse_Error:
		m = v
	case *messages.InvokeResponse_Error:
		if v == nil {
			return nil, false
		}
		m = *v
	default:
		return nil, false
	}
	e := &runtime.Error{Type: m.Type, Message: m.Message, Fatal: m.ShouldExit}
	for _, f := range m.StackTrace {
		if f != nil {
			e.Stack = append(e.Stack, runtime.Frame{Path: f.Path, Line: int(f.Line), Label: f.Label})
		}
	}
	return e, true
}

// recovered must be deferred around a handler. A panic with aws-lambda-go's own error
// becomes an error of the invocation. Any other panic continues, with the type, the value
// and the log that aws-lambda-go gives it.
func recovered(err *error) {
	v := recover()
	if v == nil {
		return
	}
	if e, ok := asResponseError(v); ok {
		*err = awsform.Error{Err: e}
		return
	}
	t := reflect.TypeOf(v)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	panic(awsform.Panic{Type: t.Name(), Text: fmt.Sprint(v), Log: func(document []byte) { log.Printf("%s", document) }})
}
