//go:build !unix

package build

import "os/exec"

// asUser is never called: see host.userUnsupported.
func asUser(*exec.Cmd, int, int) {}
