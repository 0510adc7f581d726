//go:build linux

package emulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/bootzip/bootzip/internal/sandbox"
)

// withExtensions returns a function whose layer has extensions with these names.
func withExtensions(t *testing.T, c Config, names ...string) (*Function, *logBook) {
	t.Helper()
	if _, err := sandbox.Probe(t.Context()); err != nil {
		t.Skip("namespaces are refused here: " + err.Error())
	}
	var files []file
	for _, name := range names {
		files = append(files, file{"extensions/" + name, 0o755, companionProgram})
	}
	c.Layers = append(c.Layers, makeZip(t, files...))
	f, book := newFunction(t, c)
	return f, book
}

// eventually waits for words in a log.
func eventually(t *testing.T, book *logBook, words string) {
	t.Helper()
	for range 2000 {
		if strings.Contains(book.String(), words) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("the log lacks %q:\n%s", words, book)
}

// inOrder looks for texts in a log, one after the other.
func inOrder(t *testing.T, book *logBook, all ...string) {
	t.Helper()
	rest := book.String()
	for _, words := range all {
		_, after, ok := strings.Cut(rest, words)
		if !ok {
			t.Fatalf("the log lacks %q, there or at all:\n%s", words, book)
		}
		rest = after
	}
}

func closeNow(t *testing.T, f *Function) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := f.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

// An extension starts before the runtime, and is notified of each event and of the end.
func TestExternalExtension(t *testing.T) {
	parallel(t)
	f, book := withExtensions(t, Config{Name: "f", Handler: "exit-sometimes"}, "tell-environment", "other")
	first, second := invoke(t, f, `"a"`), invoke(t, f, `"b"`)
	closeNow(t, f)
	// A process's lines arrive some time after it writes them.
	for _, line := range []string{"tell-environment: registered", "starting exit-sometimes"} {
		inOrder(t, book, line)
	}
	ready := "\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\n"
	for _, name := range []string{"tell-environment", "other"} {
		inOrder(t, book, "EXTENSION\tName: "+name+ready, "START RequestId: "+first.RequestID, "END RequestId: "+first.RequestID)
	}
	for _, name := range []string{"tell-environment", "other"} {
		inOrder(t, book, name+": INVOKE "+first.RequestID, name+": INVOKE "+second.RequestID, name+": SHUTDOWN SPINDOWN")
	}
	log := book.String()
	for _, variable := range []string{"_HANDLER", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_XRAY_CONTEXT_MISSING"} {
		if strings.Contains(log, "tell-environment: "+variable+"=") {
			t.Errorf("the extension has %s", variable)
		}
	}
	if !strings.Contains(log, "tell-environment: AWS_LAMBDA_FUNCTION_NAME=f\n") || strings.Contains(log, "late deadline") {
		t.Error(log)
	}
}

// The caller has the answer while an extension still works; the event lasts until the
// extension is done.
func TestSlowExtension(t *testing.T) {
	parallel(t)
	f, book := withExtensions(t, Config{Handler: "exit-sometimes", Concurrency: 1, Timeout: 5 * time.Second}, "slow")
	var resp Response
	early := false
	for try := 0; try < 20 && !early; try++ { // a busy machine may look at the log too late
		var err error
		if resp, err = f.Invoke(context.Background(), Request{Payload: []byte(`"a"`)}); err != nil || string(resp.Payload) != `"a"` {
			t.Errorf("%s, %v", resp.Payload, err)
		}
		early = !strings.Contains(book.String(), "REPORT RequestId: "+resp.RequestID)
	}
	if !early {
		t.Error("the answer never came before the extension had ended")
	}
	invoke(t, f, `"b"`) // begins after the first event has ended
	match := regexp.MustCompile(`REPORT RequestId: ` + resp.RequestID + `\tDuration: (\d+)`).FindStringSubmatch(book.String())
	if match == nil || len(match[1]) < 3 {
		t.Errorf("its REPORT has the duration %q:\n%s", match, book)
	}
}

// A fault of an extension fails the event with Lambda's error type, and the next event
// gets a new start.
func TestExtensionFails(t *testing.T) {
	for name, kind := range map[string]string{
		"exit-at-init":   "Extension.Crash",
		"init-error":     "Extension.InitError",
		"exit-at-invoke": "Extension.Crash",
		"exit-error":     "Extension.ExitError",
	} {
		t.Run(name, func(t *testing.T) {
			parallel(t)
			f, book := withExtensions(t, Config{Handler: "exit-sometimes", Concurrency: 1}, name)
			for round := range 2 {
				began := time.Now()
				resp, err := f.Invoke(context.Background(), Request{Payload: []byte(`"a"`)})
				if err != nil {
					t.Fatal(err)
				}
				// An answer that came before the fault counts.
				if resp.ErrorType != kind && !strings.Contains(name, "invoke") && name != "exit-error" {
					t.Errorf("%s %s", resp.ErrorType, resp.Payload)
				}
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("it took %v", took)
				}
				for range 2000 {
					if strings.Count(book.String(), "Error Type: "+kind) > round {
						break
					}
					time.Sleep(10 * time.Millisecond)
				}
				if n := strings.Count(book.String(), "Error Type: "+kind); n <= round {
					t.Errorf("event %d: the log has %q %d times:\n%s", round+1, kind, n, book)
				}
			}
		})
	}
	t.Run("too late", func(t *testing.T) {
		parallel(t)
		f, book := withExtensions(t, Config{Handler: "exit-sometimes", Concurrency: 1, Timeout: time.Second}, "hang")
		if resp, err := f.Invoke(context.Background(), Request{Payload: []byte(`"a"`)}); err != nil || string(resp.Payload) != `"a"` {
			t.Errorf("%s, %v", resp.Payload, err)
		}
		eventually(t, book, "Status: timeout")
		if resp, err := f.Invoke(context.Background(), Request{Payload: []byte(`"b"`)}); err != nil || string(resp.Payload) != `"b"` {
			t.Errorf("the event after: %s, %v", resp.Payload, err)
		}
	})
	t.Run("initialises too long", func(t *testing.T) {
		parallel(t)
		f, _ := withExtensions(t, Config{Handler: "exit-sometimes", Timeout: time.Second, InitLimit: time.Second}, "hang-at-init")
		if resp := invoke(t, f, `"a"`); resp.ErrorType != "Sandbox.Timedout" {
			t.Errorf("%s %s", resp.ErrorType, resp.Payload)
		}
	})
	t.Run("ignores the end", func(t *testing.T) {
		parallel(t)
		f, book := withExtensions(t, Config{Handler: "exit-sometimes"}, "ignore-shutdown")
		invoke(t, f, `"a"`)
		began := time.Now()
		closeNow(t, f)
		if took := time.Since(began); took < time.Second || took > 4*time.Second {
			t.Errorf("it ended after %v:\n%s", took, book)
		}
	})
	t.Run("cannot be started", func(t *testing.T) {
		parallel(t)
		layer := makeZip(t, file{"extensions/plain", 0o644, companionProgram})
		f, book := newFunction(t, Config{Handler: "exit-sometimes", Layers: []string{layer}})
		inSandbox(t, f.Isolation())
		if resp := invoke(t, f, `"a"`); resp.ErrorType != "Extension.LaunchError" {
			t.Errorf("%s %s\n%s", resp.ErrorType, resp.Payload, book)
		}
		inOrder(t, book, "EXTENSION\tName: plain\tState: LaunchError\tEvents: []\tError Type: PermissionDenied\n")
	})
	t.Run("too many", func(t *testing.T) {
		parallel(t)
		var names []string
		for i := range 11 {
			names = append(names, fmt.Sprint("e", i))
		}
		f, _ := withExtensions(t, Config{Handler: "exit-sometimes"}, names...)
		if resp := invoke(t, f, `"a"`); resp.ErrorType != "Extension.LaunchError" || !strings.Contains(string(resp.Payload), "11 extensions, more than 10") {
			t.Errorf("%s %s", resp.ErrorType, resp.Payload)
		}
	})
}

// A script needs the system's directories, even if the bootstrap does not.
func TestScriptAsExtension(t *testing.T) {
	layer := makeZip(t, file{"extensions/hello", 0o755, []byte("#!/bin/sh\necho \"script in $PWD\"\nexit 7\n")})
	f, book := newFunction(t, Config{Handler: "exit-sometimes", Layers: []string{layer}})
	resp := invoke(t, f, `"a"`)
	inSandbox(t, f.Isolation())
	if resp.ErrorType != "Extension.Crash" || !strings.Contains(string(resp.Payload), "exit status 7") {
		t.Errorf("%s %s", resp.ErrorType, resp.Payload)
	}
	eventually(t, book, "script in /\n")
}

// After a reset, extensions start again, and find what was in /tmp.
func TestExtensionsAfterReset(t *testing.T) {
	parallel(t)
	f, book := withExtensions(t, Config{Handler: "exit-sometimes", Concurrency: 1}, "tell", "subscribe.http.2022-12-13")
	if resp := invoke(t, f, `"exit"`); resp.ErrorType != "Runtime.ExitError" {
		t.Errorf("%s %s", resp.ErrorType, resp.Payload)
	}
	if resp := invoke(t, f, `"b"`); string(resp.Payload) != `"b"` {
		t.Errorf("%s", resp.Payload)
	}
	closeNow(t, f)
	inOrder(t, book, "tell: registered", "tell: INVOKE", "tell: SHUTDOWN FAILURE", "tell: registered", "tell: INVOKE", "tell: SHUTDOWN SPINDOWN")
	const line = `record function "starting exit-sometimes"`
	inOrder(t, book, line, "platform.runtimeDone", `"status":"error"`, "SHUTDOWN FAILURE", line, "platform.runtimeDone", `"status":"success"`)
}

// A sandbox that was killed is replaced, with its extensions.
func TestExtensionsAfterLostSandbox(t *testing.T) {
	f, _ := withExtensions(t, Config{Handler: "exit-sometimes", Concurrency: 1}, "tell")
	if resp := invoke(t, f, `"a"`); string(resp.Payload) != `"a"` {
		t.Errorf("%s", resp.Payload)
	}
	for _, child := range children() {
		pid, err := strconv.Atoi(strings.Fields(child)[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Error(err)
		}
	}
	for range 3 {
		resp, err := f.Invoke(context.Background(), Request{Payload: []byte(`"b"`)})
		if err == nil && string(resp.Payload) == `"b"` {
			return
		}
	}
	t.Error("no event was answered after the sandbox was lost")
}

// Telemetry comes in each schema, over both protocols, in order.
func TestTelemetry(t *testing.T) {
	parallel(t)
	for name, want := range map[string][]string{
		"subscribe.http.2022-07-01": {
			`record platform.initStart {"initializationType":"on-demand","phase":"init","functionName":"f","functionVersion":"$LATEST"}`,
			`record function "starting exit-sometimes"`,
			`record platform.initRuntimeDone {"initializationType":"on-demand","phase":"init","status":"success"}`,
			`record platform.extension {"name":"subscribe.http.2022-07-01","state":"Ready","events":["INVOKE","SHUTDOWN"]}`,
			`record platform.initReport {"initializationType":"on-demand","phase":"init","metrics":{"durationMs":`,
			`record platform.start {"requestId":"ID","version":"$LATEST","tracing":{"type":"X-Amzn-Trace-Id","value":"`,
			`record platform.runtimeDone {"requestId":"ID","metrics":{"durationMs":`, `"producedBytes":3},"status":"success"`,
			`"spans":[{"name":"responseLatency","start":"20`, `{"name":"responseDuration","start":"20`, `{"name":"runtimeOverhead","start":"20`, `"durationMs":`,
			`record platform.report {"requestId":"ID","metrics":{"durationMs":`, `"billedDurationMs":`, `"memorySizeMB":128`, `"spans":[{"name":"extensionOverhead","start":"20`,
		},
		"subscribe.http.2022-12-13": {`record function "starting exit-sometimes"`, `record platform.report {"requestId":"ID"`},
		"subscribe.tcp.2025-01-29":  {`record platform.initStart`, `record function "starting exit-sometimes"`, `record platform.report {"requestId":"ID"`},
		"subscribe.http.2021-03-18": {
			`record platform.logsSubscription {"name":`, `record platform.extension`, `record platform.start {"requestId":"ID","version":"$LATEST"}`,
			`record platform.runtimeDone {"requestId":"ID","status":"success"}`, `record platform.end {"requestId":"ID"}`, `record platform.report {"requestId":"ID","metrics":{"durationMs":`,
		},
		"subscribe.http.2020-08-15": {`record platform.start {"requestId":"ID","version":"$LATEST"}`, `record platform.end {"requestId":"ID"}`},
	} {
		t.Run(name, func(t *testing.T) {
			f, book := withExtensions(t, Config{Name: "f", Handler: "exit-sometimes"}, name)
			resp := invoke(t, f, `"a"`)
			closeNow(t, f)
			inOrder(t, book, `subscribed 200 "OK"`) // the first records may come before the extension says so
			var words []string
			for _, one := range want {
				words = append(words, strings.ReplaceAll(one, "ID", resp.RequestID))
			}
			inOrder(t, book, words...)
			line := "TELEMETRY"
			if strings.HasSuffix(name, "2021-03-18") || strings.HasSuffix(name, "2020-08-15") {
				line = "LOGS"
			}
			inOrder(t, book, line+"\tName: "+name+"\tState: Subscribed\tTypes: [Platform, Function]\n", "EXTENSION\tName: "+name)
			subscription := `Subscription {"name":"` + name + `","state":"Subscribed","types":["platform","function"]}`
			if !strings.Contains(book.String(), subscription) || strings.Contains(book.String(), "batch") || strings.Contains(book.String(), name+": request") {
				t.Error(book)
			}
		})
	}
}

// A subscriber sees that the runtime is done with an event while its extension still works
// on the event: OpenTelemetry's collector waits for that.
func TestRuntimeDoneBeforeExtensions(t *testing.T) {
	parallel(t)
	f, book := withExtensions(t, Config{Handler: "exit-sometimes", Timeout: 5 * time.Second}, "slow-subscribe.http.2022-12-13")
	first := false
	for try := 0; try < 20 && !first; try++ { // on a busy machine the record may be late
		resp := invoke(t, f, `"a"`)
		done, report := `platform.runtimeDone {"requestId":"`+resp.RequestID, "REPORT RequestId: "+resp.RequestID
		eventually(t, book, done)
		eventually(t, book, report)
		log := book.String()
		first = strings.Index(log, done) < strings.Index(log, report)
	}
	if !first {
		t.Errorf("each REPORT came before runtimeDone:\n%s", book)
	}
	closeNow(t, f)
}

// With two extensions, one of which subscribes to everything, each of 64 callers gets an
// answer to each call, and each extension sees each event, although the function
// crashes.
func TestSoakWithExtensions(t *testing.T) {
	f, book := withExtensions(t, Config{Handler: "exit-sometimes", Concurrency: 6, Timeout: 20 * time.Second, Memory: 512, Platform: io.Discard}, "quiet-subscribe.http.2022-12-13", "quiet-other")
	began := time.Now()
	var all sync.WaitGroup
	var events atomic.Int64
	for caller := range 64 {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := 0; time.Since(began) < *soak/3; i++ {
				want := fmt.Sprintf(`"%d-%d"`, caller, i)
				if rand.IntN(300) == 0 {
					want = `"exit"`
				}
				resp, err := f.Invoke(context.Background(), Request{Payload: []byte(want)})
				var limit *ThrottledError
				switch {
				case errors.As(err, &limit):
					time.Sleep(time.Millisecond)
					continue
				case err != nil:
					t.Errorf("%s: %v", want, err)
				case want == `"exit"` && resp.ErrorType != "Runtime.ExitError", want != `"exit"` && string(resp.Payload) != want:
					t.Errorf("%s: %+v", want, resp)
				}
				events.Add(1)
			}
		}()
	}
	all.Wait()
	closeNow(t, f)
	n := int(events.Load())
	log := book.String()
	sum := func(name, kind string) (all int) {
		for _, m := range regexp.MustCompile(regexp.QuoteMeta(name)+`: saw (\d+) `+kind+`\n`).FindAllStringSubmatch(log, -1) {
			one := 0
			_, _ = fmt.Sscan(m[1], &one)
			all += one
		}
		return all
	}
	const subscriber = "quiet-subscribe.http.2022-12-13"
	for _, name := range []string{subscriber, "quiet-other"} {
		if seen := sum(name, "INVOKE"); seen != n {
			t.Errorf("%s saw %d events of %d", name, seen, n)
		}
	}
	dropped := sum(subscriber, "dropped")
	if s, d, r := sum(subscriber, `platform\.start`), sum(subscriber, `platform\.runtimeDone`), sum(subscriber, `platform\.report`); s > n || d > n || r > n || 3*n-s-d-r > dropped {
		t.Errorf("of %d events there were %d starts, %d ends of the runtime and %d reports, and %d records are said to be dropped", n, s, d, r, dropped)
	}
	t.Logf("%d events", n)
}

// companionProgram is the program of testdata/companion, built.
var companionProgram []byte
