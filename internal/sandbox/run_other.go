//go:build !linux

package sandbox

import (
	"context"
	"net"
	"os"
	"syscall"
)

// Probe says whether a sandbox can be made here, and why not.
func Probe(context.Context, ...Mount) (unfiltered string, err error) { return "", ErrUnsupported }

// Run is not possible on this system.
func Run(context.Context, Config, func(Result)) error { return ErrUnsupported }

// Start is not possible on this system.
func Start(ProcessConfig) (*Process, error) {
	return nil, &RefusedError{Err: ErrUnsupported}
}

// A Process is not possible on this system: Start returns none.
type Process struct{}

// Wait returns how nothing ended.
func (*Process) Wait() string { return "" }

// UID returns -1.
func (*Process) UID() int { return -1 }

// Unfiltered says nothing.
func (*Process) Unfiltered() string { return "" }

// TasksBounded reports whether ProcessConfig.Tasks holds.
func (*Process) TasksBounded() bool { return false }

// Signal does nothing.
func (*Process) Signal(syscall.Signal) {}

// Kill does nothing.
func (*Process) Kill() {}

// Stop does nothing.
func (*Process) Stop() {}

// Again is not possible on this system.
func (*Process) Again(Command) error { return ErrUnsupported }

// Beside is not possible on this system.
func (*Process) Beside(Command, *os.File) (wait func() string, err error) { return nil, ErrUnsupported }

// Dial is not possible on this system.
func (*Process) Dial(int) (net.Conn, error) { return nil, ErrUnsupported }

// Close does nothing.
func (*Process) Close() {}

// Usage knows nothing.
func (*Process) Usage() Usage { return Usage{} }

// ReadUsage knows nothing on this system.
func ReadUsage(int) Usage { return Usage{} }

// KeepDescriptors does nothing: other systems hand on no more than what is
// named.
func KeepDescriptors() error { return nil }
