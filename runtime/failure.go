package runtime

import (
	"reflect"
	goruntime "runtime"
	"strconv"

	"github.com/bootzip/bootzip/runtime/internal/client"
)

// An Error is an error with the type that Lambda's caller sees as errorType.
// Any error with a method ErrorType() string, at any depth of wrapping, does
// the same; of others the name of the Go type is taken, as with AWS's own
// runtime: an alarm or a Step Functions catcher may look for it.
type Error struct {
	Type    string
	Message string
}

func (e *Error) Error() string { return e.Message }

// ErrorType returns the type.
func (e *Error) ErrorType() string { return e.Type }

// MaxResponse is the largest buffered response that is sent, in bytes: 6 MiB
// and 100 bytes, as the Lambda Runtime Interface Emulator has it
// (interop.MaxPayloadSize). The documentation says "6 MB".
const MaxResponse = 6<<20 + 100

// A frame is one call of a stack.
type frame struct {
	path, label string
	line        int
}

// A failure is an error on its way to Lambda.
type failure struct {
	header  string // Category.Reason
	kind    string // errorType
	message string
	stack   []frame
	panic   bool // the handler panicked
}

// newFailure describes an error that a handler returned.
func newFailure(err error) *failure {
	kind := errorType(err)
	if kind == "" {
		kind = typeName(err)
	}
	return &failure{header: category(kind), kind: kind, message: err.Error()}
}

// errorType looks for the method ErrorType in an error and what it wraps; empty
// without one. errors.As would do it, with 4 kB more of the zip.
func errorType(err error) string {
	switch e := err.(type) {
	case nil:
	case interface{ ErrorType() string }:
		return e.ErrorType()
	case interface{ Unwrap() error }:
		return errorType(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, e := range e.Unwrap() {
			if kind := errorType(e); kind != "" {
				return kind
			}
		}
	}
	return ""
}

// category makes "Category.Reason" of an error type that has no category.
func category(kind string) string {
	for i := 1; i+1 < len(kind); i++ {
		if kind[i] == '.' {
			return kind
		}
	}
	return "Function." + kind
}

func typeName(v any) string {
	t := reflect.TypeOf(v)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if name := t.Name(); name != "" {
		return name
	}
	return "UnknownError"
}

// newPanic describes a recovered panic. It is called from the deferred
// function that recovered, so that the stack still has the place.
func newPanic(value any) *failure {
	return &failure{header: "Function.Panic", kind: "Function.Panic", message: panicText(value),
		stack: callers(), panic: true}
}

func panicText(value any) string {
	switch v := value.(type) {
	case error:
		return v.Error()
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	}
	return "panic with a value of type " + typeName(value)
}

// maxFrames is how much of a stack is reported.
const maxFrames = 32

// callers returns the stack from the place of a panic to the handler.
func callers() []frame {
	pcs := make([]uintptr, 64)
	n := goruntime.Callers(1, pcs)
	frames := goruntime.CallersFrames(pcs[:n])
	var stack []frame
	for {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			stack = stack[:0] // what is above only serves the panic
		case f.Function == runFunction:
			return stack // what is below is this package
		case len(stack) > 0 || !inGo(f.Function):
			if len(stack) < maxFrames {
				stack = append(stack, frame{path: f.File, label: f.Function, line: f.Line})
			}
		}
		if !more {
			return stack
		}
	}
}

// inGo tells the Go runtime's own frames between a fault and gopanic's call.
func inGo(function string) bool {
	const p = "runtime."
	return len(function) > len(p) && function[:len(p)] == p
}

// Error describes a panic for the log, with its stack.
func (f *failure) Error() string {
	s := "panic: " + f.message
	for _, c := range f.stack {
		s += "\n\t" + c.text()
	}
	return s
}

func (f *frame) text() string { return f.path + ":" + strconv.Itoa(f.line) + " " + f.label }

// report writes a failure in the form of the Runtime API (AWS Lambda developer
// guide, "Using the Lambda runtime API for custom runtimes", Invocation error)
// and, for X-Ray, with its cause.
func (f *failure) report() client.Failure {
	b := append([]byte(nil), `{"errorMessage":`...)
	b = appendJSON(b, f.message)
	b = append(b, `,"errorType":`...)
	b = appendJSON(b, f.kind)
	b = append(b, `,"stackTrace":[`...)
	for i, s := range f.stack {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, s.text())
	}
	b = append(b, `]}`...)
	return client.Failure{Header: f.header, Body: b, XRay: f.cause()}
}

// cause writes what X-Ray shows of an exception. Its paths are those of the
// build, which -trimpath has made relative: there is no working directory that
// would add to them.
func (f *failure) cause() []byte {
	b := append([]byte(nil), `{"working_directory":"/var/task","exceptions":[{"type":`...)
	b = appendJSON(b, f.kind)
	b = append(b, `,"message":`...)
	b = appendJSON(b, f.message)
	b = append(b, `,"stack":[`...)
	for i, s := range f.stack {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"path":`...)
		b = appendJSON(b, s.path)
		b = append(b, `,"line":`...)
		b = strconv.AppendInt(b, int64(s.line), 10)
		b = append(b, `,"label":`...)
		b = appendJSON(b, s.label)
		b = append(b, '}')
	}
	b = append(b, `]}],"paths":[`...)
	for i, s := range f.stack {
		if i > 0 && f.stack[i-1].path == s.path {
			continue
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, s.path)
	}
	return append(b, `]}`...)
}
