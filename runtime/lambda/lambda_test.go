package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

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
	if os.Getenv("TEST") == "bad" {
		lambda.Start(func(int, int, int) {})
	}
	base, cancel := context.WithCancel(context.Background())
	defer cancel()
	lambda.StartHandlerFunc(serve, lambda.WithContext(base), lambda.WithContextValue(key{}, "value"), lambda.WithEnableSIGTERM(func() { fmt.Fprintln(os.Stderr, "good bye") }))
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
