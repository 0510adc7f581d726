//go:build linux

package test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bootzip/bootzip/emulator"
)

type book struct {
	mu sync.Mutex
	b  strings.Builder
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *book) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// snapStarted runs the program snapstart once, and returns its answer and log.
func snapStarted(t testing.TB, zip string, snap bool, fail string) (answer emulator.Response, log string, err error) {
	t.Helper()
	var b book
	f, err := emulator.New(context.Background(), emulator.Config{Zip: zip, SnapStart: snap, Environment: []string{"FAIL=" + fail}, Log: &b, Temp: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	answer, err = f.Invoke(context.Background(), emulator.Request{Payload: []byte("{}"), Tail: true})
	if closed := f.Close(context.Background()); closed != nil {
		t.Fatal(closed)
	}
	return answer, b.String(), err
}

// The runtime goes through a snapshot in the emulator: without one, with one, and with
// functions that fail.
func TestSnapStart(t *testing.T) {
	zip := packed(t, "snapstart")
	answer, log, err := snapStarted(t, zip, false, "")
	if err != nil || string(answer.Payload) != `"init"` || !strings.Contains(log, "Init Duration") {
		t.Errorf("without SnapStart: %s, %v\n%s", answer.Payload, err, log)
	}
	answer, log, err = snapStarted(t, zip, true, "")
	if err != nil || string(answer.Payload) != `"init before after"` || !strings.Contains(log, "Billed Restore Duration") {
		t.Errorf("with SnapStart: %s, %v\n%s", answer.Payload, err, log)
	}
	answer, _, err = snapStarted(t, zip, true, "before")
	if err != nil || answer.ErrorType != "Runtime.BeforeSnapshotError" || !strings.Contains(string(answer.Payload), "no table") {
		t.Errorf("before the snapshot: %s, %v", answer.Payload, err)
	}
	_, log, err = snapStarted(t, zip, true, "after")
	var snap *emulator.SnapStartError
	if !errors.As(err, &snap) || snap.Kind != "SnapStartException" || !strings.Contains(log, "RESTORE_REPORT") || !strings.Contains(log, "Runtime.AfterRestoreError") {
		t.Errorf("after the restore: %v\n%s", err, log)
	}
}

var durations = regexp.MustCompile(`REPORT.*\tDuration: ([0-9.]+) ms.*(?:Init|\tRestore) Duration: ([0-9.]+) ms`)

// BenchmarkSnapStart measures, in turn, a cold start and a restore, each to the first
// answer, and prints the ratio.
func BenchmarkSnapStart(b *testing.B) {
	zip := packed(b, "snapstart")
	var total [2]float64
	for range b.N {
		for i, snap := range []bool{false, true} {
			_, log, err := snapStarted(b, zip, snap, "")
			if err != nil {
				b.Fatal(err)
			}
			m := durations.FindStringSubmatch(log)
			if m == nil {
				b.Fatalf("the log is\n%s", log)
			}
			for _, ms := range m[1:] {
				v, err := strconv.ParseFloat(ms, 64)
				if err != nil {
					b.Fatal(err)
				}
				total[i] += v
			}
		}
	}
	b.ReportMetric(total[0]/float64(b.N), "cold-ms")
	b.ReportMetric(total[1]/float64(b.N), "restore-ms")
	b.ReportMetric(total[1]/total[0], "restore/cold")
}

// Package nethttp closes idle connections before the snapshot, and only then.
func TestSnapStartClosesIdleConnections(t *testing.T) {
	zip := packed(t, "idle")
	for _, snap := range []bool{false, true} {
		closed := make(chan bool, 10)
		peer := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		peer.Config.ConnState = func(_ net.Conn, s http.ConnState) {
			if s == http.StateClosed {
				closed <- true
			}
		}
		peer.Start()
		f, err := emulator.New(t.Context(), emulator.Config{Zip: zip, SnapStart: snap, Environment: []string{"PEER=" + peer.URL}, Temp: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		event := `{"version":"2.0","rawPath":"/","requestContext":{"http":{"method":"GET","path":"/"}}}`
		answer, err := f.Invoke(t.Context(), emulator.Request{Payload: []byte(event)})
		if err != nil || !strings.Contains(string(answer.Payload), "yes") {
			t.Errorf("snapshot %v: %s, %v", snap, answer.Payload, err)
		}
		select {
		case <-closed:
			if !snap {
				t.Error("without a snapshot the connection is closed")
			}
		case <-time.After(300 * time.Millisecond):
			if snap {
				t.Error("the connection outlasts the snapshot")
			}
		}
		if err := f.Close(context.Background()); err != nil {
			t.Error(err)
		}
		peer.Close()
	}
}
