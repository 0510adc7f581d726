package process

import (
	"os"
	"sync"
	"syscall"

	"github.com/bootzip/bootzip/internal/sandbox"
)

// attached is a process that the caller starts and ends.
type attached struct {
	once
	ended chan struct{}
	end   func() // closes ended
}

// Attached returns a process that the caller starts: start gets its environment. It
// counts as running until Stop or Close.
func Attached(c Config, start func(environment []string)) Process {
	ended := make(chan struct{})
	start(append(c.Env, "LAMBDA_TASK_ROOT="+c.Task))
	return attached{ended: ended, end: sync.OnceFunc(func() { close(ended) })}
}

func (a attached) Wait() string {
	<-a.ended
	return "signal: killed"
}

func (a attached) Stop()                 { a.end() }
func (a attached) Close()                { a.end() }
func (a attached) Signal(syscall.Signal) {}
func (a attached) Usage() sandbox.Usage  { return sandbox.Usage{} }
func (a attached) UID() int              { return os.Getuid() }
func (a attached) Unfiltered() string    { return "somebody else starts it" }
