//go:build linux

package emulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bootzip/bootzip/emulator/internal/runtimeapi"
)

func text(t *testing.T, r Response) string {
	t.Helper()
	var s string
	if err := json.Unmarshal(r.Payload, &s); err != nil {
		t.Fatalf("payload %q: %v", r.Payload, err)
	}
	return s
}

func TestInvokeAnswersAndLogs(t *testing.T) {
	f, book := newFunction(t, Config{Handler: "echo", Name: "greeter"})
	for _, payload := range []string{`{"a":1}`, `"ü"`} {
		resp := invoke(t, f, payload)
		if string(resp.Payload) != payload || resp.FunctionError != "" {
			t.Errorf("response is %q, %q", resp.Payload, resp.FunctionError)
		}
		if !strings.Contains(string(resp.Log), "REPORT RequestId: "+resp.RequestID) {
			t.Errorf("tail is %q", resp.Log)
		}
	}
	want := regexp.MustCompile(`^START RequestId: (\S+) Version: \$LATEST
END RequestId: \S+
REPORT RequestId: \S+	Duration: [0-9.]+ ms	Billed Duration: \d+ ms	Memory Size: 128 MB	Max Memory Used: \d+ MB	Init Duration: [0-9.]+ ms	
START RequestId: \S+ Version: \$LATEST
END RequestId: \S+
REPORT RequestId: \S+	Duration: [0-9.]+ ms	Billed Duration: \d+ ms	Memory Size: 128 MB	Max Memory Used: \d+ MB	
$`)
	// The program's output comes through a pipe, and the platform's lines do not, so
	// their order is not certain.
	log := book.String()
	rest := strings.Replace(log, "starting echo\n", "", 1)
	if rest == log || !want.MatchString(rest) {
		t.Errorf("log is\n%s", log)
	}
}

func TestInvokeSendsWhatLambdaSends(t *testing.T) {
	f, _ := newFunction(t, Config{Handler: "headers", Name: "greeter", Region: "eu-west-1", Account: "1234"})
	resp, err := f.Invoke(context.Background(), Request{Payload: []byte("{}"), Qualifier: "live", RequestID: "the-id", Trace: "Root=1",
		ClientContext: `{"client":{}}`, Cognito: `{"id":1}`, Tenant: "blue"})
	if err != nil {
		t.Fatal(err)
	}
	got := text(t, resp)
	for _, want := range []string{
		"Lambda-Runtime-Aws-Request-Id:[the-id]", "Lambda-Runtime-Trace-Id:[Root=1]", "Lambda-Runtime-Aws-Tenant-Id:[blue]",
		`Lambda-Runtime-Client-Context:[{"client":{}}]`, `Lambda-Runtime-Cognito-Identity:[{"id":1}]`,
		"Lambda-Runtime-Invoked-Function-Arn:[arn:aws:lambda:eu-west-1:1234:function:greeter:live]", "Lambda-Runtime-Deadline-Ms:[1",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %s", want, got)
		}
	}
	if trace := newTrace(time.Now()); !regexp.MustCompile(`^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$`).MatchString(trace) {
		t.Errorf("trace id is %q", trace)
	}
	if id := runtimeapi.NewUUID(); !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("request id is %q", id)
	}
}

// The variables are those in the developer guide's table for OS-only runtimes, except
// credentials.
func TestEnvironment(t *testing.T) {
	f, _ := newFunction(t, Config{Handler: "environment", Name: "greeter", Memory: 256, Environment: []string{"TABLE=a=b", "LANG=C"}})
	got := map[string]string{}
	for line := range strings.SplitSeq(text(t, invoke(t, f, "{}")), "\n") {
		name, value, _ := strings.Cut(line, "=")
		if _, twice := got[name]; twice {
			t.Errorf("%s is there twice", name)
		}
		got[name] = value
	}
	want := map[string]string{
		"_HANDLER": "environment", "AWS_LAMBDA_RUNTIME_API": got["AWS_LAMBDA_RUNTIME_API"],
		"AWS_LAMBDA_METADATA_API": got["AWS_LAMBDA_RUNTIME_API"], "AWS_LAMBDA_METADATA_TOKEN": f.token, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
		"AWS_LAMBDA_FUNCTION_NAME": "greeter", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
		"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/greeter",
		"AWS_LAMBDA_LOG_STREAM_NAME": got["AWS_LAMBDA_LOG_STREAM_NAME"], "AWS_LAMBDA_LOG_FORMAT": "Text",
		"LAMBDA_TASK_ROOT": "/var/task", "LAMBDA_RUNTIME_DIR": "/var/runtime",
		"PATH":            "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
		"LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
		"TZ":              ":UTC", "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR", "AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1:2000",
		"TABLE": "a=b", "LANG": "C",
	}
	if f.isolation.isPlain() {
		want["LAMBDA_TASK_ROOT"] = f.task
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestEmptyRoot(t *testing.T) {
	f, _ := newFunction(t, Config{Handler: "root"})
	got := text(t, invoke(t, f, "{}"))
	if f.Isolation() != "in an empty root" {
		t.Skip("namespaces are refused here: " + f.Isolation())
	}
	want := "/:dev /:etc /:opt /:proc /:tmp /:var /dev:fd /dev:full /dev:null /dev:random /dev:stderr /dev:stdin /dev:stdout /dev:urandom /dev:zero " +
		".:bootstrap .:data /x=false /var/task/x=false /tmp/x=true "
	if got != want {
		t.Errorf("the program saw %s", got)
	}
}

func TestPlainProcess(t *testing.T) {
	f, _ := newFunction(t, Config{Handler: "environment", Plain: true})
	got := text(t, invoke(t, f, "{}"))
	if !strings.Contains(got, "LAMBDA_TASK_ROOT="+f.task) || f.Isolation() != "as a plain process" {
		t.Errorf("%s: %s", f.Isolation(), got)
	}
}

func TestInstancesAreReusedAndSideBySide(t *testing.T) {
	parallel(t)
	f, _ := newFunction(t, Config{Handler: "echo", Concurrency: 3, Memory: 512})
	for range 20 {
		invoke(t, f, "1")
	}
	if n, _ := f.pool.count(); n != 1 {
		t.Errorf("%d instances for one caller", n)
	}
	g, _ := newFunction(t, Config{Handler: "hang", Concurrency: 2, Timeout: 400 * time.Millisecond})
	var mu sync.Mutex
	throttled, timeouts := 0, 0
	var callers sync.WaitGroup
	for range 6 {
		callers.Add(1)
		go func() {
			defer callers.Done()
			resp, err := g.Invoke(context.Background(), Request{Payload: []byte("{}")})
			mu.Lock()
			defer mu.Unlock()
			var limit *ThrottledError
			switch {
			case errors.As(err, &limit) && limit.Limit == 2:
				throttled++
			case err == nil && resp.ErrorType == "Sandbox.Timedout":
				timeouts++
			default:
				t.Errorf("response %+v, error %v", resp, err)
			}
		}()
	}
	callers.Wait()
	if throttled+timeouts != 6 || throttled < 3 {
		t.Errorf("%d were throttled, %d timed out", throttled, timeouts)
	}
}

func TestIdleInstanceIsStopped(t *testing.T) {
	f, _ := newFunction(t, Config{Handler: "echo", Idle: 20 * time.Millisecond})
	invoke(t, f, "1")
	f.instances.Wait() // returns when the instance has stopped
	invoke(t, f, "2")
	if n, _ := f.pool.count(); n > 1 {
		t.Errorf("%d instances", n)
	}
}

func TestRefusals(t *testing.T) {
	parallel(t)
	f, _ := newFunction(t, Config{Handler: "echo"})
	var large *TooLargeError
	if _, err := f.Invoke(context.Background(), Request{Payload: make([]byte, maxPayload+1)}); !errors.As(err, &large) {
		t.Errorf("error is %v", err)
	}
	g, _ := newFunction(t, Config{Handler: "hang", Timeout: time.Minute})
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	if _, err := g.Invoke(ctx, Request{Payload: []byte("{}")}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v", err)
	}
}

func TestCloseGivesUpWhatHangs(t *testing.T) {
	f, _ := newFunction(t, Config{Handler: "hang", Timeout: time.Minute})
	failed := make(chan error)
	go func() {
		_, err := f.Invoke(context.Background(), Request{Payload: []byte("{}")})
		failed <- err
	}()
	for f.busy() == 0 {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := f.Close(ctx); err != nil {
		t.Error(err)
	}
	if err := <-failed; !errors.Is(err, ErrClosed) {
		t.Errorf("error is %v", err)
	}
	if _, err := f.Invoke(context.Background(), Request{}); !errors.Is(err, ErrClosed) {
		t.Errorf("error is %v", err)
	}
}

func (f *Function) busy() int {
	running, idle := f.pool.count()
	return running - idle
}

// A collector is a Sink.
type collector struct {
	contentType string
	pieces      int
	bytes.Buffer
}

func (c *collector) Begin(contentType string) { c.contentType = contentType }

func (c *collector) Write(p []byte) (int, error) {
	c.pieces++
	return c.Buffer.Write(p)
}

// The function reads its files whatever the caller's umask.
func TestInvokeWithUmask(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o077))
	zip := makeZip(t, file{"bootstrap", 0o755, faulty}, file{"data/table.json", 0o644, []byte("{}")})
	f, _ := newFunction(t, Config{Handler: "read", Zip: zip})
	if resp := invoke(t, f, `"data/table.json"`); resp.FunctionError != "" || string(resp.Payload) != `"{}"` {
		t.Errorf("%+v", resp)
	}
}

func TestStreaming(t *testing.T) {
	parallel(t)
	const event = `"0123456789012345678901234567890123456789"`
	f, _ := newFunction(t, Config{Handler: "stream"})
	pieces := 0
	for try := 0; try < 20 && pieces < 2; try++ { // on a busy machine, all pieces may arrive at once
		c := &collector{}
		resp, err := f.Invoke(context.Background(), Request{Payload: []byte(event), Stream: c})
		if err != nil || !resp.Streamed || resp.FunctionError != "" || c.String() != event || c.contentType != "text/plain" {
			t.Errorf("%+v, %v; got %q", resp, err, c)
		}
		pieces = c.pieces
	}
	if pieces < 2 {
		t.Error("it never came in pieces")
	}
	if resp := invoke(t, f, event); string(resp.Payload) != event || resp.Streamed {
		t.Errorf("collected: %+v", resp)
	}
	g, _ := newFunction(t, Config{Handler: "stream-fail"})
	c := &collector{}
	resp, err := g.Invoke(context.Background(), Request{Payload: []byte(event), Stream: c})
	if err != nil || !resp.Streamed || resp.ErrorType != "Function.Torn" || resp.FunctionError != "Unhandled" || c.String() != event {
		t.Errorf("%+v, %v; got %q", resp, err, c)
	}
	if string(resp.Payload) != `{"errorMessage":"torn","errorType":"Torn"}` {
		t.Errorf("error is %s", resp.Payload)
	}
}
