package emulator

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// reports reports whether the lines about an invocation are needed.
func (v *invocation) reports() bool { return v.function.log != nil || v.request.Tail }

// report writes Lambda's lines at the end of an invocation.
func (v *invocation) report(fail *failure) {
	i := v.instance
	first := !i.served
	i.served = true
	v.runtimeDone(fail)
	heard := i.hub.Wanted()
	if !v.reports() && !heard {
		return
	}
	m := metrics{took: time.Since(v.began)}
	if fail != nil && fail.timeout { // as AWS's emulator has it
		m.took = min(m.took, v.function.config.Timeout)
	}
	_, m.peak = i.memory(memoryInterval)
	i.out.sync()
	switch {
	case first && v.function.config.SnapStart:
		m.restored = i.restore.took
	case first:
		m.initialised = i.opened.Sub(i.bootstrap.began)
	}
	own, platform := v.function.endLines(v.request.RequestID, fail, m)
	i.out.add(own, platform)
	if heard {
		r := v.function.reportRecord(v.request.RequestID, fail, m)
		if len(v.function.external()) > 0 && !v.runtimeEnded.IsZero() {
			r.Spans = []span{spanOf("extensionOverhead", v.runtimeEnded, time.Now())}
		}
		i.hub.Event("report", r)
	}
}

// runtimeDone reports, once, that the runtime is done with the event, with a failure or
// without: extensions may wait for that.
func (v *invocation) runtimeDone(fail *failure) {
	i := v.instance
	if !v.runtimeEnded.IsZero() || !i.hub.Wanted() {
		return
	}
	i.out.sync()
	status, kind := fail.status()
	// An error that the runtime caught and reports is a success, without a response
	// (aws-samples/aws-lambda-extensions#85, where AWS says that it is intended).
	a, produced := &v.call.Answer, 0
	if !a.Failed {
		produced = len(a.Payload)
	}
	v.runtimeEnded = time.Now()
	r := record{
		RequestID: v.request.RequestID, Status: status, ErrorType: kind, Tracing: tracing(v.request.Trace),
		Metrics: &recordMetrics{Duration: jsonMilliseconds(v.runtimeEnded.Sub(v.began)), Produced: produced},
	}
	if !a.Began.IsZero() {
		r.Spans = []span{
			spanOf("responseLatency", v.began, a.Began), spanOf("responseDuration", a.Began, a.Ended), spanOf("runtimeOverhead", a.Ended, v.runtimeEnded),
		}
	}
	i.hub.Event("runtimeDone", r)
}

// A span is a part of an invocation (AWS Lambda developer guide, "Lambda Telemetry API
// Event schema reference", Span).
type span struct {
	Name     string      `json:"name"`
	Start    string      `json:"start"`
	Duration json.Number `json:"durationMs"`
}

func spanOf(name string, from, to time.Time) span {
	return span{name, from.UTC().Format(timeForm), jsonMilliseconds(to.Sub(from))}
}

// reportRecord returns the record of platform.report.
func (f *Function) reportRecord(id string, fail *failure, m metrics) record {
	status, kind := fail.status()
	return record{RequestID: id, Status: status, ErrorType: kind, Metrics: &recordMetrics{
		// The initialisation is billed, too (AWS Compute Blog, 2025: "AWS Lambda standardizes
		// billing for INIT Phase").
		Duration: jsonMilliseconds(m.took), Billed: billed(m.took + m.initialised), Size: f.config.Memory,
		Used: int((m.peak + 1<<20 - 1) >> 20), Init: jsonMilliseconds(m.initialised),
		Restore: jsonMilliseconds(m.restored), BilledRestore: billed(m.restored),
	}}
}

// billed returns a duration in milliseconds, rounded up.
func billed(d time.Duration) int { return int((d + time.Millisecond - 1) / time.Millisecond) }

// metrics are what REPORT reports about an invocation.
type metrics struct {
	took        time.Duration
	peak        int64         // peak memory in bytes
	initialised time.Duration // what the initialisation took; 0: not reported
	restored    time.Duration // likewise the restore, with SnapStart
}

// startLine is the first line about an event.
func (f *Function) startLine(id string) string {
	return f.line("start", record{RequestID: id, Version: latest}, "START RequestId: "+id+" Version: "+latest)
}

// endLines are the last lines about an event: the function's reason for a
// failure, and END and REPORT.
//
// In JSON, a line is the event of the Telemetry API. With the default system log level,
// INFO, the lines at the end are platform.report and, if the event failed,
// platform.runtimeDone (AWS Lambda developer guide, "Log level filtering", system log
// level event mapping).
func (f *Function) endLines(id string, fail *failure, m metrics) (own, platform []byte) {
	r := f.reportRecord(id, fail, m)
	if f.json {
		lines := ""
		if r.Status != "success" {
			lines = platformLine("runtimeDone", record{RequestID: id, Status: r.Status, ErrorType: r.ErrorType, Metrics: &recordMetrics{Duration: r.Metrics.Duration}})
		}
		return nil, []byte(lines + platformLine("report", r))
	}
	more := fmt.Sprintf("Max Memory Used: %d MB\t", r.Metrics.Used)
	if m.initialised > 0 {
		more += fmt.Sprintf("Init Duration: %s\t", milliseconds(m.initialised))
	}
	if m.restored > 0 {
		more += fmt.Sprintf("Restore Duration: %s\tBilled Restore Duration: %d ms\t", milliseconds(m.restored), r.Metrics.BilledRestore)
	}
	switch r.Status {
	case "timeout":
		own = fmt.Appendf(nil, "%s %s %s\n", time.Now().UTC().Format(timeForm), id, fail.message)
		more += "Status: timeout"
	case "error":
		own = fmt.Appendf(nil, "RequestId: %s Error: %s\n%s\n", id, fail.message, fail.kind)
		more += "Status: error\tError Type: " + oneLine(r.ErrorType)
	}
	return own, fmt.Appendf(nil, "END RequestId: %s\nREPORT RequestId: %s\tDuration: %s\tBilled Duration: %d ms\tMemory Size: %d MB\t%s\n",
		id, id, milliseconds(m.took), r.Metrics.Billed, f.config.Memory, more)
}

// subscriptionLine is the line about an extension's subscription to the Telemetry API, or the
// Logs API.
func (f *Function) subscriptionLine(extension string, logs bool, types []string) string {
	kind, event := "TELEMETRY", "telemetrySubscription"
	if logs {
		kind, event = "LOGS", "logsSubscription"
	}
	var names []string
	for _, t := range types {
		names = append(names, strings.ToUpper(t[:1])+t[1:])
	}
	text := fmt.Sprintf("%s\tName: %s\tState: Subscribed\tTypes: [%s]", kind, oneLine(extension), strings.Join(names, ", "))
	return f.line(event, record{Name: extension, State: "Subscribed", Types: types}, text)
}

// initLine is the line about an initialisation; fail is nil if it succeeded.
func (f *Function) initLine(phase string, fail *failure, took time.Duration) string {
	r := f.initRecord(phase, fail, took)
	line := fmt.Sprintf("INIT_REPORT Init Duration: %s\tPhase: %s\tStatus: %s", milliseconds(took), phase, r.Status)
	if r.ErrorType != "" {
		line += "\tError Type: " + oneLine(r.ErrorType)
	}
	return f.line("initReport", r, line)
}

// initRecord returns the record of platform.initReport.
func (f *Function) initRecord(phase string, fail *failure, took time.Duration) record {
	status, kind := fail.status()
	return record{
		InitializationType: initialization(f.config), Phase: phase, Status: status, ErrorType: kind,
		Metrics: &recordMetrics{Duration: jsonMilliseconds(took)},
	}
}

// status returns the status and the error type for the Telemetry API. A failure of this
// machine is not a failure of the function.
func (f *failure) status() (status, kind string) {
	switch {
	case f == nil || f.cause != nil:
		return "success", ""
	case f.timeout:
		return "timeout", ""
	}
	return "error", f.kind
}

// A record is the content of an event of the Telemetry API (AWS Lambda developer
// guide, "Lambda Telemetry API Event schema reference").
type record struct {
	InitializationType string            `json:"initializationType,omitempty"`
	Phase              string            `json:"phase,omitempty"`
	FunctionName       string            `json:"functionName,omitempty"`
	FunctionVersion    string            `json:"functionVersion,omitempty"`
	Name               string            `json:"name,omitempty"`
	State              string            `json:"state,omitempty"`
	Events             []string          `json:"events,omitempty"`
	Types              []string          `json:"types,omitempty"`
	RequestID          string            `json:"requestId,omitempty"`
	Version            string            `json:"version,omitempty"`
	Metrics            *recordMetrics    `json:"metrics,omitempty"`
	Status             string            `json:"status,omitempty"`
	ErrorType          string            `json:"errorType,omitempty"`
	Tracing            map[string]string `json:"tracing,omitempty"`
	Spans              []span            `json:"spans,omitempty"`
}

// tracing returns the trace that an event belongs to.
func tracing(header string) map[string]string {
	return map[string]string{"type": "X-Amzn-Trace-Id", "value": header}
}

type recordMetrics struct {
	Duration json.Number `json:"durationMs"`
	Produced int         `json:"producedBytes,omitempty"`
	Billed   int         `json:"billedDurationMs,omitempty"`
	Size     int         `json:"memorySizeMB,omitempty"`
	Used     int         `json:"maxMemoryUsedMB,omitempty"`
	Init     json.Number `json:"initDurationMs,omitempty"`

	Restore       json.Number `json:"restoreDurationMs,omitempty"`
	BilledRestore int         `json:"billedRestoreDurationMs,omitempty"`
}

// timeForm is the form in which the platform writes times.
const timeForm = "2006-01-02T15:04:05.000Z"

// line returns a line of the platform: in JSON the record, otherwise the text.
func (f *Function) line(kind string, r record, text string) string {
	if f.json {
		return platformLine(kind, r)
	}
	return text + "\n"
}

// platformLine returns an event of the Telemetry API as a line of a log.
func platformLine(kind string, r record) string {
	line, _ := json.Marshal(struct { // of strings and numbers: it cannot fail
		Time   string `json:"time"`
		Type   string `json:"type"`
		Record record `json:"record"`
	}{time.Now().UTC().Format(timeForm), "platform." + kind, r})
	return string(line) + "\n"
}

// jsonMilliseconds formats a duration with three decimals; "" if it is 0.
func jsonMilliseconds(d time.Duration) json.Number {
	if d == 0 {
		return ""
	}
	return json.Number(fmt.Sprintf("%.3f", float64(d)/1e6))
}

// oneLine puts a function's text on one line, so that it cannot end a line of the platform.
func oneLine(word string) string { return strings.Join(strings.Fields(word), " ") }

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/1e6) }
