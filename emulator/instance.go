package emulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/bootzip/bootzip/emulator/internal/cgroup"
	"github.com/bootzip/bootzip/emulator/internal/process"
	"github.com/bootzip/bootzip/emulator/internal/runtimeapi"
	"github.com/bootzip/bootzip/internal/sandbox"
)

// shutdownGrace is the time between SIGTERM and SIGKILL (AWS Lambda developer
// guide, "Lambda execution environment lifecycle", Shutdown phase, with an internal extension).
const shutdownGrace = 500 * time.Millisecond

// An instance is one running bootstrap with a Runtime API of its own.
type instance struct {
	function *Function
	api      *runtimeapi.Server
	process  process.Process
	out      *output
	group    *cgroup.Group
	began    time.Time
	whole    chan struct{} // closed when the fields above are set: its process may ask before
	first    chan struct{} // closed when it asks for its first event
	exited   chan struct{}
	status   string        // of the exit, once exited is closed
	init     time.Duration // of the initialisation, once first is closed

	mu     sync.Mutex
	active []*invocation // in the order of their beginnings
	begun  bool          // first is closed
	over   bool          // it has exited
	used   bool          // it has had an event
	clock  *time.Timer   // calls tick
	due    time.Time     // when it does; zero: it does not
	peak   int64         // bytes of memory at most
	looked time.Time     // when that was looked at

	// Guarded by the function's mu.
	gone      bool      // it takes no more events
	asked     int       // how often it has asked for an event
	starting  bool      // further loops may ask in a moment
	finishing int       // of the function's
	last      time.Time // when it became idle
	idle      *time.Timer
}

// A failure is why an instance cannot answer, in Lambda's terms.
type failure struct {
	kind    string // e.g. "Runtime.ExitError"
	message string
	body    []byte // the document that the runtime posted; nil: it posted none
	log     []byte // the last lines
	timeout bool
	cause   error // of this machine, or of the caller's context: no failure of the function
}

func exitFailure(status string) *failure {
	f := &failure{kind: "Runtime.ExitError", message: "Runtime exited with error: " + status}
	if status == "exit status 0" {
		f.message = "Runtime exited without providing a reason"
	}
	return f
}

// reported is the failure that a runtime or an extension told by itself.
func reported(a runtimeapi.Answer) *failure {
	var document struct{ ErrorType, ErrorMessage string }
	_ = json.Unmarshal(a.Payload, &document) // another form says nothing more
	f := &failure{kind: a.ErrorType, message: document.ErrorMessage, body: a.Payload}
	set(&f.kind, document.ErrorType)
	set(&f.kind, "Runtime.Unknown")
	return f
}

// launch starts an instance and waits until it asks for its first event, at
// most for the limit. phase is the one that the log names.
func (f *Function) launch(ctx context.Context, phase string, limit time.Duration) (*instance, *failure) {
	began := time.Now()
	i, fail := f.spawn()
	if fail != nil {
		return nil, fail
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	memory := time.NewTicker(memoryInterval)
	defer memory.Stop()
wait:
	for {
		select {
		case <-i.first:
			f.keep(i)
			return i, nil
		case a := <-i.api.Fault():
			fail = reported(a)
			break wait
		case <-i.exited:
			// What it said before it left counts more than that it left.
			select {
			case a := <-i.api.Fault():
				fail = reported(a)
			default:
				fail = exitFailure(i.status)
			}
			break wait
		case <-timer.C:
			fail = &failure{kind: "Sandbox.Timedout", timeout: true, message: fmt.Sprintf("Init timed out after %.2f seconds", limit.Seconds())}
			break wait
		case <-memory.C:
			if f.tooMuch(i) {
				i.process.Kill()
			}
		case <-ctx.Done():
			fail = &failure{cause: ctx.Err()}
			break wait
		}
	}
	status := "error"
	if fail.timeout {
		status = "timeout"
	}
	i.out.sync()
	fail.log = i.out.last()
	if fail.cause == nil {
		i.out.line("INIT_REPORT Init Duration: %s\tPhase: %s\tStatus: %s\tError Type: %s", milliseconds(time.Since(began)), phase, status, fail.kind)
	}
	f.refuse(i)
	f.stop(i)
	return nil, fail
}

// spawn starts the process of an instance.
func (f *Function) spawn() (*instance, *failure) {
	if err := checkBootstrap(filepath.Join(f.task, "bootstrap")); err != nil {
		return nil, entryFailure(err)
	}
	i := &instance{function: f, asked: 1, began: time.Now(), whole: make(chan struct{}), first: make(chan struct{}), exited: make(chan struct{})}
	api, err := runtimeapi.New(runtimeapi.Config{
		Name: f.config.Name, Version: latest, Handler: f.config.Handler, Account: f.config.Account,
		Concurrency: f.config.PerInstance, Ready: i.ready,
	})
	if err != nil {
		return nil, &failure{cause: err}
	}
	out, err := newOutput(f.log)
	if err != nil {
		api.Close()
		return nil, &failure{cause: err}
	}
	i.group = f.newGroup()
	p, err := f.start(process.Config{
		Task: f.task, Env: f.environment(api.Address()), Output: out.write,
		Etc: f.etc, System: f.program.system, Temp: f.config.TempSize, Open: maxDescriptors, Tasks: maxThreads + sandboxTasks, Qemu: f.qemu, Group: i.group,
	})
	if err != nil {
		api.Close()
		out.close()
		i.group.Close()
		return nil, entryFailure(err)
	}
	f.mu.Lock()
	f.bounds = bounds(i.group)
	f.mu.Unlock()
	i.api, i.process, i.out = api, p, out
	close(i.whole)
	f.instances.Add(1)
	go i.wait()
	return i, nil
}

// sandboxMemory is what the first process of a sandbox may need for itself, in bytes, and
// sandboxTasks how many threads.
const (
	sandboxMemory = 16 << 20
	sandboxTasks  = 16
)

// newGroup makes the control group of an instance. In a sandbox, /tmp is memory as well, so that the bound is
// the ceiling for what is faster than the watch on the memory.
func (f *Function) newGroup() *cgroup.Group {
	f.mu.Lock()
	plain := f.plain
	f.mu.Unlock()
	memory, tasks := int64(f.config.Memory)<<20, maxThreads
	if !plain {
		memory, tasks = memory+f.config.TempSize+sandboxMemory, tasks+sandboxTasks
	}
	return cgroup.New(memory, tasks)
}

func bounds(g *cgroup.Group) string {
	memory, threads := "memory is watched", "threads are not limited"
	if g.Memory {
		memory = "memory is watched, and bounded by a control group"
	}
	if g.Tasks {
		threads = "threads are limited"
	}
	return memory + "; " + threads
}

func entryFailure(err error) *failure {
	return &failure{kind: "Runtime.InvalidEntrypoint", message: err.Error()}
}

// start starts a process. While this program starts another one at the same time,
// that holds all our files open for an instant, the bootstrap that was just
// written too, and so it cannot be started yet (execve(2), ETXTBSY).
func (f *Function) start(c process.Config) (process.Process, error) {
	for try := 0; ; try++ {
		p, err := f.startOnce(c)
		if err == nil || try == 50 || !strings.HasSuffix(err.Error(), syscall.ETXTBSY.Error()) {
			return p, err
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// startOnce starts a process in a sandbox, or as a plain one where that is refused; the first
// start decides for all.
func (f *Function) startOnce(c process.Config) (process.Process, error) {
	f.mu.Lock()
	plain := f.plain
	f.mu.Unlock()
	if !plain {
		p, err := process.Isolated(c)
		var refused *sandbox.RefusedError
		if !errors.As(err, &refused) {
			return p, err
		}
		f.mu.Lock()
		f.plain, f.refusal = true, refused.Error()
		f.mu.Unlock()
	}
	return process.Plain(c)
}

// environment is the whole environment of an instance (AWS Lambda developer
// guide, "Working with Lambda environment variables", defined runtime environment variables).
func (f *Function) environment(api string) []string {
	c := f.config
	all := []string{
		"_HANDLER=" + c.Handler,
		"AWS_LAMBDA_RUNTIME_API=" + api,
		"AWS_REGION=" + c.Region,
		"AWS_DEFAULT_REGION=" + c.Region,
		"AWS_EXECUTION_ENV=AWS_Lambda_provided.al2023",
		"AWS_LAMBDA_FUNCTION_NAME=" + c.Name,
		fmt.Sprintf("AWS_LAMBDA_FUNCTION_MEMORY_SIZE=%d", c.Memory),
		"AWS_LAMBDA_FUNCTION_VERSION=" + latest,
		"AWS_LAMBDA_INITIALIZATION_TYPE=" + initialization(c),
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/" + c.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME=" + time.Now().UTC().Format("2006/01/02") + "/[" + latest + "]" + newID(32),
		"AWS_LAMBDA_LOG_FORMAT=Text",
		"LAMBDA_RUNTIME_DIR=/var/runtime",
		"LANG=en_US.UTF-8",
		"LD_LIBRARY_PATH=/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
		"PATH=/usr/local/bin:/usr/bin/:/bin:/opt/bin",
		"TZ=:UTC",
	}
	if c.PerInstance > 1 {
		all = append(all, fmt.Sprintf("AWS_LAMBDA_MAX_CONCURRENCY=%d", c.PerInstance))
	}
	for _, variable := range c.Environment {
		name, _, _ := strings.Cut(variable, "=")
		for i, old := range all {
			if strings.HasPrefix(old, name+"=") {
				all = append(all[:i], all[i+1:]...)
				break
			}
		}
		all = append(all, variable)
	}
	return all
}

// initialization is how Lambda came to start an instance (as AWS's Runtime Interface Emulator
// says it for Lambda Managed Instances).
func initialization(c Config) string {
	if c.PerInstance > 1 {
		return "lambda-managed-instances"
	}
	return "on-demand"
}

// tooMuch tells that an instance uses more memory than it may.
func (f *Function) tooMuch(i *instance) bool {
	now, _ := i.memory(0)
	return now > int64(f.config.Memory)<<20
}

// memory returns an instance's use of memory, in bytes. What was at most may be as old as
// age, since asking costs more than many an event.
func (i *instance) memory(age time.Duration) (now, peak int64) {
	i.mu.Lock()
	peak = i.peak
	fresh := age > 0 && time.Since(i.looked) < age
	i.mu.Unlock()
	if fresh {
		return 0, peak
	}
	now, peak = i.process.Memory()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.peak, i.looked = max(i.peak, peak), time.Now()
	return now, i.peak
}

// stop ends an instance and frees all it holds.
func (f *Function) stop(i *instance) {
	i.mu.Lock()
	if i.clock != nil {
		i.clock.Stop()
	}
	i.mu.Unlock()
	if i.api.HasExtension() {
		i.process.Signal(syscall.SIGTERM)
		select {
		case <-i.exited:
		case <-time.After(shutdownGrace):
		}
	}
	i.process.Kill()
	<-i.exited
	i.api.Close()
	i.out.close()
	i.group.Close()
	f.instances.Done()
}
