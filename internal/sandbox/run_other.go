//go:build !linux

package sandbox

import "context"

// Probe says whether a sandbox can be made here, and why not.
func Probe(context.Context) error { return ErrUnsupported }

// Run is not possible on this system.
func Run(context.Context, Config, func(Result)) error { return ErrUnsupported }
