package emulator

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/bootzip/bootzip/emulator/internal/process"
	"github.com/bootzip/bootzip/emulator/internal/unpack"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/tempdir"
)

// latest is the version that an unqualified name stands for.
const latest = "$LATEST"

// A Function is an unpacked zip with its instances. Its methods may be called
// from several goroutines.
type Function struct {
	config           Config
	dir              *tempdir.Dir // removed by Close
	task             string       // what becomes /var/task
	opt              string       // what becomes /opt; empty: nothing
	layered          []string     // file names of the layers' extensions
	layersNeedSystem bool         // one of these is a script, or dynamically linked
	entry            string       // bootstrap, on this machine
	etc              string       // what becomes /etc
	program          program
	code             code
	qemu             string
	log              *sink // nil: it is discarded
	json             bool  // the platform's lines are JSON

	isolation  isolation
	startsOnce bool // the initialisation has no second try
	ownNetwork bool // with nothing in it but the Runtime API, where there is a sandbox

	token     string // of the metadata endpoint
	pool      *pool
	instances sync.WaitGroup // goroutines of instances
	life      context.Context
	endLife   context.CancelCauseFunc // stops all instances
}

// tempName begins the names of the directories into which zips are unpacked.
const tempName = "bootzip-emulator"

// New unpacks a zip and prepares to start it. The error is an *UnsupportedError if this
// machine cannot run the function. The caller closes the Function.
func New(ctx context.Context, c Config) (_ *Function, err error) {
	c, err = c.withDefaults()
	if err == nil {
		err = c.chooseContainer()
	}
	if err != nil {
		return nil, err
	}
	sweep(c.Temp)
	dir, err := tempdir.New(c.Temp, tempName)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = dir.Remove()
		}
	}()
	if len(c.Runner) == 0 && noPrograms(dir.Path) {
		return nil, hint.Wrap(&UnsupportedError{fmt.Sprintf("no program can be started in the temporary directory %q: it is mounted noexec", filepath.Dir(dir.Path))},
			"set TMPDIR to another directory")
	}
	f := &Function{config: c, dir: dir, token: rand.Text(), task: filepath.Join(dir.Path, "task")}
	f.isolation.plain = c.Plain || c.Attach != nil
	f.startsOnce = c.Attach != nil || len(c.Runner) > 0 || c.Container != ""
	f.pool = &pool{limit: c.Concurrency, single: f.single(), launch: f.newInstance, startAfter: startAfter}
	f.life, f.endLife = context.WithCancelCause(context.Background())
	f.log = newSink(c.Log, c.Platform)
	f.json = variable(c.Environment, "AWS_LAMBDA_LOG_FORMAT") == "JSON"
	// World-readable, whatever the umask is: in a sandbox the function has another
	// user.
	if err := errors.Join(os.Mkdir(f.task, 0o755), os.Chmod(f.task, 0o755)); err != nil {
		return nil, err
	}
	f.etc = filepath.Join(dir.Path, "etc")
	if err := process.WriteEtc(f.etc); err != nil {
		return nil, err
	}
	if c.Root != nil {
		err = f.useRoot()
	} else {
		err = f.unpackZips(ctx)
	}
	if err != nil {
		return nil, err
	}
	// Like Lambda, report an unreadable bootstrap when it is started: see launch.
	f.program, _ = inspect(f.entry)
	if f.qemu, err = runner(c, f.program); err != nil {
		return nil, err
	}
	return f, nil
}

// unpackZips unpacks the zip and its layers.
func (f *Function) unpackZips(ctx context.Context) (err error) {
	if f.code, err = readCode(f.config.Zip); err != nil {
		return err
	}
	if err := unpack.Zip(ctx, f.config.Zip, f.task); err != nil {
		return err
	}
	if err := f.unpackLayers(ctx); err != nil {
		return err
	}
	f.entry = filepath.Join(f.task, "bootstrap")
	if _, err := os.Lstat(f.entry); errors.Is(err, os.ErrNotExist) && f.opt != "" {
		f.entry = filepath.Join(f.opt, "bootstrap") // where Lambda looks next
	}
	return nil
}

// useRoot prepares an image in place of a zip.
func (f *Function) useRoot() (err error) {
	r := f.config.Root
	if len(f.config.Layers) > 0 {
		return hint.New("copy their files into the image", "Lambda takes no layers for images")
	}
	if f.config.Container != "" || f.config.Attach != nil || len(f.config.Runner) > 0 {
		return hint.Wrap(&UnsupportedError{"an image with files of its own, or a dynamically linked program, is started only in a sandbox on Linux"},
			"docker load it, and run it under AWS's Runtime Interface Emulator")
	}
	if r.File != "" {
		if f.code, err = readCode(r.File); err != nil {
			return err
		}
	}
	f.entry = filepath.Join(r.Folder, filepath.FromSlash(r.Program))
	f.layered, err = extensions(filepath.Join(r.Folder, "opt"))
	return err
}

// unpackLayers unpacks the layers into what becomes /opt.
func (f *Function) unpackLayers(ctx context.Context) error {
	if len(f.config.Layers) == 0 {
		return nil
	}
	f.opt = filepath.Join(f.dir.Path, "opt")
	if err := errors.Join(os.Mkdir(f.opt, 0o755), os.Chmod(f.opt, 0o755)); err != nil {
		return err
	}
	if err := unpack.Layers(ctx, f.config.Layers, f.opt); err != nil {
		return err
	}
	var err error
	f.layered, err = extensions(f.opt)
	for _, name := range f.layered {
		// What cannot be read is reported when it is started.
		p, _ := inspect(filepath.Join(f.opt, "extensions", name))
		f.layersNeedSystem = f.layersNeedSystem || p.system
	}
	return err
}

// system reports whether instances see the system's directories.
func (f *Function) system() bool {
	return f.config.Root == nil && (f.program.system || f.layersNeedSystem && len(f.external()) > 0)
}

// extensions returns the sorted names of what Lambda would start as external
// extensions, given the directory that becomes /opt: everything in its directory
// extensions but directories (AWS Lambda developer guide, "Using the Lambda
// Extensions API to create extensions"; AWS's emulator).
func extensions(opt string) (names []string, err error) {
	entries, err := os.ReadDir(filepath.Join(opt, "extensions"))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	return names, err
}

// single reports whether an instance has one event at a time.
func (f *Function) single() bool { return f.config.PerInstance == 1 }

// Close stops the function. It waits for invocations until ctx is done, and then
// abandons them. It returns when no process is left.
func (f *Function) Close(ctx context.Context) error {
	if !f.pool.close() {
		return nil
	}
	ended := make(chan struct{})
	go func() {
		f.pool.calls.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	f.endLife(errGivenUp)
	<-ended
	f.instances.Wait()
	return f.dir.Remove()
}

// ErrClosed is returned by Invoke after Close. The error of an invocation that Close
// abandoned wraps it.
var ErrClosed = errors.New("function was stopped")

var errGivenUp = fmt.Errorf("invocation was given up: %w", ErrClosed)
