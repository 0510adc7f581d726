//go:build !unix

package checkout

import "os/exec"

func ownGroup(*exec.Cmd) {}

func killGroup(cmd *exec.Cmd) error { return cmd.Process.Kill() }

func groupLives(*exec.Cmd) bool { return false }
