//go:build linux

package emulator

import (
	"strings"
	"testing"
	"time"
)

// What a function can do wrong, what its caller sees, and what is in the log. After each
// fault the next event is answered, by a new instance, or by the same one if it still works.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		handler string
		kind    string // of the error; empty: the event comes back
		payload string // part of it
		log     string // part of it
		config  Config
	}{
		{handler: "error", kind: "Function.Luck", payload: `{"errorMessage":"no luck","errorType":"Luck"}`},
		{handler: "exit", kind: "Runtime.ExitError", payload: "Error: Runtime exited with error: exit status 5", log: "Status: error	Error Type: Runtime.ExitError"},
		{handler: "killed", kind: "Runtime.ExitError", payload: "Runtime exited with error: signal: killed"},
		{handler: "hang", kind: "Sandbox.Timedout", payload: "Error: Task timed out after 0.30 seconds", log: "Task timed out after 0.30 seconds\nEND", config: Config{Timeout: 300 * time.Millisecond}},
		{handler: "loop", kind: "Sandbox.Timedout", payload: "Task timed out", config: Config{Timeout: 300 * time.Millisecond}},
		{handler: "answer-and-exit", log: "Runtime exited with error: exit status 7"},
		{handler: "answer-twice", log: "second 403 Forbidden {\"errorMessage\":\"State transition from RuntimeResponseSentState to InvocationResponse failed for runtime. Error: State transition is not allowed\",\"errorType\":\"InvalidStateTransition\"}\nlate 403"},
		{handler: "wrong-id", log: `wrong 400 Bad Request {"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}`},
		{handler: "next-twice", log: "next 200 OK"},
		{handler: "early-answer", log: `400 Bad Request {"errorMessage":"Invalid request ID"`},
		{handler: "oversize", kind: "Function.ResponseSizeTooLarge", payload: "Response payload size (7340032 bytes) exceeded maximum allowed payload size (6291556 bytes).", log: "large 413 Request Entity Too Large"},
		{handler: "break-off", kind: "Runtime.TruncatedResponse", payload: "broke off"},
		{handler: "bad-mode", kind: "Runtime.InvalidResponseModeHeader", payload: "dripping", log: "mode 400 Bad Request"},
		{handler: "fork", kind: "Runtime.ExitError", payload: "exit status 5"},
		{handler: "memory", kind: "Runtime.OutOfMemory", payload: "Runtime exited with error: signal: killed", log: "Status: error\tError Type: Runtime.OutOfMemory"},
		{handler: "memory-at-init", kind: "Runtime.OutOfMemory", payload: "signal: killed", log: "Phase: init\tStatus: error\tError Type: Runtime.OutOfMemory"},
		{handler: "kernel-memory", kind: "Runtime.OutOfMemory", payload: "signal: killed", config: Config{TempSize: 1 << 20, Memory: 20}},
		{handler: "chatter", log: "the end\nEND", config: Config{Timeout: time.Minute}},
		{handler: "exit-at-init", kind: "Runtime.ExitError", payload: "exit status 3", log: "no configuration\nINIT_REPORT"},
		{handler: "exit-at-init", kind: "Runtime.ExitError", payload: "exit status 3", log: "Phase: invoke\tStatus: error\tError Type: Runtime.ExitError\nSTART RequestId: "},
		{handler: "exit-at-init", kind: "Runtime.ExitError", payload: "exit status 3", log: " MB\tStatus: error\tError Type: Runtime.ExitError\n"},
		{handler: "exit-zero-at-init", kind: "Runtime.ExitError", payload: "Runtime exited without providing a reason"},
		{handler: "init-error", kind: "Function.NoTable", payload: `{"errorMessage":"no table","errorType":"Function.NoTable"}`, log: "Error Type: Function.NoTable"},
		{handler: "hang-at-init", kind: "Sandbox.Timedout", payload: "Task timed out after 0.30 seconds", log: "Status: timeout", config: Config{InitLimit: 200 * time.Millisecond, Timeout: 300 * time.Millisecond}},
		{handler: "second-try", log: "Status: timeout", config: Config{InitLimit: 200 * time.Millisecond, Timeout: 30 * time.Second}},
		{handler: "term", log: `extension got {"deadlineMs":`},
		{handler: "ignore-term", log: `"eventType":"INVOKE"`},
	} {
		t.Run(c.handler, func(t *testing.T) {
			parallel(t)
			if c.config.Timeout == 0 {
				c.config.Timeout = 20 * time.Second
			}
			c.config.Handler = c.handler
			f, book := newFunction(t, c.config)
			for range 2 {
				resp := invoke(t, f, `"event"`)
				if c.kind == "" && (string(resp.Payload) != `"event"` || resp.FunctionError != "") {
					t.Errorf("response is %s, %s", resp.ErrorType, resp.Payload)
				}
				if c.kind != "" && (resp.ErrorType != c.kind || resp.FunctionError != "Unhandled" || !strings.Contains(string(resp.Payload), c.payload)) {
					t.Errorf("response is %s, %s", resp.ErrorType, resp.Payload)
				}
				if !strings.Contains(book.String(), c.log) && !strings.Contains(string(resp.Log), c.log) {
					t.Errorf("%q is not in the log:\n%s\nand tail:\n%s", c.log, book, resp.Log)
				}
			}
			if c.handler == "second-try" || strings.HasSuffix(c.handler, "-init") || c.kind == "Function.NoTable" {
				return // no instance was started, or it took its time
			}
			if n := f.busy(); n != 0 {
				t.Errorf("%d instances are busy", n)
			}
		})
	}
}

// An instance of a function with an extension gets SIGTERM, and ends even if it ignores that.
func TestTermination(t *testing.T) {
	parallel(t)
	for _, handler := range []string{"term", "ignore-term"} {
		f, book := newFunction(t, Config{Handler: handler, Idle: 10 * time.Millisecond})
		invoke(t, f, "1")
		f.instances.Wait()
		if !strings.Contains(book.String(), "got SIGTERM") {
			t.Errorf("%s: log is\n%s", handler, book)
		}
	}
}

func TestLimits(t *testing.T) {
	parallel(t)
	f, _ := newFunction(t, Config{Handler: "descriptors"})
	resp := invoke(t, f, "1")
	if f.Isolation() != "in an empty root" {
		t.Skip("namespaces are refused here: " + f.Isolation())
	}
	if n := string(resp.Payload); n < "1000" || n > "1024" || len(n) != 4 {
		t.Errorf("%s descriptors could be opened", n)
	}
	g, _ := newFunction(t, Config{Handler: "fill-tmp", TempSize: 1 << 20})
	if got := text(t, invoke(t, g, "1")); !strings.Contains(got, "no space left on device") {
		t.Errorf("/tmp took 64 MB: %s", got)
	}
}

func TestThreads(t *testing.T) {
	parallel(t)
	f, book := newFunction(t, Config{Handler: "threads", Memory: 512, Timeout: time.Minute})
	resp := invoke(t, f, "1")
	if !strings.Contains(f.Bounds(), "threads are limited") {
		t.Skip("threads are not limited here: " + f.Bounds())
	}
	if resp.ErrorType != "Runtime.ExitError" || !strings.Contains(book.String(), "failed to create new OS thread") {
		t.Errorf("1,500 threads: %s %s\n%s", resp.ErrorType, resp.Payload, book)
	}
}
