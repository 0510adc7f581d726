//go:build linux

package emulator

import (
	"context"
	"strings"
	"testing"
)

// A function's output, and its reason for a failure, do not go to the writer for the
// platform's lines.
func TestPlatformLines(t *testing.T) {
	own, platform := &logBook{}, &logBook{}
	for _, handler := range []string{"liar", "exit", "exit-at-init"} {
		f, err := New(context.Background(), Config{Zip: faultyZip(t), Handler: handler, Temp: t.TempDir(), Log: own, Platform: platform})
		if err != nil {
			t.Fatal(err)
		}
		invoke(t, f, `"event"`)
		if err := f.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
	for line := range strings.Lines(platform.String()) {
		if !strings.HasPrefix(line, "START RequestId: ") && !strings.HasPrefix(line, "END RequestId: ") && !strings.HasPrefix(line, "INIT_REPORT Init Duration: ") &&
			(!strings.HasPrefix(line, "REPORT RequestId: ") || strings.Contains(line, "a lie")) {
			t.Errorf("a line of the platform's: %s", line)
		}
	}
	for _, want := range []string{"REPORT RequestId: a lie\n", "Runtime.ExitError\n", "starting liar\n"} {
		if !strings.Contains(own.String(), want) {
			t.Errorf("%q is not in\n%s", want, own)
		}
	}
	if n := strings.Count(platform.String(), "\nREPORT RequestId: "); n != 3 {
		t.Errorf("%d reports in\n%s", n, platform)
	}
}
