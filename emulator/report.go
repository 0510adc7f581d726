package emulator

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// reports reports whether the lines about an invocation are read.
func (v *invocation) reports() bool { return v.function.log != nil || v.request.Tail }

// report writes Lambda's lines at the end of an invocation.
func (v *invocation) report(fail *failure) {
	i := v.instance
	first := !i.served
	i.served = true
	if !v.reports() {
		return
	}
	took := time.Since(v.began)
	_, peak := i.memory(memoryInterval)
	i.out.sync()
	more := ""
	if peak > 0 {
		more += fmt.Sprintf("Max Memory Used: %d MB\t", (peak+1<<20-1)>>20)
	}
	if first {
		more += fmt.Sprintf("Init Duration: %s\t", milliseconds(i.initDuration()))
	}
	i.out.add(v.function.endLines(v.request.RequestID, fail, took, more))
}

func startLine(id string) string { return "START RequestId: " + id + " Version: " + latest }

// endLines are the last lines about an event: the function's reason for a failure, and
// END and REPORT.
func (f *Function) endLines(id string, fail *failure, took time.Duration, more string) (own, platform []byte) {
	status := ""
	switch {
	case fail == nil || fail.cause != nil:
	case fail.timeout:
		own = fmt.Appendf(nil, "%s %s %s\n", time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), id, fail.message)
		status = "Status: timeout"
	default:
		own = fmt.Appendf(nil, "RequestId: %s Error: %s\n%s\n", id, fail.message, fail.kind)
		status = "Status: error\tError Type: " + oneLine(fail.kind)
	}
	return own, fmt.Appendf(nil, "END RequestId: %s\nREPORT RequestId: %s\tDuration: %s\tBilled Duration: %.0f ms\tMemory Size: %d MB\t%s%s\n",
		id, id, milliseconds(took), math.Ceil(float64(took)/1e6), f.config.Memory, more, status)
}

// oneLine keeps a function's text from ending a line of the platform.
func oneLine(word string) string { return strings.Join(strings.Fields(word), " ") }

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/1e6) }
