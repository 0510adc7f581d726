package emulator

import (
	"slices"
	"strings"
	"time"

	"github.com/bootzip/bootzip/emulator/internal/runtimeapi"
)

// With SnapStart, Lambda initialises a function when a version is published, takes a
// snapshot of its memory, and starts instances by restoring it. A process cannot be
// copied here: each instance is initialised, stopped and resumed. The function sees the
// same, except that instances do not share what the initialisation left in memory.

const (
	// defaultRestore limits a restore and the runtime's hooks after it
	// (AWS Lambda developer guide, "Understanding the Lambda execution environment
	// lifecycle", Restore phase).
	defaultRestore = 10 * time.Second

	// The limit of an initialisation with SnapStart is the function's time-out, but at
	// least the first and at most the second (likewise, Init phase).
	snapStartInit, snapStartMost = 130 * time.Second, 900 * time.Second
)

// A SnapStartError reports why a function could not be restored, as Lambda's API does
// (AWS Lambda API reference, Invoke, Errors).
type SnapStartError struct {
	Kind    string // SnapStartException or SnapStartTimeoutException
	Message string
}

func (e *SnapStartError) Error() string { return e.Message }

// A restore describes the restore of a bootstrap. Its zero value is none.
type restore struct {
	began time.Time
	took  time.Duration // 0: it is under way
	asked bool          // the runtime waited for it
}

// snapshot stops and resumes the process between initialisation and restore.
func (f *Function) snapshot(b *bootstrap) {
	f.initialised(b, "init", nil)
	took := time.Since(b.began)
	b.out.sync()
	b.out.line(f.initLine("init", nil, took))
	if f.config.Container == "" && f.config.Attach == nil {
		pause(b.process)
	}
	b.restore = restore{began: time.Now(), asked: true}
	b.hub.Event("restoreStart", record{FunctionName: f.config.Name, FunctionVersion: latest})
	b.api.Restore()
}

// restored notes how a restore ended. It turns a failure into the error of Lambda's API.
func (f *Function) restored(b *bootstrap, fail *failure) *failure {
	b.out.sync()
	if b.restore.began.IsZero() {
		// The runtime has not asked for a restore: there is nothing to wait for.
		b.restore.began = time.Now()
		b.out.line(f.initLine("init", nil, time.Since(b.began)))
	}
	b.restore.took = max(time.Since(b.restore.began), time.Microsecond)
	status, kind := fail.status()
	b.hub.Event("restoreRuntimeDone", record{Status: status, ErrorType: kind})
	report := record{Status: status, ErrorType: kind, Metrics: &recordMetrics{Duration: jsonMilliseconds(b.restore.took)}}
	b.hub.Event("restoreReport", report)
	if fail != nil && fail.cause != nil {
		return fail
	}
	line := "RESTORE_REPORT Restore Duration: " + milliseconds(b.restore.took)
	if fail != nil {
		line += "\tStatus: " + status
	}
	if kind != "" {
		line += "\tError Type: " + oneLine(kind)
	}
	b.out.line(f.line("restoreReport", report, line))
	if fail == nil {
		return nil
	}
	e := &SnapStartError{"SnapStartException", "The afterRestore() runtime hook encountered an error: " + fail.kind + ": " + fail.message}
	if fail.timeout {
		e = &SnapStartError{"SnapStartTimeoutException", "The environment could not be restored within " + f.config.Restore.String()}
	}
	fail.cause = e
	return fail
}

// snapStartEnvironment adapts an environment to SnapStart: it has no log stream, since
// many instances share the snapshot, and no credentials, which the snapshot outlasts.
func (f *Function) snapStartEnvironment(all []string, api string) []string {
	all = slices.DeleteFunc(all, func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains([]string{"AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}, name)
	})
	return append(all, "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://"+api+runtimeapi.CredentialsPath, "AWS_CONTAINER_AUTHORIZATION_TOKEN="+f.token)
}

// credentials returns those of the function's environment.
func (f *Function) credentials() runtimeapi.Credentials {
	return runtimeapi.Credentials{
		AccessKeyID:     variable(f.config.Environment, "AWS_ACCESS_KEY_ID"),
		SecretAccessKey: variable(f.config.Environment, "AWS_SECRET_ACCESS_KEY"),
		Token:           variable(f.config.Environment, "AWS_SESSION_TOKEN"),
		Expiration:      time.Now().Add(time.Hour).UTC().Truncate(time.Second),
	}
}
