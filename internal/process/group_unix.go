//go:build unix

package process

import (
	"os"
	"syscall"
)

// Group returns the attributes of a process that leads its own group.
func Group() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// Kill ends all processes of the group that pid leads.
func Kill(pid int) error { return syscall.Kill(-pid, syscall.SIGKILL) }

func kill(p *os.Process) error { return Kill(p.Pid) }

// alive reports whether a process of the group is left.
func alive(group int) bool { return syscall.Kill(-group, 0) == nil }
