package command_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/project"
)

// answer is what the function said to the Runtime API.
type answer struct{ path, functionError, body string }

// api is a plain web server that answers the four URLs of the Runtime API
// (AWS Lambda developer guide, "Using the Lambda runtime API for custom
// runtimes"), one event after the other.
func api(events []string, answers chan<- answer) http.Handler {
	const base = "/2018-06-01/runtime/"
	mux := http.NewServeMux()
	next := 0
	mux.HandleFunc("GET "+base+"invocation/next", func(w http.ResponseWriter, r *http.Request) {
		if next == len(events) {
			<-r.Context().Done() // as Lambda does when there is nothing to do
			return
		}
		next++
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", fmt.Sprintf("request-%d", next))
		w.Header().Set("Lambda-Runtime-Deadline-Ms", "4102444800000")
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-central-1:123456789012:function:hello")
		w.Header().Set("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1")
		_, _ = io.WriteString(w, events[next-1])
	})
	said := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"status":"OK"}`)
		answers <- answer{strings.TrimPrefix(r.URL.Path, base), r.Header.Get("Lambda-Runtime-Function-Error-Type"), string(body)}
	}
	mux.HandleFunc("POST "+base+"invocation/{id}/response", said)
	mux.HandleFunc("POST "+base+"invocation/{id}/error", said)
	mux.HandleFunc("POST "+base+"init/error", said)
	return mux
}

// buildSample builds this repository's sample for this machine, as a user
// would, and returns its bootstrap.
func buildSample(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	p, err := project.Load(root)
	if err != nil {
		t.Fatal(err)
	}
	functions, err := p.Select("hello", project.Arch(runtime.GOARCH))
	if err != nil {
		t.Fatal(err)
	}
	dist := filepath.Join(t.TempDir(), "dist")
	unlock, err := build.Lock(dist)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	r, err := build.Build(context.Background(), build.Config{
		Root: p.Root, Dist: dist, Cache: quiet(t)["BOOTZIP_CACHE"], Functions: functions, Engine: "host", Environ: environ(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	return r.Artifacts[0].Path
}

func TestSample(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("a bootstrap is a program for Linux")
	}
	bootstrap := buildSample(t)
	for _, c := range []struct {
		handler string
		events  []string
		want    []answer // body: what it has to hold
	}{
		{"httpevent", []string{`{"queryStringParameters":{"hello":"Ada"}}`, `{"queryStringParameters":null}`}, []answer{
			{"invocation/request-1/response", "", `"body":"Hello Ada from bootzip"`},
			{"invocation/request-2/response", "", `"statusCode":200`},
		}},
		{"scheduledevent", []string{`{"time":"2026-01-02T03:04:05Z","resources":["arn:aws:events:eu-central-1:123456789012:rule/r"]}`}, []answer{
			{"invocation/request-1/response", "", `{}`},
		}},
		{"snsevent", []string{`{"Records":[{"Sns":{"MessageId":"1","Message":"hello"}}]}`}, []answer{
			{"invocation/request-1/response", "", `{}`},
		}},
		// A bad event is an error of that event; the next one is answered.
		{"snsevent", []string{`{"Records":7}`, `{"Records":[]}`}, []answer{
			{"invocation/request-1/error", "Runtime.UnmarshalError", `"errorType":"Runtime.UnmarshalError"`},
			{"invocation/request-2/response", "", `{}`},
		}},
		{"nosuch", nil, []answer{{"init/error", "Runtime.NoSuchHandler", `"errorType":"Runtime.NoSuchHandler"`}}},
	} {
		t.Run(c.handler, func(t *testing.T) {
			answers := make(chan answer, len(c.want)+1)
			server := httptest.NewServer(api(c.events, answers))
			defer server.Close()
			cmd := exec.Command(bootstrap)
			cmd.Dir = t.TempDir()
			cmd.Env = []string{
				"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(server.URL, "http://"), "_HANDLER=" + c.handler,
				"LAMBDA_TASK_ROOT=" + cmd.Dir, "AWS_LAMBDA_FUNCTION_NAME=hello", "AWS_REGION=eu-central-1",
			}
			var stderr strings.Builder
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			for _, want := range c.want {
				select {
				case got := <-answers:
					if got.path != want.path || got.functionError != want.functionError || !strings.Contains(got.body, want.body) {
						t.Errorf("function says %+v, want %+v", got, want)
					}
				case err := <-ended:
					// It may have ended right after its last word.
					ended <- err
					select {
					case got := <-answers:
						if got.path != want.path || !strings.Contains(got.body, want.body) {
							t.Errorf("function says %+v, want %+v", got, want)
						}
					default:
						t.Fatalf("function ended (%v) without %+v:\n%s", err, want, stderr.String())
					}
				}
			}
			if c.handler == "nosuch" {
				if err := <-ended; err == nil {
					t.Error("function without a handler ended with status 0")
				}
				return
			}
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			<-ended
		})
	}
}
