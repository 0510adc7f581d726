//go:build linux

package endtoend

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/project"
)

// An answer is what a bootstrap posts to the Runtime API.
type answer struct {
	kind  string // "response", "error" or "init"
	id    string // of the event
	fault string // Lambda-Runtime-Function-Error-Type
	body  string
}

// A function is a bootstrap that runs against a Runtime API of its own
// (AWS Lambda developer guide, "Using the Lambda runtime API for custom
// runtimes").
type function struct {
	t       testing.TB
	events  chan string
	answers chan answer
	ended   chan struct{} // closed when the process has ended
	exit    error         // how it ended
	output  bytes.Buffer  // of the process; read it when it has ended
	calls   int
}

// start runs the bootstrap with a handler, and ends it with the test.
func start(t testing.TB, bootstrap string, arch project.Arch, handler string) *function {
	t.Helper()
	f := &function{t: t, events: make(chan string), answers: make(chan answer, 16), ended: make(chan struct{})}
	closed := make(chan struct{})
	id := 0
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case event := <-f.events:
			id++
			h := w.Header()
			h.Set("Lambda-Runtime-Aws-Request-Id", fmt.Sprintf("8476a536-e9f4-11e8-9739-%012d", id))
			h.Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(time.Minute).UnixMilli()))
			h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:sample")
			h.Set("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1")
			h.Set("Content-Type", "application/json")
			h.Set("Content-Length", fmt.Sprint(len(event)))
			_, _ = io.WriteString(w, event) // if the function has gone, no answer comes
		case <-closed:
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	post := func(kind string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			w.WriteHeader(http.StatusAccepted)
			f.answers <- answer{kind, r.PathValue("id"), r.Header.Get("Lambda-Runtime-Function-Error-Type"), string(body)}
		}
	}
	mux.Handle("POST /2018-06-01/runtime/invocation/{id}/response", post("response"))
	mux.Handle("POST /2018-06-01/runtime/invocation/{id}/error", post("error"))
	mux.Handle("POST /2018-06-01/runtime/init/error", post("init"))
	server := httptest.NewServer(mux)

	argv := []string{bootstrap}
	if string(arch) != runtime.GOARCH {
		argv = []string{emulator(t, arch), bootstrap}
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = []string{
		"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(server.URL, "http://"), "_HANDLER=" + handler,
		"LAMBDA_TASK_ROOT=/var/task", "AWS_LAMBDA_FUNCTION_NAME=sample", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST", "AWS_REGION=us-east-1", "LANG=en_US.UTF-8", "TZ=:UTC",
		"PATH=/usr/local/bin:/usr/bin/:/bin:/opt/bin",
	}
	cmd.Stdout, cmd.Stderr = &f.output, &f.output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		f.exit = cmd.Wait()
		close(f.ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended by itself
		<-f.ended
		close(closed)
		server.Close()
		if t.Failed() {
			t.Logf("%s (%s) printed:\n%s", bootstrap, handler, f.output.String())
		}
	})
	return f
}

// emulator is what runs programs of the other architecture.
func emulator(t testing.TB, arch project.Arch) string {
	t.Helper()
	if arch != project.ARM64 {
		t.Skipf("programs for %s are run on such a machine only", arch)
	}
	file, err := exec.LookPath("qemu-aarch64-static")
	if err != nil {
		missing(t, "qemu-aarch64-static is not installed (Debian's package qemu-user-static)")
	}
	return file
}

// invoke sends an event and returns the answer to it.
func (f *function) invoke(event string) answer {
	f.t.Helper()
	select {
	case f.events <- event:
	case <-f.ended:
		f.t.Fatalf("the bootstrap ended (%v) before it took the event", f.exit)
	case <-time.After(time.Minute):
		f.t.Fatal("the bootstrap asks for no event")
	}
	f.calls++
	a := f.answer()
	if want := fmt.Sprintf("8476a536-e9f4-11e8-9739-%012d", f.calls); a.id != want {
		f.t.Errorf("answer to the event %q, want %q", a.id, want)
	}
	return a
}

func (f *function) answer() answer {
	f.t.Helper()
	select {
	case a := <-f.answers:
		return a
	case <-f.ended:
	case <-time.After(time.Minute):
		f.t.Fatal("the bootstrap does not answer")
	}
	// Its last words may have come just before its end.
	select {
	case a := <-f.answers:
		return a
	default:
		f.t.Fatalf("the bootstrap ended (%v) and did not answer", f.exit)
		return answer{}
	}
}
