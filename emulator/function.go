package emulator

import (
	"context"
	"crypto/rand"
	"encoding/hex"
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
	folder           *tempdir.Dir // removed by Close
	task             string       // what becomes /var/task
	opt              string       // what becomes /opt; empty: nothing
	layered          []string     // file names of the layers' extensions
	layersNeedSystem bool         // one of these is a script, or dynamically linked
	entry            string       // bootstrap, on this machine
	etc              string       // what becomes /etc
	program          program
	code             code
	qemu             string
	log              *sink // nil: nobody reads it
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

// tempName is that of the directories that zips are unpacked into.
const tempName = "bootzip-emulator"

// New unpacks a zip and gets ready to start it. An *UnsupportedError says that this machine cannot
// run the function. The caller closes the Function.
func New(ctx context.Context, c Config) (_ *Function, err error) {
	c, err = c.withDefaults()
	if err == nil {
		err = c.chooseContainer()
	}
	if err != nil {
		return nil, err
	}
	sweep(c.Temp)
	folder, err := tempdir.New(c.Temp, tempName)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = folder.Remove()
		}
	}()
	f := &Function{config: c, folder: folder, token: newID(64), task: filepath.Join(folder.Path, "task")}
	f.isolation.plain = c.Plain || c.Attach != nil
	f.isolation.contained = c.Container != ""
	f.startsOnce = c.Attach != nil || len(c.Runner) > 0 || c.Container != ""
	f.pool = &pool{limit: c.Concurrency, single: f.single(), launch: f.newInstance, startAfter: startAfter}
	f.life, f.endLife = context.WithCancelCause(context.Background())
	f.log = newSink(c.Log, c.Platform)
	f.json = logsJSON(c.Environment)
	// For everybody to read, whatever the umask: in a sandbox the function is
	// another user.
	if err := errors.Join(os.Mkdir(f.task, 0o755), os.Chmod(f.task, 0o755)); err != nil {
		return nil, err
	}
	f.etc = filepath.Join(folder.Path, "etc")
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
	if f.program, err = inspect(f.entry); err != nil && !errors.Is(err, os.ErrNotExist) {
		// Lambda tells of a bootstrap that cannot be read when it starts
		// it, and so does launch.
		f.program = program{}
	}
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

// useRoot takes an image in place of a zip.
func (f *Function) useRoot() (err error) {
	r := f.config.Root
	if len(f.config.Layers) > 0 {
		return hint.New("copy their files into the image", "Lambda takes no layers for images")
	}
	if f.config.Container != "" || f.config.Attach != nil || len(f.config.Runner) > 0 {
		return hint.Wrap(&UnsupportedError{"an image with files of its own, or a dynamically linked program, is started in a sandbox of Linux alone"},
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
	f.opt = filepath.Join(f.folder.Path, "opt")
	if err := errors.Join(os.Mkdir(f.opt, 0o755), os.Chmod(f.opt, 0o755)); err != nil {
		return err
	}
	if err := unpack.Layers(ctx, f.config.Layers, f.opt); err != nil {
		return err
	}
	var err error
	f.layered, err = extensions(f.opt)
	for _, name := range f.layered {
		// What cannot be read is said when it is started.
		p, _ := inspect(filepath.Join(f.opt, "extensions", name))
		f.layersNeedSystem = f.layersNeedSystem || p.system
	}
	return err
}

// system reports whether instances see the system's directories.
func (f *Function) system() bool {
	return f.config.Root == nil && (f.program.system || f.layersNeedSystem && len(f.external()) > 0)
}

// extensions returns the names, sorted, of what Lambda would start as external
// extensions, given the directory that becomes /opt: everything in its directory
// extensions that is no directory (AWS Lambda developer guide, "Using the Lambda
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

// Close stops the function. Invocations on their way may end until ctx is
// done; then they are given up. It returns when no process is left.
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
	return f.folder.Remove()
}

// ErrClosed is returned by Invoke after Close, and is wrapped in the error for
// what Close gave up.
var ErrClosed = errors.New("function was stopped")

var errGivenUp = fmt.Errorf("invocation was given up: %w", ErrClosed)

// newID returns so many random hexadecimal digits.
func newID(digits int) string {
	b := make([]byte, digits/2)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}
