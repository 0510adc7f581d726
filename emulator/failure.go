package emulator

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/bootzip/bootzip/emulator/internal/runtimeapi"
	"github.com/bootzip/bootzip/internal/sandbox"
)

// A failure is why an event has no answer, in Lambda's terms.
type failure struct {
	kind    string // e.g. "Runtime.ExitError"
	message string
	body    []byte // the document that the runtime posted; nil: none
	log     []byte // the last lines
	peak    int64  // of an initialisation: peak memory in bytes
	timeout bool
	cause   error // an error of this machine or of the caller's context, not of the function
}

// outOfMemory is the kind of failure of a process that was killed because of its
// memory. The message is that of any killed process.
const outOfMemory = "Runtime.OutOfMemory"

// exitFailure is the failure of a process that ended with a status, in the
// words of package os.
func exitFailure(status string) *failure {
	f := &failure{kind: "Runtime.ExitError", message: "Runtime exited with error: " + status}
	if status == "exit status 0" {
		f.message = "Runtime exited without providing a reason"
	}
	return f
}

// entryFailure is the failure of a program that cannot be started, unless this machine is
// the reason.
func entryFailure(err error) *failure {
	var refused *sandbox.RefusedError
	var machine machineError
	if errors.As(err, &refused) || errors.As(err, &machine) {
		return &failure{cause: err}
	}
	return &failure{kind: "Runtime.InvalidEntrypoint", message: err.Error()}
}

// reported is a failure that a runtime or an extension reported.
func reported(a runtimeapi.Answer) *failure {
	var document struct{ ErrorType, ErrorMessage string }
	_ = json.Unmarshal(a.Payload, &document) // other forms have no type and message
	return &failure{kind: cmp.Or(a.ErrorType, document.ErrorType, "Runtime.Unknown"), message: document.ErrorMessage, body: a.Payload}
}

func (f *Function) timedOut() *failure {
	return &failure{kind: "Sandbox.Timedout", timeout: true, message: fmt.Sprintf("Task timed out after %.2f seconds", f.config.Timeout.Seconds())}
}

// response is the caller's response for a failure.
func (f *failure) response(id string) Response {
	body := f.body
	if body == nil {
		body = runtimeapi.ErrorDocument(f.kind, fmt.Sprintf("RequestId: %s Error: %s", id, f.message))
	}
	return Response{RequestID: id, Payload: body, ContentType: "application/json", FunctionError: "Unhandled", ErrorType: f.kind}
}
