//go:build !linux

package process

import "os/exec"

// EndWithParent does nothing: only Linux can do that.
func EndWithParent(*exec.Cmd) {}
