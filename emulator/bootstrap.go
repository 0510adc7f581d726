package emulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/bootzip/bootzip/emulator/internal/cgroup"
	"github.com/bootzip/bootzip/emulator/internal/process"
	"github.com/bootzip/bootzip/emulator/internal/runtimeapi"
	"github.com/bootzip/bootzip/emulator/internal/telemetry"
	"github.com/bootzip/bootzip/internal/sandbox"
)

// The time from the first SIGTERM to SIGKILL, with internal extensions only, and with
// external ones (AWS Lambda developer guide, "Lambda execution environment lifecycle",
// Shutdown phase). Of externalGrace, the runtime gets at most runtimeShare, as in AWS's
// emulator.
const (
	internalGrace = 500 * time.Millisecond
	externalGrace = 2 * time.Second
	runtimeShare  = externalGrace * 3 / 10

	drainTime = 300 * time.Millisecond // to deliver the remaining telemetry to subscribers
)

// A bootstrap is the process of an instance, with its own Runtime API.
type bootstrap struct {
	api     *runtimeapi.Server
	process process.Process
	out     *output
	group   *cgroup.Group // that of newBootstrap bounds nothing
	began   time.Time
	opened  time.Time     // when it asked for its first event
	exited  chan struct{} // closed when the process has ended
	status  string        // then: its end, in the words of package os

	known      chan struct{} // closed when process is set, or will not be
	later      bool          // the process is started when the external extensions have registered
	companions []*companion  // external extensions
	crashed    chan *companion
	beside     *output        // of the extensions; nil without
	hub        *telemetry.Hub // of the Telemetry API
	ready      bool           // runtimeReady has reported
	restore    restore        // with SnapStart

	overMemory bool // it was killed for its memory

	peak   int64 // peak memory in bytes
	cpu    time.Duration
	looked time.Time // when both were measured
}

// launch starts a bootstrap and waits until it asks for its first event, at most for
// the limit. phase is the phase's name in the log.
func (f *Function) launch(ctx context.Context, phase string, limit time.Duration) (*bootstrap, *failure) {
	b, fail := f.spawn()
	if fail != nil {
		return nil, fail
	}
	if fail = f.awaken(ctx, b, phase, limit); fail != nil {
		b.stop(reasonOf(fail))
		return nil, fail
	}
	return b, nil
}

// relaunch starts a bootstrap in the sandbox of one that has ended, with its /tmp, and
// waits as launch does. The sandbox stays usable after a failure, unless lost is true.
func (f *Function) relaunch(ctx context.Context, old *bootstrap, limit time.Duration) (_ *bootstrap, fail *failure, lost bool) {
	b, err := f.respawn(old)
	if err != nil {
		return old, entryFailure(err), true
	}
	if fail = f.awaken(ctx, b, "invoke", limit); fail != nil {
		var refused *sandbox.RefusedError
		if lost = errors.As(fail.cause, &refused); !lost {
			b.rest(reasonOf(fail))
		}
	}
	return b, fail, lost
}

// awaken waits until a bootstrap asks for its first event. If it does not, awaken
// writes why.
func (f *Function) awaken(ctx context.Context, b *bootstrap, phase string, limit time.Duration) *failure {
	b.hub.Event("initStart", record{
		InitializationType: initialization(f.config), Phase: phase, FunctionName: f.config.Name, FunctionVersion: latest,
	})
	fail := f.initialise(ctx, b, phase, limit)
	if !b.restore.asked {
		f.initialised(b, phase, fail)
	}
	if f.config.SnapStart && (fail == nil || b.restore.asked) {
		fail = f.restored(b, fail)
	}
	if fail == nil {
		b.opened = time.Now()
		return nil
	}
	b.out.sync()
	fail.log = b.out.last()
	_, fail.peak = b.memory(0)
	if fail.cause == nil {
		b.out.line(f.initLine(phase, fail, time.Since(b.began)))
	}
	return fail
}

// initialise waits until a bootstrap asks for its first event, and its extensions
// do. External extensions come first.
func (f *Function) initialise(ctx context.Context, b *bootstrap, phase string, limit time.Duration) *failure {
	var registered <-chan struct{}
	if b.later {
		if fail := f.startExtensions(b); fail != nil {
			return fail
		}
		registered = b.api.Registered()
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	memory := time.NewTicker(memoryInterval)
	defer memory.Stop()
	for {
		select {
		case <-registered:
			registered = nil
			if err := f.startLater(b); err != nil {
				return err
			}
			f.noteStart(b)
			go b.wait()
		case s := <-b.api.Signals():
			f.runtimeReady(b, phase, nil)
			if s.Snapshot {
				limit = f.config.Restore
				timer.Reset(limit)
				f.snapshot(b)
				continue
			}
			if !s.Done {
				return nil
			}
		case x := <-b.crashed:
			return b.crashFailure(x)
		case a := <-b.api.Fault():
			return reported(a)
		case <-b.exited:
			return b.exitFailure()
		case <-timer.C:
			return &failure{kind: "Sandbox.Timedout", timeout: true, message: fmt.Sprintf("Init timed out after %.2f seconds", limit.Seconds())}
		case <-memory.C:
			f.watchMemory(b)
		case <-ctx.Done():
			return &failure{cause: context.Cause(ctx)}
		case <-f.life.Done():
			return &failure{cause: context.Cause(f.life)}
		}
	}
}

// spawn starts the process of a bootstrap in a sandbox, or as a plain process if
// sandboxes are refused. The first start decides for all.
func (f *Function) spawn() (*bootstrap, *failure) {
	if err := checkBootstrap(f.entry); err != nil {
		return nil, entryFailure(err)
	}
	for {
		plain := f.isolation.isPlain()
		var b *bootstrap
		err := retryBusy(func() (err error) {
			b, err = f.spawnOnce(plain)
			return err
		})
		if err == nil {
			return b, nil
		}
		var refused *sandbox.RefusedError
		if plain || !errors.As(err, &refused) {
			return nil, entryFailure(err)
		}
		f.isolation.refused(refused)
	}
}

// retryBusy starts a program, and tries again while its file is busy. While this process
// starts another program, the child briefly has all our files open, also those that
// were just written, which cannot be started meanwhile (execve(2), ETXTBSY).
func retryBusy(start func() error) error {
	for try := 0; ; try++ {
		err := start()
		if err == nil || try == 50 || !strings.HasSuffix(err.Error(), syscall.ETXTBSY.Error()) {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// A machineError is a failure of this machine, not of the function.
type machineError struct{ error }

func (e machineError) Unwrap() error { return e.error }

func (f *Function) spawnOnce(plain bool) (_ *bootstrap, err error) {
	if plain && f.config.Root != nil {
		return nil, machineError{&UnsupportedError{"an image's own files are seen in a sandbox only, and it would be a plain process"}}
	}
	if plain && f.opt != "" {
		return nil, machineError{&UnsupportedError{"its layers are at /opt in a sandbox only, and it would be a plain process"}}
	}
	b := f.newBootstrap()
	defer func() {
		if err != nil {
			b.release()
		}
	}()
	if b.out, err = newOutput(f.log); err != nil {
		return nil, machineError{err}
	}
	if b.later {
		if b.beside, err = newOutput(f.log); err != nil {
			return nil, machineError{err}
		}
	}
	b.listen()
	container := f.config.Container
	if container == "" { // which has its own bounds
		b.group = f.newGroup()
	}
	c := process.Config{
		Task: f.task, Opt: f.opt, InLayer: filepath.Dir(f.entry) != f.task, Etc: f.etc, Output: b.out.write, System: f.system(), Temp: f.config.TempSize,
		Open: maxDescriptors, Tasks: maxThreads + sandboxTasks, Qemu: f.qemu, Runner: f.config.Runner, Group: b.group, Keep: f.keeps() || b.later, Later: b.later,
	}
	if r := f.config.Root; r != nil {
		c.Root, c.Command, c.Dir, c.InLayer = r.Folder, r.Command, r.Dir, false
	}
	api := f.apiConfig(b)
	defer close(b.known)
	if f.ownNetwork && !plain && container == "" {
		// The network has no other processes.
		c.OwnNetwork, c.Env = true, f.environment(sandbox.APIAddress)
		c.Listening = func(l net.Listener) {
			api.Listener = l
			b.api, _ = runtimeapi.New(api) // cannot fail, since it does not listen
		}
	} else {
		// The process may connect before its start has returned.
		api.Peer = runtimeapi.PeerUID(func() int {
			<-b.known
			if b.process == nil {
				return -1
			}
			return b.process.UID()
		})
		if container == "podman" && os.Getuid() != 0 {
			api.Peer = nil // its users have other ids outside
		}
		if container != "" {
			api.Host = process.HostOf(container)
		}
		if b.api, err = runtimeapi.New(api); err != nil {
			return nil, machineError{err}
		}
		c.Env = f.environment(b.api.Address())
	}
	start := process.Isolated
	switch {
	case container != "":
		c.Client, c.Image, c.Platform, c.MemoryMB = container, f.config.Image, f.platform(), f.config.Memory
		start = process.Contained
	case f.config.Attach != nil:
		start = func(c process.Config) (process.Process, error) { return process.Attached(c, f.config.Attach), nil }
	case plain:
		start = process.Plain
	}
	if b.process, err = start(c); err != nil {
		if container != "" { // its engine failed
			err = machineError{&UnsupportedError{err.Error()}}
		}
		return nil, err
	}
	if !b.later {
		f.noteStart(b)
		go b.wait()
	}
	return b, nil
}

// wait notes the end of the process.
func (b *bootstrap) wait() {
	b.status = b.process.Wait()
	close(b.exited)
}

func (f *Function) apiConfig(b *bootstrap) runtimeapi.Config {
	return runtimeapi.Config{
		Token:    f.token,
		External: f.external(),
		Subscribe: func(extension string, logs bool, body []byte) error {
			types, err := b.hub.Subscribe(extension, logs, body)
			if err == nil {
				b.out.line(f.subscriptionLine(extension, logs, types))
			}
			return err
		},
		Name: f.config.Name, Version: latest, Handler: f.config.Handler, Account: f.config.Account, Concurrency: f.config.PerInstance,
		SnapStart: f.config.SnapStart, Credentials: f.credentials(),
	}
}

// keeps reports whether the sandbox of a bootstrap, with its /tmp, outlasts it.
func (f *Function) keeps() bool { return f.single() && !f.startsOnce && !f.config.SnapStart }

// respawn starts the process of a bootstrap in the sandbox of old, which has ended,
// with a Runtime API of its own.
func (f *Function) respawn(old *bootstrap) (*bootstrap, error) {
	b := f.newBootstrap()
	b.process, b.out, b.beside, b.group = old.process, old.out, old.beside, old.group
	close(b.known)
	b.listen()
	api := f.apiConfig(b)
	api.Peer = runtimeapi.PeerUID(b.process.UID)
	var err error
	if b.api, err = runtimeapi.New(api); err != nil {
		return nil, err
	}
	if !b.later {
		if err := b.process.Again(f.environment(b.api.Address())); err != nil {
			b.api.Close()
			return nil, err
		}
		go b.wait()
	}
	return b, nil
}

// release frees a bootstrap's resources besides its process.
func (b *bootstrap) release() {
	if b.api != nil {
		b.api.Close()
	}
	b.hub.Close()
	for _, o := range b.outputs() {
		o.close()
	}
	b.group.Close()
}

// outputs returns the outputs that exist.
func (b *bootstrap) outputs() []*output {
	return slices.DeleteFunc([]*output{b.out, b.beside}, func(o *output) bool { return o == nil })
}

// exitFailure returns why a bootstrap has ended. An earlier report takes precedence
// over its exit.
func (b *bootstrap) exitFailure() *failure {
	select {
	case a := <-b.api.Fault():
		return reported(a)
	default:
		fail := exitFailure(b.status)
		if b.overMemory || b.group.OutOfMemory() {
			fail.kind = outOfMemory
		}
		return fail
	}
}

// watchMemory kills a bootstrap that uses more memory than it may.
func (f *Function) watchMemory(b *bootstrap) {
	if now, _ := b.memory(0); now > int64(f.config.Memory)<<20 {
		b.overMemory = true
		b.process.Stop()
	}
}

// memory returns the current and the peak use of memory, in bytes. The peak may be as
// old as age, since measuring costs more than many events; then now is 0.
func (b *bootstrap) memory(age time.Duration) (now, peak int64) {
	select {
	case <-b.exited: // its peak is known now; an earlier measurement does not count
	default:
		if age > 0 && time.Since(b.looked) < age {
			return 0, b.peak
		}
	}
	u := b.process.Usage()
	b.peak, b.cpu, b.looked = max(b.peak, u.Peak), u.CPU, time.Now()
	return u.Memory, b.peak
}

// terminate sends SIGTERM and waits, if there is an extension, as Lambda does. Then it
// sends the external extensions SHUTDOWN, with the reason.
func (b *bootstrap) terminate(why shutdownReason) {
	if b.later { // it never started
		b.later = false
		close(b.exited)
	}
	if len(b.api.Extensions()) == 0 { // then Lambda sends no SIGTERM
		return
	}
	grace, share := internalGrace, internalGrace
	if len(b.companions) > 0 {
		grace, share = externalGrace, runtimeShare
	}
	deadline := time.Now().Add(grace)
	select {
	case <-b.exited:
	default:
		b.process.Signal(syscall.SIGTERM)
		select {
		case <-b.exited:
		case <-time.After(share):
		}
	}
	b.hub.Drain(drainTime)
	told := b.api.Shutdown(string(why), deadline)
	limit := time.After(time.Until(deadline))
	for _, x := range b.companions {
		if !slices.Contains(told, x.name) {
			continue
		}
		select {
		case <-x.ended:
		case <-limit:
			return
		}
	}
}

// rest ends a bootstrap, and keeps its sandbox.
func (b *bootstrap) rest(why shutdownReason) {
	b.terminate(why)
	b.process.Stop()
	b.await()
	b.api.Close()
	b.out.sync()
	b.hub.Close()
}

// stop ends a bootstrap and frees its resources.
func (b *bootstrap) stop(why shutdownReason) {
	b.terminate(why)
	b.process.Close()
	b.await()
	b.release()
}

// await waits for the end of all its processes.
func (b *bootstrap) await() {
	<-b.exited
	for _, x := range b.companions {
		<-x.ended
	}
}
