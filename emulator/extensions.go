package emulator

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/bootzip/bootzip/emulator/internal/cgroup"
	"github.com/bootzip/bootzip/emulator/internal/process"
	"github.com/bootzip/bootzip/emulator/internal/telemetry"
	"github.com/bootzip/bootzip/internal/sandbox"
)

// A companion is the process of an external extension.
type companion struct {
	name   string
	status string        // its end, in the words of package os, after ended
	ended  chan struct{} // closed when it has ended
}

// A shutdownReason is why an instance ends (AWS Lambda developer guide, "Using the
// Lambda Extensions API to create extensions", Shutdown phase).
type shutdownReason string

const (
	spindownReason shutdownReason = "SPINDOWN"
	timeoutReason  shutdownReason = "TIMEOUT"
	failureReason  shutdownReason = "FAILURE"
)

// reasonOf returns why an instance ends, given its failure, if any.
func reasonOf(f *failure) shutdownReason {
	switch {
	case f == nil || f.cause != nil:
		return spindownReason
	case f.timeout:
		return timeoutReason
	}
	return failureReason
}

// external returns the file names of the extensions to start. A boot check starts none:
// it is about the function, and they would need a network.
func (f *Function) external() []string {
	if f.startsOnce {
		return nil
	}
	return f.layered
}

// newBootstrap returns a bootstrap without a process.
func (f *Function) newBootstrap() *bootstrap {
	b := &bootstrap{
		group: &cgroup.Group{}, began: time.Now(), exited: make(chan struct{}), known: make(chan struct{}),
		later: len(f.external()) > 0, crashed: make(chan *companion, len(f.external())),
	}
	b.hub = telemetry.New(b.dial, f.json)
	return b
}

// dial connects to a port of the instance.
func (b *bootstrap) dial(port int) (net.Conn, error) {
	<-b.known
	if b.process == nil {
		return nil, errors.New("it did not start")
	}
	return b.process.Dial(port)
}

// maxExternal is how many extensions an instance can have.
const maxExternal = 10

// startExtensions starts the external extensions. The directory in which they are
// started is not documented.
func (f *Function) startExtensions(b *bootstrap) *failure {
	names := f.external()
	if len(names) > maxExternal {
		return f.launchError(b, names[maxExternal], "TooManyExtensions", fmt.Errorf("the layers have %d extensions, more than %d", len(names), maxExternal))
	}
	env := extensionEnvironment(f.environment(b.api.Address()))
	for _, name := range names {
		program := process.OptRoot + "/extensions/" + name
		var wait func() string
		err := retryBusy(func() (err error) {
			wait, err = b.process.Beside(program, env, b.beside.write)
			return err
		})
		var refused *sandbox.RefusedError
		switch {
		case errors.As(err, &refused):
			return &failure{cause: err}
		case err != nil:
			kind := "UnknownError"
			if strings.HasSuffix(err.Error(), "permission denied") {
				kind = "PermissionDenied"
			}
			return f.launchError(b, name, kind, err)
		}
		x := &companion{name: name, ended: make(chan struct{})}
		b.companions = append(b.companions, x)
		go func() {
			x.status = wait()
			close(x.ended)
			b.crashed <- x // ignored during shutdown
		}()
	}
	return nil
}

// startLater starts the bootstrap after the extensions.
func (f *Function) startLater(b *bootstrap) *failure {
	err := retryBusy(func() error { return b.process.Again(f.environment(b.api.Address())) })
	if err != nil {
		return entryFailure(err)
	}
	b.later = false
	return nil
}

// launchError writes the line about an extension that cannot be started, and returns
// its failure.
func (f *Function) launchError(b *bootstrap, name, kind string, err error) *failure {
	f.extensionLine(b, record{Name: name, State: "LaunchError", ErrorType: kind})
	return &failure{kind: "Extension.LaunchError", message: err.Error()}
}

// withheld are variables that extensions do not get, besides those that begin with
// "_" (AWS's emulator).
var withheld = []string{
	"AWS_EXECUTION_ENV", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_XRAY_CONTEXT_MISSING", "AWS_XRAY_DAEMON_ADDRESS",
	"LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT",
}

// extensionEnvironment returns the environment of extensions, given the function's.
func extensionEnvironment(function []string) []string {
	return slices.DeleteFunc(function, func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return strings.HasPrefix(name, "_") || slices.Contains(withheld, name)
	})
}

// crashFailure returns the failure of an instance whose extension has ended. An earlier
// report takes precedence.
func (b *bootstrap) crashFailure(x *companion) *failure {
	if b.overMemory {
		<-b.exited
		return b.exitFailure()
	}
	select {
	case a := <-b.api.Fault():
		return reported(a)
	default:
		return &failure{kind: "Extension.Crash", message: x.status}
	}
}

// listen passes output on to the subscribers of telemetry.
func (b *bootstrap) listen() {
	b.out.listen(func(text []byte) { b.hub.Print(telemetry.Function, text) })
	if b.beside != nil {
		b.beside.listen(func(text []byte) { b.hub.Print(telemetry.Extension, text) })
	}
}

// runtimeReady reports, once, that the runtime has initialised, or why it has not.
func (f *Function) runtimeReady(b *bootstrap, phase string, fail *failure) {
	if b.ready {
		return
	}
	b.ready = true
	b.out.sync()
	status, kind := fail.status()
	b.hub.Event("initRuntimeDone", record{InitializationType: initialization(f.config), Phase: phase, Status: status, ErrorType: kind})
}

// initialised writes the lines about extensions, and ends subscriptions.
func (f *Function) initialised(b *bootstrap, phase string, fail *failure) {
	f.runtimeReady(b, phase, fail)
	for _, x := range b.api.Extensions() {
		f.extensionLine(b, record{Name: x.Name, State: x.State, Events: x.Events})
	}
	b.hub.Event("initReport", f.initRecord(phase, fail, time.Since(b.began)))
	b.hub.Begun()
}

// extensionLine writes the line about an extension.
func (f *Function) extensionLine(b *bootstrap, r record) {
	b.hub.Event("extension", r)
	line := fmt.Sprintf("EXTENSION\tName: %s\tState: %s\tEvents: [%s]", oneLine(r.Name), r.State, strings.Join(r.Events, ", "))
	if r.ErrorType != "" {
		line += "\tError Type: " + r.ErrorType
	}
	b.out.line(f.line("extension", r, line))
}
