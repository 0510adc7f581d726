//go:build !linux

package sandbox

import (
	"context"
	"net"
	"os"
	"syscall"
)

// Probe returns ErrUnsupported.
func Probe(context.Context, ...Mount) (unfiltered string, err error) { return "", ErrUnsupported }

// Run returns ErrUnsupported.
func Run(context.Context, Config, func(Result)) error { return ErrUnsupported }

// Start returns ErrUnsupported in a RefusedError.
func Start(ProcessConfig) (*Process, error) {
	return nil, &RefusedError{Err: ErrUnsupported}
}

// A Process does not exist on this system: Start never returns one.
type Process struct{}

// Wait returns "".
func (*Process) Wait() string { return "" }

// UID returns -1.
func (*Process) UID() int { return -1 }

// Unfiltered returns "".
func (*Process) Unfiltered() string { return "" }

// TasksBounded returns false.
func (*Process) TasksBounded() bool { return false }

// Signal does nothing.
func (*Process) Signal(syscall.Signal) {}

// Kill does nothing.
func (*Process) Kill() {}

// Stop does nothing.
func (*Process) Stop() {}

// Again returns ErrUnsupported.
func (*Process) Again(Command) error { return ErrUnsupported }

// Beside returns ErrUnsupported.
func (*Process) Beside(Command, *os.File) (wait func() string, err error) { return nil, ErrUnsupported }

// Dial returns ErrUnsupported.
func (*Process) Dial(int) (net.Conn, error) { return nil, ErrUnsupported }

// Close does nothing.
func (*Process) Close() {}

// Usage returns a zero Usage.
func (*Process) Usage() Usage { return Usage{} }

// ReadUsage returns a zero Usage.
func ReadUsage(int) Usage { return Usage{} }

// KeepDescriptors does nothing: on other systems, a program inherits only the
// descriptors that its start names.
func KeepDescriptors() error { return nil }
