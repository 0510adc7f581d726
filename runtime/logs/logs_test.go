package logs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"regexp"
	"testing"
	"testing/slogtest"

	"github.com/bootzip/bootzip/runtime"
)

var stamp = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`)

func TestRecords(t *testing.T) {
	ctx := runtime.NewContext(context.Background(), &runtime.Invocation{RequestID: "id", TraceID: "Root=1", TenantID: "blue"})
	for _, c := range []struct {
		json bool
		ctx  context.Context
		want string
	}{
		{true, ctx, `{"timestamp":"T","level":"INFO","message":"taken","a":1,"requestId":"id","traceId":"Root=1","tenantId":"blue","g":{"b":2,"c":3}}`},
		{true, context.Background(), `{"timestamp":"T","level":"INFO","message":"taken","a":1,"g":{"b":2,"c":3}}`},
		{false, ctx, `timestamp=T level=INFO message=taken a=1 requestId=id traceId="Root=1" tenantId=blue g.b=2 g.c=3`},
		{false, runtime.NewContext(context.Background(), &runtime.Invocation{RequestID: "id"}), `timestamp=T level=INFO message=taken a=1 requestId=id g.b=2 g.c=3`},
	} {
		var b bytes.Buffer
		slog.New(NewHandler(&b, Options{JSON: c.json})).With("a", 1).WithGroup("g").With("b", 2).InfoContext(c.ctx, "taken", "c", 3)
		if got := stamp.ReplaceAllString(b.String(), "T"); got != c.want+"\n" {
			t.Errorf("got %s want %s", got, c.want)
		}
	}
}

func TestLevels(t *testing.T) {
	levels := map[string]slog.Level{"TRACE": LevelTrace, "DEBUG": slog.LevelDebug, "INFO": slog.LevelInfo, "WARN": slog.LevelWarn, "ERROR": slog.LevelError, "FATAL": LevelFatal}
	for name, level := range levels {
		var b bytes.Buffer
		l := slog.New(NewHandler(&b, Options{JSON: true, Level: Level(name)}))
		for _, other := range levels {
			if got := l.Enabled(context.Background(), other); got != (other >= level) {
				t.Errorf("at %s, %v is enabled: %v", name, other, got)
			}
		}
		l.Log(context.Background(), level, "m")
		var line struct{ Level string }
		if err := json.Unmarshal(b.Bytes(), &line); err != nil || line.Level != name {
			t.Errorf("level %s is written as %q", name, line.Level)
		}
	}
	if Level("loud") != slog.LevelInfo || Level("") != slog.LevelInfo {
		t.Error("an unknown level is not INFO")
	}
}

// The handler follows the rules of slog's handlers, once Lambda's names are changed back.
func TestSlogRules(t *testing.T) {
	var b bytes.Buffer
	err := slogtest.TestHandler(NewHandler(&b, Options{JSON: true}), func() []map[string]any {
		var lines []map[string]any
		for line := range bytes.Lines(b.Bytes()) {
			var m map[string]any
			if err := json.Unmarshal(line, &m); err != nil {
				t.Fatal(err)
			}
			for from, to := range map[string]string{"timestamp": slog.TimeKey, "message": slog.MessageKey} {
				if v, ok := m[from]; ok {
					m[to] = v
					delete(m, from)
				}
			}
			lines = append(lines, m)
		}
		return lines
	})
	if err != nil {
		t.Error(err)
	}
}

func TestNewFollowsTheEnvironment(t *testing.T) {
	t.Setenv("AWS_LAMBDA_LOG_FORMAT", "JSON")
	t.Setenv("AWS_LAMBDA_LOG_LEVEL", "WARN")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	old := os.Stdout
	os.Stdout = w
	l := New()
	os.Stdout = old
	l.Info("no")
	l.Warn("yes")
	w.Close()
	out, err := io.ReadAll(r)
	if got := stamp.ReplaceAllString(string(out), "T"); err != nil || got != `{"timestamp":"T","level":"WARN","message":"yes"}`+"\n" {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestErrors(t *testing.T) {
	var b bytes.Buffer
	fail := errors.New("broken")
	h := Errors(slog.New(NewHandler(&b, Options{})), func(_ context.Context, event []byte) ([]byte, error) {
		if len(event) == 0 {
			return nil, fail
		}
		return event, nil
	})
	ctx := runtime.NewContext(context.Background(), &runtime.Invocation{RequestID: "id"})
	if out, err := h(ctx, []byte("x")); string(out) != "x" || err != nil || b.Len() != 0 {
		t.Errorf("got %s, %v and log %s", out, err, &b)
	}
	if _, err := h(ctx, nil); err != fail {
		t.Errorf("error became %v", err)
	}
	if got := stamp.ReplaceAllString(b.String(), "T"); got != "timestamp=T level=ERROR message=\"handler failed\" requestId=id error=broken\n" {
		t.Errorf("log is %s", got)
	}
	if Errors(nil, nil) != nil {
		t.Error("a nil handler became one")
	}
}
