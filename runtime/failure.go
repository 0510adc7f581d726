package runtime

import (
	"reflect"
	goruntime "runtime"
	"strconv"

	"github.com/bootzip/bootzip/runtime/internal/awsform"
	"github.com/bootzip/bootzip/runtime/internal/client"
)

// An Error is an error with the type that Lambda's caller sees as errorType. Any error
// with a method ErrorType() string, at any depth of wrapping, sets the type too. For other
// errors it is the name of the Go type, as with AWS's own runtime. An alarm or a Step
// Functions catcher may look for the type.
type Error struct {
	Type    string
	Message string

	// Stack is reported as the stackTrace, innermost call first. Stack and Fatal take
	// effect only in an *Error that a handler returns without wrapping it.
	Stack []Frame
	// Fatal ends the process after the error has been reported, as a panic does.
	Fatal bool
}

func (e *Error) Error() string { return e.Message }

// ErrorType returns the type.
func (e *Error) ErrorType() string { return e.Type }

// MaxResponse is the largest buffered response that is sent, in bytes: 6 MiB
// and 100 bytes, as in the Lambda Runtime Interface Emulator
// (interop.MaxPayloadSize). The documentation says "6 MB".
const MaxResponse = 6<<20 + 100

// A Frame is one call of a stack.
type Frame struct {
	Path  string // source file
	Line  int
	Label string // function
}

// A failure is an error on its way to Lambda.
type failure struct {
	header  string // Category.Reason
	kind    string // errorType
	message string
	stack   []Frame
	fatal   bool                  // the process ends after it
	objects bool                  // the stack is reported as objects, not as texts
	log     func(document []byte) // nil: the runtime's own
}

// panicType is the error type of a panic.
const panicType = "Function.Panic"

// newFailure describes an error that a handler returned.
func newFailure(err error) *failure {
	aws, objects := err.(awsform.Error)
	if objects {
		err = aws.Err
	}
	kind := errorType(err)
	if kind == "" {
		kind = typeName(err)
	}
	f := &failure{header: category(kind), kind: kind, message: err.Error(), objects: objects}
	if e, ok := err.(*Error); ok {
		f.stack, f.fatal = e.Stack, e.Fatal
	}
	return f
}

// errorType looks for the method ErrorType in an error and what it wraps; it returns "" if
// there is none. errors.As would do the same, but add 4 kB to the zip.
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

// newPanic describes a recovered panic. It is called from the deferred function that
// recovered, so that the stack still has the place of the panic.
func newPanic(value any) *failure {
	if p, ok := value.(awsform.Panic); ok {
		return &failure{header: category(p.Type), kind: p.Type, message: p.Text, stack: callers(), fatal: true, objects: true, log: p.Log}
	}
	return &failure{header: panicType, kind: panicType, message: panicText(value), stack: callers(), fatal: true}
}

// panicText returns the text of a panic's value, for errors, types with a method String,
// numbers, booleans and strings. For other values it names the type, since formatting them
// would need package fmt.
func panicText(value any) (text string) {
	// The value's own method may panic too, and must not hide this panic.
	defer func() {
		if recover() != nil {
			text = "panic with a value of type " + typeName(value) + ", whose own method panics"
		}
	}()
	switch v := value.(type) {
	case error:
		return v.Error()
	case interface{ String() string }:
		return v.String()
	}
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.FormatUint(v.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits())
	}
	return "panic with a value of type " + typeName(value)
}

// maxFrames is how much of a stack is reported.
const maxFrames = 32

// callers returns the stack from the place of a panic to the handler.
func callers() []Frame {
	pcs := make([]uintptr, 64)
	n := goruntime.Callers(1, pcs)
	frames := goruntime.CallersFrames(pcs[:n])
	var stack []Frame
	for {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			stack = stack[:0] // the frames before only handle the panic
		case f.Function == runFunction:
			return stack // the rest is this package
		case len(stack) > 0 || !inGo(f.Function):
			if len(stack) < maxFrames {
				stack = append(stack, Frame{Path: f.File, Line: f.Line, Label: f.Function})
			}
		}
		if !more {
			return stack
		}
	}
}

// inGo reports whether a function belongs to the Go runtime, whose frames lie between a
// fault and the call of gopanic.
func inGo(function string) bool {
	const p = "runtime."
	return len(function) > len(p) && function[:len(p)] == p
}

// Error describes a fatal failure for the log, with its stack.
func (f *failure) Error() string {
	s := "panic: " + f.message
	if f.kind != panicType {
		s = f.kind + ": " + f.message
	}
	for _, c := range f.stack {
		s += "\n\t" + c.text()
	}
	return s
}

func (f *Frame) text() string { return f.Path + ":" + strconv.Itoa(f.Line) + " " + f.Label }

func (f *Frame) appendObject(b []byte) []byte {
	b = append(b, `{"path":`...)
	b = appendJSON(b, f.Path)
	b = append(b, `,"line":`...)
	b = strconv.AppendInt(b, int64(f.Line), 10)
	b = append(b, `,"label":`...)
	b = appendJSON(b, f.Label)
	return append(b, '}')
}

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
		if f.objects {
			b = s.appendObject(b)
		} else {
			b = appendJSON(b, s.text())
		}
	}
	b = append(b, `]}`...)
	return client.Failure{Header: f.header, Body: b, XRay: f.cause()}
}

// cause writes what X-Ray shows about an exception. Its paths are those of the build, which
// -trimpath has made relative, so no working directory needs to be added to them.
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
		b = s.appendObject(b)
	}
	b = append(b, `]}],"paths":[`...)
paths: // each once
	for i, s := range f.stack {
		for _, before := range f.stack[:i] {
			if before.Path == s.Path {
				continue paths
			}
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, s.Path)
	}
	return append(b, `]}`...)
}
