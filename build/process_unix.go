//go:build unix

package build

import (
	"os/exec"
	"syscall"
)

// asUser lets the command run as another user, in no other group.
func asUser(cmd *exec.Cmd, uid, gid int) {
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}
