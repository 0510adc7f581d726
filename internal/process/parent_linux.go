package process

import (
	"os/exec"
	"syscall"
)

// EndWithParent asks the kernel to kill the command when this process ends in
// whatever way. The kernel takes the end of the thread that starts the command
// for that (prctl(2), PR_SET_PDEATHSIG): threads of Go end only with a
// goroutine that has locked one and returns.
func EndWithParent(cmd *exec.Cmd) { cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL }
