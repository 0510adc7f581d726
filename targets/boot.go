package targets

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"

	"github.com/bootzip/bootzip/emulator"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// bootZip starts the function in a zip, and adds to its report how that went. A zip in which
// checks failed already is not started: what it does would say nothing new, and it may be anybody's.
func bootZip(ctx context.Context, report *verify.Report, target verify.Target, handlers []string) error {
	if !report.OK() {
		report.Add(verify.BootResult(verify.Skip, "other checks failed"))
		return nil
	}
	if target.Options.Kind == verify.KindLayer {
		report.Add(verify.BootResult(verify.Skip, "a layer is not started by itself"))
		return nil
	}
	result, err := emulator.Boot(ctx, emulator.BootConfig{
		Zip: target.Path, Function: target.Options.Function, Arch: target.Options.Arch, Handlers: handlers, Qemu: findQemu(),
	})
	if err != nil {
		return fmt.Errorf("boot check of %q: %w", target.Path, err)
	}
	report.Add(result)
	return nil
}

// findQemu looks for what runs programs of the other architecture.
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
