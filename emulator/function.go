package emulator

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/bootzip/bootzip/emulator/internal/process"
	"github.com/bootzip/bootzip/emulator/internal/unpack"
	"github.com/bootzip/bootzip/internal/scratch"
)

// latest is the version that an unqualified name stands for.
const latest = "$LATEST"

// A Function is an unpacked zip with its instances. Its methods may be called
// from several goroutines.
type Function struct {
	config  Config
	folder  *scratch.Folder // removed by Close
	task    string          // what becomes /var/task
	etc     string          // what becomes /etc
	program program
	qemu    string
	log     io.Writer // config.Log, with writes one after the other

	instances sync.WaitGroup // that have not been stopped
	calls     sync.WaitGroup // invocations on their way
	life      context.Context
	giveUp    context.CancelFunc // ends the calls

	mu        sync.Mutex
	kept      map[*instance]bool
	idle      []*instance // of these, the last used at the end; once for each event that one can take
	running   int         // instances, idle or not, and those being started
	starting  int         // of these, those being started
	finishing int         // those that have answered, and are not ready again
	waiters   []waiter    // calls that wait for one of these
	patience  *time.Timer // calls hurry
	watching  bool        // it will
	closed    bool
	plain     bool
	refusal   string // why instances are plain processes
	bounds    string
}

// tempKind is that of the folders that zips are unpacked into.
const tempKind = "emulator"

// New unpacks a zip and gets ready to start it. An *UnsupportedError says that this machine cannot
// run the function. The caller closes the Function.
func New(ctx context.Context, c Config) (_ *Function, err error) {
	c, err = c.withDefaults()
	if err != nil {
		return nil, err
	}
	sweep(c.Temp)
	folder, err := scratch.New(c.Temp, tempKind)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = folder.Remove()
		}
	}()
	f := &Function{config: c, folder: folder, task: filepath.Join(folder.Path, "task"), plain: c.Plain, kept: map[*instance]bool{}}
	f.life, f.giveUp = context.WithCancel(context.Background())
	if c.Log != nil {
		f.log = &orderly{w: c.Log}
	}
	// For everybody to read, whatever the umask: in a sandbox the function is
	// another user.
	if err := errors.Join(os.Mkdir(f.task, 0o755), os.Chmod(f.task, 0o755)); err != nil {
		return nil, err
	}
	f.etc = filepath.Join(folder.Path, "etc")
	if err := process.WriteEtc(f.etc); err != nil {
		return nil, err
	}
	if err := unpack.Zip(ctx, c.Zip, f.task); err != nil {
		return nil, err
	}
	if f.program, err = inspect(filepath.Join(f.task, "bootstrap")); err != nil && !errors.Is(err, os.ErrNotExist) {
		// Lambda tells of a bootstrap that cannot be read when it starts
		// it, and so does launch.
		f.program = program{}
	}
	if f.qemu, err = runner(c, f.program); err != nil {
		return nil, err
	}
	return f, nil
}

// Isolation says in a few words what instances see of this machine. It is
// certain once the first was started.
func (f *Function) Isolation() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	how := ""
	if f.qemu != "" {
		how = ", by qemu"
	}
	switch {
	case f.refusal != "":
		return "as a plain process" + how + " (" + f.refusal + ")"
	case f.plain:
		return "as a plain process" + how
	case f.program.system:
		return "in a root with this machine's system folders" + how
	}
	return "in an empty root" + how
}

// Bounds says in a few words how instances are kept from using more memory and threads than they may; empty as
// long as none was started.
func (f *Function) Bounds() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.bounds
}

// Close stops the function. Invocations on their way may end until ctx is
// done; then they are given up. It returns when no process is left.
func (f *Function) Close(ctx context.Context) error {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return nil
	}
	f.closed = true
	f.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		f.calls.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		f.giveUp()
		f.giveUpAll()
		<-ended
	}
	f.giveUp()
	f.mu.Lock()
	for i := range f.kept {
		f.forget(i)
	}
	f.mu.Unlock()
	f.instances.Wait()
	return f.folder.Remove()
}

// giveUpAll gives up what instances are answering.
func (f *Function) giveUpAll() {
	var all []*invocation
	f.mu.Lock()
	for i := range f.kept {
		i.mu.Lock()
		all = append(all, i.active...)
		i.mu.Unlock()
	}
	f.mu.Unlock()
	for _, v := range all {
		v.giveUp(errGivenUp)
	}
}

// ErrClosed is returned by Invoke after Close, and is wrapped in the error for
// what Close gave up.
var ErrClosed = errors.New("function was stopped")

var errGivenUp = fmt.Errorf("invocation was given up: %w", ErrClosed)

// orderly keeps writes from overlapping.
type orderly struct {
	mu sync.Mutex
	w  io.Writer
}

func (o *orderly) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.w.Write(p)
}

// newID returns so many random hexadecimal digits.
func newID(digits int) string {
	b := make([]byte, digits/2)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}
