package emulator

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bootzip/bootzip/emulator/internal/runtimeapi"
)

// With SnapStart, Lambda initialises a function when a version is published, takes a
// snapshot of its memory, and starts instances by restoring that. A process cannot be
// copied here: each instance is initialised, stopped and resumed. All that the function
// sees is the same, but that its memory is its own.

const (
	// defaultRestore is what a restore and the functions of the runtime after it may take
	// (AWS Lambda developer guide, "Understanding the Lambda execution environment
	// lifecycle", Restore phase).
	defaultRestore = 10 * time.Second

	// The least and the most for an initialisation with SnapStart; between them it is
	// the function's time-out (likewise, Init phase).
	snapStartInit, snapStartMost = 130 * time.Second, 900 * time.Second
)

// A SnapStartError is why a function could not be restored, as Lambda's API says it (AWS
// Lambda API reference, Invoke, Errors).
type SnapStartError struct {
	Kind    string // SnapStartException or SnapStartTimeoutException
	Message string
}

func (e *SnapStartError) Error() string { return e.Message }

// A restore is what the restore of a bootstrap took. Its zero value is none.
type restore struct {
	began time.Time
	took  time.Duration // 0: it is under way
	asked bool          // the runtime waited for it
}

// snapshot is the moment between initialisation and restore: the process stands.
func (f *Function) snapshot(b *bootstrap) {
	f.initialised(b, "init", nil)
	took := time.Since(b.began)
	b.out.sync()
	b.out.line(f.initReport(took))
	if f.config.Container == "" && f.config.Attach == nil {
		pause(b.process)
	}
	b.restore = restore{began: time.Now(), asked: true}
	b.hub.Event("restoreStart", record{FunctionName: f.config.Name, FunctionVersion: latest})
	b.api.Restore()
}

// initReport says what an initialisation took that was no invocation's.
func (f *Function) initReport(took time.Duration) string {
	if f.json {
		return platformLine("initReport", record{InitializationType: initialization(f.config), Phase: "init", Status: "success", Metrics: &recordMetrics{Duration: jsonMilliseconds(took)}})
	}
	return fmt.Sprintf("INIT_REPORT Init Duration: %s\tPhase: init\tStatus: success\n", milliseconds(took))
}

// restored notes how a restore went. A failure is turned into the error of Lambda's API.
func (f *Function) restored(b *bootstrap, fail *failure) *failure {
	if b.restore.began.IsZero() {
		// The runtime has asked for no restore: there is nothing to wait for.
		b.restore.began = time.Now()
		b.out.line(f.initReport(time.Since(b.began)))
	}
	b.restore.took = max(time.Since(b.restore.began), time.Microsecond)
	status, kind := fail.status()
	b.hub.Event("restoreRuntimeDone", record{Status: status, ErrorType: kind})
	b.hub.Event("restoreReport", record{Status: status, ErrorType: kind, Metrics: &recordMetrics{Duration: jsonMilliseconds(b.restore.took)}})
	if fail == nil || fail.cause != nil {
		return fail
	}
	e := &SnapStartError{"SnapStartException", "The afterRestore() runtime hook encountered an error: " + fail.kind + ": " + fail.message}
	if fail.timeout {
		e = &SnapStartError{"SnapStartTimeoutException", "The environment could not be restored within " + f.config.Restore.String()}
	}
	if f.json {
		b.out.line(platformLine("restoreReport", record{Status: status, ErrorType: kind, Metrics: &recordMetrics{Duration: jsonMilliseconds(b.restore.took)}}))
	} else {
		b.out.line(fmt.Sprintf("RESTORE_REPORT Restore Duration: %s\tStatus: %s\tError Type: %s\n", milliseconds(b.restore.took), status, oneLine(fail.kind)))
	}
	fail.cause = e
	return fail
}

// snapStartEnvironment is an environment as it is with SnapStart: no log stream, since
// many have the snapshot, and no credentials, which it outlasts.
func (f *Function) snapStartEnvironment(all []string, api string) []string {
	all = slices.DeleteFunc(all, func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains([]string{"AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}, name)
	})
	return append(all, "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://"+api+runtimeapi.CredentialsPath, "AWS_CONTAINER_AUTHORIZATION_TOKEN="+f.token)
}

// credentials are those of the function's environment.
func (f *Function) credentials() runtimeapi.Credentials {
	c := runtimeapi.Credentials{Expiration: time.Now().Add(time.Hour).UTC().Truncate(time.Second)}
	for _, variable := range f.config.Environment {
		switch name, value, _ := strings.Cut(variable, "="); name {
		case "AWS_ACCESS_KEY_ID":
			c.AccessKeyID = value
		case "AWS_SECRET_ACCESS_KEY":
			c.SecretAccessKey = value
		case "AWS_SESSION_TOKEN":
			c.Token = value
		}
	}
	return c
}
