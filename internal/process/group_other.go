//go:build !unix

package process

import (
	"os"
	"syscall"
)

// Group returns nil: there are no process groups.
func Group() *syscall.SysProcAttr { return nil }

// Kill does nothing: there are no process groups.
func Kill(int) error { return nil }

func kill(p *os.Process) error { return p.Kill() }

func alive(int) bool { return false }
