//go:build !unix

package tool

import "os/exec"

func ownGroup(*exec.Cmd) {}

// killGroup ends the command alone. What it started goes on to its end, and
// run waits for that.
func killGroup(cmd *exec.Cmd) error { return cmd.Process.Kill() }
