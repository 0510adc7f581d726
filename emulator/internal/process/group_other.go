//go:build !unix

package process

import "syscall"

func ownGroup() *syscall.SysProcAttr { return nil }

// killGroup does nothing: there are no groups of processes.
func killGroup(int) {}
