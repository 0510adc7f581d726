package process

import (
	"os/exec"
	"syscall"
)

// EndWithParent asks the kernel to kill the command when this process ends, for
// whatever reason. For the kernel, the parent is the thread that starts the
// command (prctl(2), PR_SET_PDEATHSIG). A Go thread ends only if a goroutine
// locked it and returned.
func EndWithParent(cmd *exec.Cmd) { cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL }
