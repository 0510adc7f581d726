//go:build linux

package emulator

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestSnapStart(t *testing.T) {
	f, book := newFunction(t, Config{Handler: "snapshot", SnapStart: true})
	first := invoke(t, f, `"a"`)
	invoke(t, f, `"b"`)
	if first.FunctionError != "" {
		t.Errorf("answer is %s", first.Payload)
	}
	inOrder(t, book, "starting snapshot", "INIT_REPORT Init Duration: ", "\tPhase: init\tStatus: success\n", `restore/next: 200 OK ""`, "RESTORE_REPORT Restore Duration: ", " ms\nSTART RequestId: "+first.RequestID, "REPORT RequestId: "+first.RequestID, "\tRestore Duration: ", "\tBilled Restore Duration: ")
	if log := book.String(); !strings.Contains(log, `restore/next: 200 OK ""`) || strings.Contains(log, "\tInit Duration") || strings.Count(log, "Billed Restore Duration") != 1 || strings.Count(log, "RESTORE_REPORT") != 1 {
		t.Errorf("the log is\n%s", log)
	}
}

// A runtime that does not know restores is restored too.
func TestSnapStartWithoutHooks(t *testing.T) {
	f, book := newFunction(t, Config{Handler: "echo", SnapStart: true})
	r := invoke(t, f, `"a"`)
	inOrder(t, book, "INIT_REPORT Init Duration: ", "START RequestId: "+r.RequestID, "\tRestore Duration: ")
}

// Without SnapStart, there is no restore to wait for.
func TestNoSnapStart(t *testing.T) {
	f, book := newFunction(t, Config{Handler: "snapshot"})
	invoke(t, f, `"a"`)
	inOrder(t, book, "restore/next: 404 Not Found", "\tInit Duration: ")
}

func TestSnapStartState(t *testing.T) {
	f, book := newFunction(t, Config{Handler: "snapshot-twice", SnapStart: true})
	invoke(t, f, `"a"`)
	inOrder(t, book, "restore/next: 200", "again: 403 Forbidden", "State transition from Restoring to RestoreReady failed for runtime")
}

// An instance that has ended is not started again: another one is restored.
func TestSnapStartAfterExit(t *testing.T) {
	f, book := newFunction(t, Config{Handler: "snapshot-exits", SnapStart: true})
	for _, event := range []string{`"a"`, `"exit"`, `"b"`} {
		if r := invoke(t, f, event); (r.FunctionError != "") != (event == `"exit"`) {
			t.Errorf("answer to %s is %s", event, r.Payload)
		}
	}
	if log := book.String(); strings.Count(log, "restore/next: 200") != 2 || strings.Count(log, "Billed Restore Duration") != 2 {
		t.Errorf("the log is\n%s", log)
	}
}

func TestSnapStartFails(t *testing.T) {
	for handler, c := range map[string]struct{ kind, message, log string }{
		"snapshot-restore-fails": {"SnapStartException", "Runtime.AfterRestoreError: no table", "RESTORE_REPORT Restore Duration: "},
		"snapshot-restore-exits": {"SnapStartException", "Runtime exited with error: exit status 3", "Status: error\tError Type: Runtime.ExitError"},
		"snapshot-restore-hangs": {"SnapStartTimeoutException", "could not be restored within 300ms", "Status: timeout"},
	} {
		t.Run(handler, func(t *testing.T) {
			parallel(t)
			f, book := newFunction(t, Config{Handler: handler, SnapStart: true, Restore: 300 * time.Millisecond})
			_, err := f.Invoke(context.Background(), Request{Payload: []byte("{}")})
			var snap *SnapStartError
			if !errors.As(err, &snap) || snap.Kind != c.kind || !strings.Contains(err.Error(), c.message) {
				t.Errorf("error is %v", err)
			}
			inOrder(t, book, "INIT_REPORT", c.log)
		})
	}
	// A failure before the snapshot fails the publishing of the version; there is no second
	// try.
	f, book := newFunction(t, Config{Handler: "snapshot-hook-fails", SnapStart: true})
	r := invoke(t, f, "{}")
	if r.ErrorType != "Runtime.BeforeSnapshotError" || !strings.Contains(string(r.Payload), "App.Busy") {
		t.Errorf("answer is %s with type %s", r.Payload, r.ErrorType)
	}
	if log := book.String(); strings.Count(log, "starting") != 1 || !strings.Contains(log, "Error Type: Runtime.BeforeSnapshotError") {
		t.Errorf("the log is\n%s", log)
	}
}

// Neither a log stream nor credentials are in a snapshot.
func TestSnapStartEnvironment(t *testing.T) {
	f, _ := newFunction(t, Config{Handler: "snapshot-credentials", SnapStart: true, Environment: []string{"AWS_ACCESS_KEY_ID=AKIA", "AWS_SECRET_ACCESS_KEY=s", "AWS_SESSION_TOKEN=t", "TABLE=x"}})
	out := string(invoke(t, f, "{}").Payload)
	for _, words := range []string{"AWS_LAMBDA_INITIALIZATION_TYPE=snap-start", "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://", "/2021-04-23/credentials", "TABLE=x",
		`200 OK {\"AccessKeyId\":\"AKIA\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\"Expiration\":\"20`, `404 Not Found {\"errorMessage\"`} {
		if !strings.Contains(out, words) {
			t.Errorf("%s is not in\n%s", words, out)
		}
	}
	for _, words := range []string{"AWS_SESSION_TOKEN", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_ACCESS_KEY_ID"} {
		if strings.Contains(out, words) {
			t.Errorf("%s is in\n%s", words, out)
		}
	}
}

// A client of AWS sees Lambda's errors.
func TestSnapStartAPI(t *testing.T) {
	for kind, status := range map[string]int{"SnapStartException": http.StatusBadRequest, "SnapStartTimeoutException": http.StatusRequestTimeout} {
		if e := apiErrorOf(&SnapStartError{kind, "x"}); e.status != status || e.kind != kind {
			t.Errorf("%s is %d %s", kind, e.status, e.kind)
		}
	}
	if _, err := New(context.Background(), Config{Zip: "x.zip", SnapStart: true, PerInstance: 2}); err == nil || !strings.Contains(err.Error(), "no SnapStart") {
		t.Errorf("several events at a time: %v", err)
	}
}

// Extensions are notified of the restore.
func TestSnapStartTelemetry(t *testing.T) {
	f, book := withExtensions(t, Config{Handler: "snapshot", SnapStart: true}, "subscribe.http.2022-07-01")
	invoke(t, f, `"a"`)
	closeNow(t, f)
	inOrder(t, book, `record platform.initReport {"initializationType":"snap-start","phase":"init"`,
		`record platform.restoreStart {"functionName":"function","functionVersion":"$LATEST"}`, `record platform.restoreRuntimeDone {"status":"success"}`, `record platform.restoreReport {"metrics":{"durationMs":`,
		`"restoreDurationMs":`, `"billedRestoreDurationMs":`)
}
