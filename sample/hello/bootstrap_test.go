package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestMain acts as the bootstrap if the test has started its own program again.
func TestMain(m *testing.M) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		main()
	}
	os.Exit(m.Run())
}

// TestBootstrap runs the sample as Lambda does: a plain web server stands in for the
// Runtime API (AWS Lambda developer guide, "Using the Lambda runtime API for custom
// runtimes").
func TestBootstrap(t *testing.T) {
	const base = "/2018-06-01/runtime/"
	for _, c := range []struct{ handler, event, path, want string }{
		{"httpevent", `{"queryStringParameters":{"hello":"Ada"}}`, "invocation/id-1/response", `"body":"Hello Ada from bootzip"`},
		{"scheduledevent", `{"time":"2026-01-02T03:04:05Z","resources":["arn"]}`, "invocation/id-1/response", `{}`},
		{"snsevent", `{"Records":[{"Sns":{"Message":"hello"}}]}`, "invocation/id-1/response", `{}`},
		{"snsevent", `{"Records":7}`, "invocation/id-1/error", `"errorType":"Runtime.UnmarshalError"`},
		{"httpevent", `not json`, "invocation/id-1/error", `"errorMessage":"event is not JSON: `},
		{"nosuch", ``, "init/error", `"errorType":"Runtime.NoSuchHandler"`},
	} {
		t.Run(c.handler+" "+c.event, func(t *testing.T) {
			type said struct{ path, body string }
			answers := make(chan said, 1)
			done := make(chan struct{})
			events := make(chan string, 1)
			events <- c.event
			api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				path := strings.TrimPrefix(r.URL.Path, base)
				switch {
				case r.Method == "GET" && path == "invocation/next":
					select {
					case e := <-events:
						w.Header().Set("Lambda-Runtime-Aws-Request-Id", "id-1")
						_, _ = io.WriteString(w, e)
					case <-done:
					}
				case r.Method == "POST":
					body, _ := io.ReadAll(r.Body)
					w.WriteHeader(http.StatusAccepted)
					_, _ = io.WriteString(w, `{"status":"OK"}`)
					answers <- said{path, string(body)}
				default:
					http.NotFound(w, r)
				}
			}))
			defer api.Close()
			defer close(done)
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "AWS_LAMBDA_RUNTIME_API="+api.Listener.Addr().String(), "_HANDLER="+c.handler)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			a := <-answers
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			if a.path != c.path || !strings.Contains(a.body, c.want) {
				t.Errorf("answered %s %s, want %s %s", a.path, a.body, c.path, c.want)
			}
		})
	}
}
