//go:build unix

package build

import (
	"os/exec"
	"syscall"
)

// asUser lets the command run as the world's user, in no other group.
func asUser(cmd *exec.Cmd, w World) {
	uid, gid := w.user()
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}
