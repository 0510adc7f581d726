package process

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"

	"github.com/bootzip/bootzip/internal/sandbox"
)

// attached is a process that the caller starts and ends.
type attached struct {
	start func(environment []string)

	mu    sync.Mutex
	ended chan struct{} // closed by Stop
}

// Attached returns a process that the caller starts: start gets its environment. It
// counts as running until Stop or Close.
func Attached(c Config, start func(environment []string)) Process {
	a := &attached{start: start}
	_ = a.Again(append(c.Env, "LAMBDA_TASK_ROOT="+c.Task))
	return a
}

func (a *attached) Again(env []string) error {
	a.mu.Lock()
	a.ended = make(chan struct{})
	a.mu.Unlock()
	a.start(env)
	return nil
}

func (a *attached) Wait() string {
	a.mu.Lock()
	ended := a.ended
	a.mu.Unlock()
	<-ended
	return "signal: killed"
}

func (a *attached) Stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	select {
	case <-a.ended:
	default:
		close(a.ended)
	}
}

func (a *attached) Beside(string, []string, *os.File) (wait func() string, err error) {
	return nil, errors.New("nothing is started beside it")
}

func (a *attached) Close()                          { a.Stop() }
func (a *attached) Signal(syscall.Signal)           {}
func (a *attached) Dial(port int) (net.Conn, error) { return dialMachine(port) }
func (a *attached) Usage() sandbox.Usage            { return sandbox.Usage{} }
func (a *attached) UID() int                        { return os.Getuid() }
func (a *attached) Unfiltered() string              { return "somebody else starts it" }
