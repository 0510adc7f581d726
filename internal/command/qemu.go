package command

import (
	"os/exec"
	"runtime"

	"github.com/bootzip/bootzip/project"
)

// findQemu returns the program that runs programs of the other architecture; "": none.
func findQemu() string {
	name := "qemu-aarch64-static"
	if project.Arch(runtime.GOARCH) == project.ARM64 {
		name = "qemu-x86_64-static"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	return path
}
