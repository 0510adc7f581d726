package emulator

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/bootzip/bootzip/emulator/internal/process"
	"github.com/bootzip/bootzip/internal/elfscan"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
)

// An UnsupportedError reports that this machine cannot run a function. It is not about
// the function.
type UnsupportedError struct{ Reason string }

func (e *UnsupportedError) Error() string { return e.Reason }

// A program describes a bootstrap before it is started.
type program struct {
	arch   project.Arch // empty: any, or unknown
	system bool         // it needs files of the system: an interpreter, libraries
}

// inspect examines a bootstrap. It leaves it to the kernel to refuse a file that is neither
// an ELF program nor a script.
func inspect(name string) (program, error) {
	f, err := openEntry(name)
	if err != nil {
		return program{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return program{}, err
	}
	start := make([]byte, 4)
	n, err := f.ReadAt(start, 0)
	if err != nil && err != io.EOF {
		return program{}, err
	}
	switch {
	case string(start[:2]) == "#!":
		return program{system: true}, nil
	case !elfscan.IsELF(start[:n]):
		return program{}, nil
	}
	e, err := elfscan.Read(f, info.Size(), -1)
	if err != nil {
		return program{}, err
	}
	return program{arch: project.Arch(e.GOARCH()), system: e.HasInterp}, nil
}

// openEntry opens a bootstrap, through a link if that stays in the zip.
func openEntry(name string) (*os.File, error) {
	return os.OpenInRoot(filepath.Dir(name), filepath.Base(name))
}

// chooseContainer chooses docker or podman on systems other than Linux, where instances
// cannot be started directly.
func (c *Config) chooseContainer() error {
	if runtime.GOOS == "linux" || c.Attach != nil || c.Container != "" {
		return nil
	}
	client, err := process.FindClient()
	if err != nil {
		return hint.Wrap(&UnsupportedError{fmt.Sprintf("functions are programs for Linux, this is %s, and no container engine answers (%v)", runtime.GOOS, err)},
			"install and start docker or podman")
	}
	c.Container = client
	return nil
}

// platform returns the platform of containers, such as linux/amd64.
func (f *Function) platform() string {
	return "linux/" + string(cmp.Or(f.program.arch, f.config.Arch, machine()))
}

// runner decides how to run the bootstrap: directly, or by qemu.
func runner(c Config, p program) (qemu string, err error) {
	if c.Attach != nil || c.Container != "" {
		return "", nil
	}
	arch := c.Arch
	if c.Root != nil && c.Root.Arch != "" {
		arch = c.Root.Arch
		if p.system && p.arch == "" && arch != machine() {
			return "", &UnsupportedError{fmt.Sprintf("it starts a script, whose interpreter is for %s, and this machine is %s", arch, runtime.GOARCH)}
		}
	}
	if p.arch != "" {
		arch = p.arch // the actual architecture, not the expected one
	}
	if arch == "" || arch == machine() {
		return "", nil
	}
	if p.arch == "" && p.system {
		return "", nil // a script
	}
	if c.Qemu == "" {
		return "", hint.Wrap(&UnsupportedError{fmt.Sprintf("it is for %s, this machine is %s, and qemu-user is not installed", arch, runtime.GOARCH)},
			"install Debian's package qemu-user-static")
	}
	return c.Qemu, nil
}

// checkBootstrap returns Lambda's own error for a missing bootstrap.
func checkBootstrap(name string) error {
	missing := errors.New("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]") //lint:ignore ST1005 Lambda's words
	root, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer root.Close()
	info, err := root.Stat(filepath.Base(name)) // through a link, if that stays in the zip
	switch {
	case err != nil, !info.Mode().IsRegular():
		return missing
	case info.Mode()&0o111 == 0:
		// qemu would start it.
		return errors.New("fork/exec /var/task/bootstrap: permission denied")
	}
	return nil
}

// machine returns the architecture of this machine.
func machine() project.Arch { return project.Arch(runtime.GOARCH) }
