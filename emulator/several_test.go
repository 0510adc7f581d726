//go:build linux

package emulator

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// Four events are in one instance at the same time, each with its own trace id, which is not in
// the environment. The module test does the same with this project's runtime.
func TestSeveralEventsInOneInstance(t *testing.T) {
	f, book := newFunction(t, Config{Handler: "together", PerInstance: 4, Concurrency: 1, Timeout: 20 * time.Second})
	var callers sync.WaitGroup
	for n := range 4 {
		callers.Add(1)
		go func() {
			defer callers.Done()
			trace := fmt.Sprintf("Root=%d", n)
			resp, err := f.Invoke(context.Background(), Request{Payload: []byte(`"all"`), Trace: trace})
			if want := fmt.Sprintf("%q", trace+" false"); err != nil || string(resp.Payload) != want {
				t.Errorf("got %s %s, %v; want %s", resp.ErrorType, resp.Payload, err, want)
			}
		}()
	}
	callers.Wait()
	for _, line := range []string{"START RequestId: ", "END RequestId: ", "REPORT RequestId: "} {
		if n := strings.Count(book.String(), line); n != 4 {
			t.Errorf("%d lines %q in\n%s", n, line, book)
		}
	}
}

func TestSeveralEnvironment(t *testing.T) {
	f, _ := newFunction(t, Config{Handler: "environment", PerInstance: 3})
	got := text(t, invoke(t, f, "{}"))
	for _, want := range []string{"AWS_LAMBDA_MAX_CONCURRENCY=3", "AWS_LAMBDA_INITIALIZATION_TYPE=lambda-managed-instances"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %s", want, got)
		}
	}
}

// An event that times out does not affect the others or the instance: its late answer is
// refused, and its loop takes the next event. An event beyond the number of loops is refused.
func TestSeveralTimeout(t *testing.T) {
	parallel(t)
	f, book := newFunction(t, Config{Handler: "together", PerInstance: 2, Concurrency: 1, Timeout: 1500 * time.Millisecond})
	late, good := make(chan Response), make(chan Response)
	go func() { late <- invoke(t, f, `"late"`) }()
	for !strings.Contains(book.String(), "sleeping") {
		time.Sleep(5 * time.Millisecond)
	}
	go func() { good <- invoke(t, f, `"brief"`) }()
	for !strings.Contains(book.String(), "resting") {
		time.Sleep(time.Millisecond)
	}
	var throttled *ThrottledError
	if _, err := f.Invoke(context.Background(), Request{Payload: []byte(`"brief"`)}); !errors.As(err, &throttled) {
		t.Errorf("a third event: %v", err)
	}
	if resp := <-good; resp.FunctionError != "" || string(resp.Payload) != `"rested"` {
		t.Errorf("the event beside: %s %s", resp.ErrorType, resp.Payload)
	}
	if resp := <-late; resp.ErrorType != "Sandbox.Timedout" || !strings.Contains(string(resp.Payload), "Task timed out after 1.50 seconds") {
		t.Errorf("the late event: %s %s", resp.ErrorType, resp.Payload)
	}
	for !strings.Contains(book.String(), `woke 410 Gone {"errorMessage":"Invoke timeout","errorType":"InvokeTimeout"}`) {
		time.Sleep(5 * time.Millisecond) // ends with the test's own time
	}
	for range 4 {
		if resp := invoke(t, f, `"brief"`); string(resp.Payload) != `"rested"` {
			t.Errorf("the event afterwards: %s %s", resp.ErrorType, resp.Payload)
		}
	}
	if n := strings.Count(book.String(), "starting together"); n != 1 {
		t.Errorf("%d instances were started", n)
	}
}

// A crash ends all events of the instance, each with its own error, and the next one has a fresh instance.
func TestSeveralCrash(t *testing.T) {
	f, book := newFunction(t, Config{Handler: "together", PerInstance: 3, Concurrency: 1, Timeout: 20 * time.Second})
	ends := make(chan Response)
	for range 2 {
		go func() { ends <- invoke(t, f, `"late"`) }()
	}
	for strings.Count(book.String(), "sleeping") < 2 {
		time.Sleep(5 * time.Millisecond)
	}
	all := []Response{invoke(t, f, `"exit"`), <-ends, <-ends}
	for _, resp := range all {
		if resp.ErrorType != "Runtime.ExitError" || !strings.Contains(string(resp.Payload), "RequestId: "+resp.RequestID+" Error: Runtime exited with error: exit status 5") {
			t.Errorf("%s %s", resp.ErrorType, resp.Payload)
		}
	}
	if resp := invoke(t, f, `"brief"`); string(resp.Payload) != `"rested"` {
		t.Errorf("the event afterwards: %s %s", resp.ErrorType, resp.Payload)
	}
	if n := strings.Count(book.String(), "starting together"); n != 2 {
		t.Errorf("%d instances were started", n)
	}
}

// A program with only one loop gets one event after the other.
func TestSeveralWithOneLoop(t *testing.T) {
	parallel(t)
	f, _ := newFunction(t, Config{Handler: "slow", PerInstance: 8, Concurrency: 2, Environment: []string{"AWS_LAMBDA_MAX_CONCURRENCY=1"}, Timeout: 20 * time.Second})
	f.pool.startAfter = time.Hour // a busy machine may take longer than 20 ms
	for range 3 {
		if resp := invoke(t, f, "1"); resp.FunctionError != "" {
			t.Errorf("%s %s", resp.ErrorType, resp.Payload)
		}
	}
	if n, _ := f.pool.count(); n != 1 {
		t.Errorf("%d instances", n)
	}
}
