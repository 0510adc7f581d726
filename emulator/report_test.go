//go:build linux

package emulator

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// However an event ended, REPORT has all its parts.
func TestReportIsComplete(t *testing.T) {
	report := regexp.MustCompile(`(?m)^REPORT RequestId: \S+\tDuration: ([0-9.]+) ms\tBilled Duration: (\d+) ms\tMemory Size: 256 MB\tMax Memory Used: (\d+) MB\t(?:Init Duration: ([0-9.]+) ms\t)?(Status: .*)?$`)
	for handler, status := range map[string]string{
		"echo": "", "exit": "Status: error\tError Type: Runtime.ExitError", "killed": "Status: error\tError Type: Runtime.ExitError",
		"hang": "Status: timeout", "memory": "Status: error\tError Type: Runtime.OutOfMemory",
		"exit-at-init": "Status: error\tError Type: Runtime.ExitError", "hang-at-init": "Status: timeout",
	} {
		for _, plain := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, plain %v", handler, plain), func(t *testing.T) {
				parallel(t)
				timeout := time.Minute
				if strings.HasSuffix(status, "timeout") {
					timeout = 2 * time.Second
				}
				f, book := newFunction(t, Config{Handler: handler, Memory: 256, Timeout: timeout, InitLimit: 300 * time.Millisecond, Plain: plain})
				resp := invoke(t, f, "1")
				found := report.FindStringSubmatch(string(resp.Log))
				if found == nil || found[3] == "0" || found[5] != status {
					t.Fatalf("got %q\n%s", found, book)
				}
				// The initialisation is billed, but no time after the time-out.
				took, _ := strconv.ParseFloat(found[1], 64)
				initialised, _ := strconv.ParseFloat(found[4], 64)
				if billed, _ := strconv.ParseFloat(found[2], 64); took > 1000*timeout.Seconds() || billed < took+initialised-0.02 || billed > took+initialised+1.02 {
					t.Errorf("%v ms and %v ms are billed as %v ms", took, initialised, billed)
				}
				if strings.Contains(book.String(), "Status: timeout\tError Type") {
					t.Errorf("a time-out has an error type:\n%s", book)
				}
			})
		}
	}
}

// With the log format JSON, each of the platform's lines is an event of the Telemetry API,
// and what the function prints is unchanged.
func TestJSONLog(t *testing.T) {
	for _, c := range []struct {
		handler string
		types   []string
		last    string // part of the last record
	}{
		{"echo", []string{"platform.start", "platform.report"}, `"status":"success"}`},
		{"error", []string{"platform.start", "platform.report"}, `"status":"success"}`},
		{"exit", []string{"platform.start", "platform.runtimeDone", "platform.report"}, `"status":"error","errorType":"Runtime.ExitError"}`},
		{"hang", []string{"platform.start", "platform.runtimeDone", "platform.report"}, `"status":"timeout"}`},
		{"exit-at-init", []string{"platform.initReport", "platform.initReport", "platform.start", "platform.runtimeDone", "platform.report"}, `"errorType":"Runtime.ExitError"}`},
	} {
		t.Run(c.handler, func(t *testing.T) {
			parallel(t)
			f, book := newFunction(t, Config{Handler: c.handler, Timeout: time.Second, Environment: []string{"AWS_LAMBDA_LOG_FORMAT=Text", "AWS_LAMBDA_LOG_FORMAT=JSON"}})
			resp := invoke(t, f, `"e"`)
			var types []string
			var last string
			for line := range strings.Lines(book.String()) {
				if !strings.HasPrefix(line, "{") {
					if line != "starting "+c.handler+"\n" && line != "no configuration\n" {
						t.Errorf("%s: line %q", c.handler, line)
					}
					continue
				}
				var event struct {
					Time   time.Time
					Type   string
					Record json.RawMessage
				}
				if err := json.Unmarshal([]byte(line), &event); err != nil || event.Time.IsZero() {
					t.Errorf("%s: %q: %v", c.handler, line, err)
				}
				types, last = append(types, event.Type), string(event.Record)
			}
			if !slices.Equal(types, c.types) || !strings.HasSuffix(last, c.last) {
				t.Errorf("%s: %v, last %s", c.handler, types, last)
			}
			metrics := regexp.MustCompile(`^{"requestId":"` + resp.RequestID + `","metrics":{"durationMs":[0-9.]+,"billedDurationMs":\d+,"memorySizeMB":128,"maxMemoryUsedMB":\d+(,"initDurationMs":[0-9.]+)?},"status"`)
			if !metrics.MatchString(last) {
				t.Errorf("%s: the report is %s", c.handler, last)
			}
		})
	}
}

// The reason of a crash is shown even if its stack is long.
func TestReasonOfACrash(t *testing.T) {
	log := "starting\npanic: required key TABLE missing value\n\ngoroutine 1 [running]:\n" + strings.Repeat("frame\n", 30) + "exit status 2\n"
	if got := withLog("it ended", "Runtime.ExitError", []byte(log)); !strings.Contains(got, "last output: panic: required key TABLE missing value | ") || strings.Contains(got, "starting") || len(got) > 300 {
		t.Errorf("%q", got)
	}
	if got := withLog("it ended", "", []byte(strings.Repeat("a line\n", 30)+"the last\n")); !strings.HasSuffix(got, "| the last") || strings.Count(got, "|") != bootLines-1 {
		t.Errorf("%q", got)
	}
}
