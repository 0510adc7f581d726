//go:build unix

package build

import (
	"os/exec"
	"syscall"
)

// asUser makes the command run as another user, with one group.
func asUser(cmd *exec.Cmd, uid, gid int) {
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}
