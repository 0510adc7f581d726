package emulator

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bootzip/bootzip/emulator/event"
	"github.com/bootzip/bootzip/emulator/internal/runtimeapi"
)

// BootConfig is what Boot takes. The defaults of Timeout and Memory are bootTimeout and
// bootMemory; Handler and Concurrency are Boot's own.
type BootConfig = Config

// The defaults of a boot. The time-out is longer than Lambda's, since build machines are busy.
const (
	bootTimeout = 10 * time.Second
	bootMemory  = 512 // MB
)

// A BootStatus is how a boot ended.
type BootStatus string

const (
	BootPassed  BootStatus = "pass"
	BootFailed  BootStatus = "fail"
	BootSkipped BootStatus = "skip" // nothing was checked
)

// A BootResult is the result of all boots of a zip: that of the first boot that did
// not pass, or of the last.
type BootResult struct {
	Status    BootStatus
	Detail    string // what happened, and with what isolation; a message of the function is cut to 1,000 bytes
	Answered  string // the errors that handlers answered, likewise, in a boot that passed; empty: none
	At        BootStage
	Isolation string // see [Function.Isolation]; empty if nothing was started
}

// Isolated reports whether the program saw only the kernel of this machine.
func (r BootResult) Isolated() bool {
	return r.Isolation == inEmptyRoot || r.Isolation == inEmptyRoot+byQemu
}

// A BootStage is where a boot ended that did not pass.
type BootStage string

const (
	BootMachine BootStage = "machine" // this machine cannot run it
	BootStart   BootStage = "start"   // it did not ask for an event
	BootHandler BootStage = "handler" // it did not know the handler
	BootEvent   BootStage = "event"   // it did not answer the event
)

// Boot starts the function in a zip as Lambda would, and sends it one event for each
// handler, until one does not pass.
//
// A boot passes if the program asks for its first event within the limit of the
// initialisation, and answers it. If it takes longer, and the time-out is above that
// limit, it is started again and has the time-out for both, as on Lambda. An error of
// the function itself is an answer, since the function may reject a made-up event. A
// boot fails if the program cannot be started, crashes, reports a failed
// initialisation or an unknown handler, or does not answer. It is skipped if this
// machine cannot run the program, or if no handler was named and the program reports
// that it needs one.
//
// An error is not about the function: the zip cannot be read or unpacked, or ctx was
// cancelled.
func Boot(ctx context.Context, c BootConfig) (BootResult, error) {
	c.Timeout = cmp.Or(c.Timeout, bootTimeout)
	c.Memory = cmp.Or(c.Memory, bootMemory)
	handlers := c.Handlers
	if len(handlers) == 0 {
		handlers = []string{""}
	}
	var result BootResult
	var passed, answered []string
	for _, handler := range handlers {
		one, err := bootOne(ctx, c, handler)
		var unsupported *UnsupportedError
		switch {
		case errors.As(err, &unsupported):
			one = BootResult{Status: BootSkipped, Detail: unsupported.Reason, At: BootMachine, Isolation: one.Isolation}
		case err != nil:
			return BootResult{}, err
		}
		if one.Status != BootPassed {
			if handler != "" {
				one.Detail = fmt.Sprintf("handler %q: %s", handler, one.Detail)
			}
			if one.Status == BootFailed {
				one.Detail = "started " + one.Isolation + ": " + one.Detail
			}
			return one, nil
		}
		result = one
		passed = append(passed, strings.TrimPrefix(handler+" "+one.Detail, " "))
		if one.Answered != "" {
			answered = append(answered, one.Answered)
		}
	}
	result.Answered = strings.Join(answered, "; ")
	result.Detail = "started " + result.Isolation + ": " + strings.Join(passed, "; ")
	return result, nil
}

// bootOne boots one handler.
func bootOne(ctx context.Context, c BootConfig, handler string) (BootResult, error) {
	c.Handler, c.Concurrency = handler, 1
	f, err := New(ctx, c)
	if err != nil {
		return BootResult{}, err
	}
	closed, cancel := context.WithCancel(context.Background())
	cancel() // Close need not wait
	defer f.Close(closed)
	f.startsOnce, f.ownNetwork = true, true
	// Lambda sets these for every function. These values give access to nothing.
	f.config.Environment = slices.Concat([]string{"AWS_ACCESS_KEY_ID=boot-check", "AWS_SECRET_ACCESS_KEY=boot-check", "AWS_SESSION_TOKEN=boot-check"}, f.config.Environment)
	one, err := f.boot(ctx, c.Event)
	one.Isolation = f.Isolation()
	return one, err
}

// boot starts one instance and sends it one event: payload, or if that is nil one
// guessed from the handler's name.
func (f *Function) boot(ctx context.Context, payload []byte) (one BootResult, err error) {
	handler := f.config.Handler
	if payload == nil {
		payload, err = event.Make(event.Guess(handler), event.Options{Region: f.config.Region, Account: f.config.Account, Function: f.config.Name})
		if err != nil {
			return one, err
		}
	}
	v, err := f.invoke(ctx, Request{Payload: payload, Tail: true})
	if err == nil {
		err = v.err
	}
	if err != nil {
		return one, err
	}
	if fail := v.notStarted; fail != nil {
		message := shortMessage(fail.message)
		if fail.timeout {
			again := ""
			if v.startedAgain {
				again = fmt.Sprintf(", nor within its time-out of %s when started again", f.config.Timeout)
			}
			message = fmt.Sprintf("it did not ask for an event within %s%s (%s)", f.config.InitLimit, again, message)
		}
		return judge(handler, message, fail.kind, fail.log, BootStart), nil
	}
	resp := v.result
	answered := "asked for its first event and answered"
	if v.startedAgain {
		answered = fmt.Sprintf("did not ask for an event within %s, but did so and answered within its time-out of %s when started again, as Lambda does", f.config.InitLimit, f.config.Timeout)
	}
	if resp.FunctionError == "" {
		return BootResult{Status: BootPassed, Detail: answered}, nil
	}
	message := shortMessage(strings.TrimPrefix(errorMessage(resp.Payload), "RequestId: "+resp.RequestID+" Error: "))
	if unknownHandler(resp.ErrorType) || slices.Contains(platformErrors, resp.ErrorType) {
		return judge(handler, message, resp.ErrorType, ownLines(resp.Log, resp.ErrorType), BootEvent), nil
	}
	return BootResult{Status: BootPassed, Detail: answered + " with an error (" + message + ")", Answered: message}, nil
}

// platformErrors are the types of errors that the platform answers, not the function.
var platformErrors = []string{"Runtime.ExitError", outOfMemory, "Sandbox.Timedout", "Runtime.TruncatedResponse"}

// judge returns the result of a boot that ended at a stage with an error of type kind. If
// the handler is unknown, the stage is BootHandler.
func judge(handler, message, kind string, log []byte, at BootStage) BootResult {
	if unknownHandler(kind) {
		if at = BootHandler; handler == "" {
			return BootResult{Status: BootSkipped, Detail: "it asks for the name of a handler, and none is known: " + message, At: at}
		}
	}
	return BootResult{Status: BootFailed, Detail: withLog(message, kind, log), At: at}
}

// unknownHandler reports whether a runtime did not know the handler's name. There is
// no fixed type for that: AWS's own runtimes have several.
func unknownHandler(kind string) bool {
	known := []string{"NoSuchHandler", "HandlerNotFound", "UnknownHandler", "MalformedHandlerName", "HandlerNotRegistered", "InvalidHandler"}
	return slices.ContainsFunc(known, func(part string) bool { return strings.Contains(kind, part) })
}

// errorMessage returns the message of an error document, or the document if it has none.
func errorMessage(payload []byte) string {
	var document struct{ ErrorMessage string }
	if json.Unmarshal(payload, &document) == nil && document.ErrorMessage != "" {
		return document.ErrorMessage
	}
	return string(payload)
}

// shortMessage cuts the message of a function, which may have 6 MB, for a report.
func shortMessage(message string) string {
	const most = 1000 // bytes
	short := runtimeapi.Cut(message, most)
	if short != message {
		short += "…"
	}
	return short
}

// bootLines is how many lines of a log a result shows.
const bootLines = 10

// withLog adds the last lines that the program printed to a message.
func withLog(message, kind string, log []byte) string {
	if kind != "" && !strings.Contains(message, kind) {
		message += " (" + kind + ")"
	}
	lines := strings.Split(strings.TrimSpace(strings.ToValidUTF8(string(log), "?")), "\n")
	from := max(0, len(lines)-bootLines)
	for i, line := range lines {
		// Go prints the reason of a crash first; a stack follows.
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			from = min(from, i)
			break
		}
	}
	lines = lines[from:min(len(lines), from+bootLines)]
	for i, line := range lines {
		lines[i] = oneLine(line) // a report's line has no tabs
	}
	if text := strings.Join(lines, " | "); text != "" && !(len(lines) == 1 && strings.Contains(text, message)) {
		message += "; its last output: " + text
	}
	return message
}

// ownLines removes the platform's lines from a log; kind is the type of the failure.
func ownLines(log []byte, kind string) []byte {
	var own []byte
	for line := range strings.Lines(string(log)) {
		platform := strings.HasPrefix(line, `{"time":"`) && strings.Contains(line, `","type":"platform.`)
		for _, prefix := range []string{"START ", "END ", "REPORT ", ""} {
			platform = platform || strings.HasPrefix(line, prefix+"RequestId: ")
		}
		// The lines about a failure: its type, and that of a time-out.
		platform = platform || strings.TrimSpace(line) == kind || strings.HasSuffix(line, " seconds\n") && strings.Contains(line, " Task timed out after ")
		if !platform {
			own = append(own, line...)
		}
	}
	return own
}
