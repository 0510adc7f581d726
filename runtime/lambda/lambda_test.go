package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda/handlertrace"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/bootzip/bootzip/runtime"
	"github.com/bootzip/bootzip/runtime/internal/fakeapi"
	"github.com/bootzip/bootzip/runtime/lambda"
)

type in struct{ Name string }

type own struct{}

func (own) Invoke(_ context.Context, p []byte) ([]byte, error) {
	return append([]byte("own "), p...), nil
}

// page is a reader whose JSON is {}.
type page struct{ r io.Reader }

func (p *page) Read(b []byte) (int, error) { return p.r.Read(b) }
func (p *page) ContentType() string        { return "text/html" }
func (p *page) Close() error               { _, err := os.Stderr.WriteString("closed\n"); return err }

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("broken") }

type key struct{}

func serve(ctx context.Context, i in) (any, error) {
	lc, _ := lambdacontext.FromContext(ctx)
	inv, _ := runtime.FromContext(ctx)
	switch i.Name {
	case "context":
		return fmt.Sprint(lc.AwsRequestID, lc.InvokedFunctionArn, lc.TenantID, lc.Identity.CognitoIdentityID, lc.ClientContext.Client.AppTitle,
			inv.RequestID, ctx.Value(key{}), ctx.Value("x-amzn-trace-id"), lambdacontext.FunctionName), nil
	case "reader":
		return &page{io.MultiReader(strings.NewReader("<p>"), strings.NewReader("</p>"))}, nil
	case "broken":
		return broken{}, nil
	case "error":
		return nil, errors.New("wanted")
	}
	return map[string]string{"hello": "<" + i.Name + ">"}, nil
}

// TestMain is the bootstrap that fakeapi.Start runs.
func TestMain(m *testing.M) {
	if os.Getenv(fakeapi.Bootstrap) == "" {
		os.Exit(m.Run())
	}
	sigterm := lambda.WithEnableSIGTERM(func() { fmt.Fprintln(os.Stderr, "good bye") })
	switch os.Getenv("TEST") {
	case "bad":
		lambda.Start(func(int, int, int) {})
	case "fail":
		lambda.Start(fail)
	case "fail-handler":
		lambda.Start(lambda.NewHandler(lambda.NewHandler(fail)))
	case "handler":
		h := lambda.NewHandlerWithOptions(func(ctx context.Context) (string, error) {
			return fmt.Sprint(ctx.Value(key{}), " ", ctx.Value("outer")), nil
		}, lambda.WithContextValue(key{}, "inner"), sigterm)
		lambda.StartWithOptions(h, lambda.WithContextValue("outer", "outer"))
	case "own":
		lambda.Start(wrapper{lambda.NewHandlerWithOptions(func(v any) (any, error) { return v, nil }, sigterm)})
	}
	base, cancel := context.WithCancel(context.Background())
	defer cancel()
	lambda.StartHandlerFunc(serve, lambda.WithContext(base), lambda.WithContextValue(key{}, "value"), sigterm)
}

func TestStart(t *testing.T) {
	p := fakeapi.Start(t, "_HANDLER=bootstrap", "AWS_LAMBDA_FUNCTION_NAME=f")
	if a := <-p.Answers(); a.Kind != "register" {
		t.Fatalf("first came %s", a.Kind)
	}
	header := [][2]string{{"Lambda-Runtime-Trace-Id", "T"}, {"Lambda-Runtime-Invoked-Function-Arn", "A"}, {"Lambda-Runtime-Aws-Tenant-Id", "B"},
		{"Lambda-Runtime-Client-Context", `{"Client":{"app_title":"app"}}`}, {"Lambda-Runtime-Cognito-Identity", `{"CognitoIdentityID":"C"}`}}
	for name, want := range map[string]string{
		"context": `response "idABCappidvalueTf"`,
		"Ada":     `response {"hello":"<Ada>"}`,
		"reader":  "response <p></p>",
		"broken":  `error {"errorMessage":"broken","errorType":"errorString","stackTrace":[]}`,
		"error":   `error {"errorMessage":"wanted","errorType":"errorString","stackTrace":[]}`,
	} {
		a := p.Invoke(fakeapi.Event{ID: "id", Header: header, Body: []byte(`{"name":"` + name + `"}`)})
		if got := a.Kind + " " + string(a.Body); strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(want, " ", "") {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
		if name == "reader" && (a.Header["content-type"] != "text/html" || a.Header["lambda-runtime-function-response-mode"] != "streaming") {
			t.Errorf("reader has header %v", a.Header)
		}
	}
	a := p.Invoke(fakeapi.Event{ID: "id", Header: [][2]string{{"Lambda-Runtime-Cognito-Identity", `{`}}, Body: []byte(`{}`)})
	if a.Kind != "error" || !strings.Contains(string(a.Body), "lambdacontext") {
		t.Errorf("broken identity is answered with %s %s", a.Kind, a.Body)
	}
	p.End()
	if _, stderr := p.Wait(); !strings.Contains(stderr, "closed\n") {
		t.Errorf("the reader was not closed: %q", stderr)
	}
}

func TestBadHandlerIsReported(t *testing.T) {
	p := fakeapi.Start(t, "TEST=bad")
	if a := <-p.Answers(); a.Kind != "init" || !strings.Contains(string(a.Body), "handler takes 3 arguments") {
		t.Errorf("answer is %s %s", a.Kind, a.Body)
	}
}

func TestSignatures(t *testing.T) {
	var got in
	note := func(i in) { got = i }
	for name, c := range map[string]struct {
		handler any
		want    string
	}{
		"()":                     {func() {}, `null`},
		"(In)":                   {func(i in) { note(i) }, `null`},
		"() error":               {func() error { return nil }, `null`},
		"(In) error":             {func(i in) error { note(i); return nil }, `null`},
		"() (Out, error)":        {func() (in, error) { return in{"x"}, nil }, `{"Name":"x"}`},
		"(In) (Out, error)":      {func(i in) (*in, error) { note(i); return &i, nil }, `{"Name":"Ada"}`},
		"(ctx)":                  {func(context.Context) {}, `null`},
		"(ctx) error":            {func(context.Context) error { return nil }, `null`},
		"(ctx) (Out, error)":     {func(context.Context) (string, error) { return "<x>", nil }, `"<x>"`},
		"(ctx, In)":              {func(_ context.Context, i in) { note(i) }, `null`},
		"(ctx, In) error":        {func(_ context.Context, i in) error { note(i); return nil }, `null`},
		"(ctx, In) (Out, error)": {func(_ context.Context, i *in) (in, error) { note(*i); return *i, nil }, `{"Name":"Ada"}`},
		"(any) (any, error)":     {func(v any) (any, error) { return v, nil }, `{"name":"Ada"}`},
		"(RawMessage)":           {func(v json.RawMessage) (json.RawMessage, error) { return v, nil }, `{"name":"Ada"}`},
		"Handler":                {own{}, `own {"name":"Ada"}`},
		"reader":                 {func() (io.Reader, error) { return broken{}, nil }, `error broken`},
	} {
		got = in{}
		out, err := lambda.NewHandler(c.handler).Invoke(context.Background(), []byte(`{"name":"Ada"}`))
		if err != nil {
			out = []byte("error " + err.Error())
		}
		if string(out) != c.want {
			t.Errorf("%s: got %s, want %s", name, out, c.want)
		}
		if strings.Contains(name, "In") && got.Name != "Ada" {
			t.Errorf("%s: the event did not arrive", name)
		}
	}
}

func TestBadSignatures(t *testing.T) {
	for want, handler := range map[string]any{
		"handler is nil":                      nil,
		"handler is a string and no function": "x",
		"handler takes 3 arguments":           func(context.Context, in, in) {},
		"the first is lambda_test.in":         func(in, context.Context) {},
		"takes an interface, io.Reader":       func(io.Reader) {},
		"handler returns 3 values":            func() (in, in, error) { return in{}, in{}, nil },
		"handler returns lambda_test.in last": func() in { return in{} },
	} {
		if _, err := lambda.NewHandler(handler).Invoke(context.Background(), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}

func TestOptions(t *testing.T) {
	echo := func(v any) (any, error) { return v, nil }
	for _, c := range []struct {
		handler     any
		option      lambda.Option
		event, want string
	}{
		{echo, lambda.WithSetEscapeHTML(true), `"<"`, `"\u003c"`},
		{echo, lambda.WithSetIndent("", " "), `{"a":1}`, "{\n \"a\": 1\n}\n"},
		{func(v any) (string, error) { return fmt.Sprintf("%T", v), nil }, lambda.WithUseNumber(true), `1`, `"json.Number"`},
		{func(i in) (in, error) { return i, nil }, lambda.WithDisallowUnknownFields(true), `{"x":1}`, `error event does not fit the handler: json: unknown field "x"`},
		{echo, lambda.WithContext(context.Background()), `{`, `error event is not JSON: unexpected EOF`},
		{echo, lambda.WithContext(context.Background()), ``, `error event is not JSON: unexpected EOF`},
		{func() (any, error) { return make(chan int), nil }, lambda.WithContext(context.Background()), ``, `error result cannot be written as JSON: json: unsupported type: chan int`},
	} {
		out, err := lambda.NewHandlerWithOptions(c.handler, c.option).Invoke(context.Background(), []byte(c.event))
		if err != nil {
			out = []byte("error " + err.Error())
		}
		if string(out) != c.want {
			t.Errorf("%s: got %q, want %q", c.event, out, c.want)
		}
	}
}

// sameContext has the methods of context.Context under another name.
type sameContext interface {
	Deadline() (time.Time, bool)
	Done() <-chan struct{}
	Err() error
	Value(key any) any
}

type otherContext interface {
	context.Context
	More()
}

func TestContextByAnotherName(t *testing.T) {
	for _, h := range []any{
		func(ctx sameContext) (any, error) { return ctx.Value(key{}), nil },
		func(ctx sameContext, _ in) (any, error) { return ctx.Value(key{}), nil },
	} {
		out, err := lambda.NewHandlerWithOptions(h, lambda.WithContextValue(key{}, "v")).Invoke(context.Background(), []byte(`{}`))
		if string(out) != `"v"` || err != nil {
			t.Errorf("%T: %s, %v", h, out, err)
		}
	}
	for _, h := range []any{func(otherContext) {}, func(otherContext, in) {}, func(fmt.Stringer, in) {}} {
		if _, err := lambda.NewHandler(h).Invoke(context.Background(), []byte(`{}`)); err == nil {
			t.Errorf("%T was taken", h)
		}
	}
}

// generic compiles only if there is a constraint with aws-lambda-go's name.
func generic[I, O any, H lambda.HandlerFunc[I, O]](h H) lambda.Handler { return lambda.NewHandler(h) }

func TestHandlerFunc(t *testing.T) {
	h := generic[string, string](func(_ context.Context, s string) (string, error) { return s + "!", nil })
	if out, err := h.Invoke(context.Background(), []byte(`"hi"`)); string(out) != `"hi!"` || err != nil {
		t.Errorf("%s, %v", out, err)
	}
}

// An invocation has a deadline and, like that of the runtime, is not one of package
// context's own types.
type invocation struct {
	context.Context
	deadline time.Time
}

func (i invocation) Deadline() (time.Time, bool) { return i.deadline, true }

// If the base context has ended, the handler's context has ended for the same reason; the
// base context's deadline counts if it is the earlier one.
func TestBaseContext(t *testing.T) {
	canceled, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("closing"))
	late, stop := context.WithDeadline(context.Background(), time.Now().Add(-time.Hour))
	defer stop()
	soon, stop := context.WithTimeout(context.Background(), time.Hour)
	defer stop()
	for _, c := range []struct {
		base context.Context
		want string
	}{
		{canceled, `"context canceled closing false"`},
		{late, `"context deadline exceeded context deadline exceeded true"`},
		{soon, `"<nil> <nil> true"`},
		{context.WithValue(context.Background(), key{}, 1), `"<nil> <nil> true"`},
	} {
		h := lambda.NewHandlerWithOptions(func(ctx context.Context) (string, error) {
			d, ok := ctx.Deadline()
			return fmt.Sprint(ctx.Err(), context.Cause(ctx), ok && time.Until(d) < 90*time.Minute), nil
		}, lambda.WithContext(c.base))
		left := 2 * time.Hour
		if c.base.Done() == nil {
			left = time.Hour
		}
		out, err := h.Invoke(invocation{context.Background(), time.Now().Add(left)}, []byte(`{}`))
		if string(out) != c.want || err != nil {
			t.Errorf("got %s, %v; want %s", out, err, c.want)
		}
	}
}

func explode(m map[string]int) { m["x"] = 1 }

type temperature struct{ Celsius float64 }

type named int

func (n named) String() string { return fmt.Sprintf("<%d>", int(n)) }

// fail is the handler of a bootstrap; its event says how to fail.
func fail(kind string) (io.Reader, error) {
	own := messages.InvokeResponse_Error{Type: "MyRetryable", Message: "again please",
		StackTrace: []*messages.InvokeResponse_Error_StackFrame{{Path: "a.go", Line: 7, Label: "f"}, nil}}
	switch kind {
	case "value":
		return nil, own
	case "pointer":
		return nil, &own
	case "panic":
		panic(own)
	case "exit":
		own.ShouldExit = true
		return nil, own
	case "panic exit":
		own.ShouldExit = true
		panic(&own)
	case "float":
		panic(1.5)
	case "struct":
		panic(temperature{21.5})
	case "stringer":
		panic(named(7))
	case "error":
		panic(errors.New("went wrong"))
	case "nil map":
		explode(nil)
	}
	return strings.NewReader("well"), nil
}

func TestFailures(t *testing.T) {
	for _, start := range []string{"fail", "fail-handler"} {
		p := fakeapi.Start(t, "TEST="+start)
		const own = `error {"errorMessage":"again please","errorType":"MyRetryable","stackTrace":[{"path":"a.go","line":7,"label":"f"}]} MyRetryable`
		for _, kind := range []string{"value", "pointer", "panic"} {
			a := p.Invoke(fakeapi.Event{ID: "id", Body: []byte(`"` + kind + `"`)})
			if got := a.Kind + " " + string(a.Body) + " " + strings.TrimPrefix(a.Header["lambda-runtime-function-error-type"], "Function."); got != own {
				t.Errorf("%s: %s: got %s, want %s", start, kind, got, own)
			}
		}
		// It is still the same process, until an error asks it to end.
		if a := p.Invoke(fakeapi.Event{ID: "id", Body: []byte(`"well"`)}); string(a.Body) != "well" || a.Header["content-type"] != "application/octet-stream" || a.Header["lambda-runtime-function-response-mode"] != "streaming" {
			t.Errorf("%s: answer is %s %v", start, a.Body, a.Header)
		}
		if a := p.Invoke(fakeapi.Event{ID: "id", Body: []byte(`"exit"`)}); !strings.Contains(string(a.Body), "MyRetryable") {
			t.Errorf("%s: answer is %s", start, a.Body)
		}
		if code, _ := p.Wait(); code != 1 {
			t.Errorf("%s: left with %d", start, code)
		}
	}
	// A panic has the type of its value, and is in the log once, in the form that Lambda gets.
	for kind, want := range map[string][2]string{
		"float": {"1.5", "float64"}, "struct": {"{21.5}", "temperature"}, "stringer": {"<7>", "named"}, "error": {"went wrong", "errorString"},
		"nil map": {"assignment to entry in nil map", "plainError"}, "panic exit": {"again please", "MyRetryable"},
	} {
		p := fakeapi.Start(t, "TEST=fail")
		a := p.Invoke(fakeapi.Event{ID: "id", Body: []byte(`"` + kind + `"`)})
		var e struct {
			ErrorMessage, ErrorType string
			StackTrace              []messages.InvokeResponse_Error_StackFrame
		}
		if err := json.Unmarshal(a.Body, &e); err != nil || a.Kind != "error" || e.ErrorMessage != want[0] || e.ErrorType != want[1] {
			t.Errorf("%s: %s %s", kind, a.Kind, a.Body)
		}
		if kind != "panic exit" && (len(e.StackTrace) == 0 || !strings.HasSuffix(e.StackTrace[0].Path, "lambda_test.go")) {
			t.Errorf("%s: stack does not begin where it happened: %s", kind, a.Body)
		}
		code, log := p.Wait()
		if code != 1 {
			t.Errorf("%s: left with %d", kind, code)
		}
		if kind != "panic exit" && (strings.Count(log, want[0]) != 1 || !strings.Contains(log, string(a.Body))) {
			t.Errorf("%s: the log is %q", kind, log)
		}
	}
}

// A Handler from NewHandlerWithOptions has the options of both in Start, and a user's own
// Handler sends bytes.
func TestStartTakesAHandler(t *testing.T) {
	p := fakeapi.Start(t, "TEST=handler")
	if a := <-p.Answers(); a.Kind != "register" {
		t.Fatalf("first came %s: the option of NewHandlerWithOptions was lost", a.Kind)
	}
	if a := p.Invoke(fakeapi.Event{ID: "id", Body: []byte(`{}`)}); string(a.Body) != `"inner outer"` || a.Header["content-type"] != "application/json" {
		t.Errorf("answer is %s %v", a.Body, a.Header)
	}
	p = fakeapi.Start(t, "TEST=own")
	if a := <-p.Answers(); a.Kind != "register" {
		t.Fatalf("first came %s: the option of a wrapped handler was lost", a.Kind)
	}
	if a := p.Invoke(fakeapi.Event{ID: "id", Body: []byte(`{}`)}); string(a.Body) != `{}` || a.Header["content-type"] != "application/octet-stream" {
		t.Errorf("answer is %s %v", a.Body, a.Header)
	}
}

// wrapper is middleware around a Handler.
type wrapper struct{ lambda.Handler }

// Middleware sees events and results through AWS's handlertrace.
func TestHandlerTrace(t *testing.T) {
	h := lambda.NewHandler(func(_ context.Context, n int) (string, error) {
		if n == 0 {
			return "", errors.New("none")
		}
		return strings.Repeat("x", n), nil
	})
	var seen []any
	see := func(_ context.Context, value any) { seen = append(seen, value) }
	ctx := handlertrace.NewContext(context.Background(), handlertrace.HandlerTrace{RequestEvent: see, ResponseEvent: see})
	for _, event := range []string{"3", "0", "text"} {
		_, _ = h.Invoke(ctx, []byte(event))
	}
	if want := []any{3, "xxx", 0}; !reflect.DeepEqual(seen, want) {
		t.Errorf("seen were %v, want %v", seen, want)
	}
}
