//go:build !unix

package build

import "os/exec"

func ownGroup(*exec.Cmd) {}

func killGroup(cmd *exec.Cmd) error { return cmd.Process.Kill() }

func groupLives(*exec.Cmd) bool { return false }

// asUser is never asked for: see host.refuses.
func asUser(*exec.Cmd, World) {}
