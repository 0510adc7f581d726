package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// initName is the name under which Run starts this program again.
const initName = "bootzip-sandbox-init"

// A setup is the first thing that the first process of a sandbox reads.
type setup struct {
	Config  Config
	Process *ProcessConfig // for Start
}

// namespaces are those that every sandbox has. The caller is the user uid in
// them, with no more rights outside than he has.
func namespaces(uid, gid int) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID |
			syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: uid, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: gid, HostID: os.Getgid(), Size: 1}},
		Setpgid:     true,
	}
	if uid != 0 {
		// What the first process needs to make the root and to give up the
		// rest. Root has it anyway; anybody else loses all capabilities but
		// the ambient ones when the program starts (capabilities(7)).
		attr.AmbientCaps = []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_SETPCAP}
	}
	return attr
}

// Probe says whether a sandbox can be made here, and why not.
func Probe(ctx context.Context) error {
	return Run(ctx, Config{Parallel: 1}, nil)
}

// Run makes a sandbox, runs the commands in it and tells finished of each
// that ends, one at a time. The error is about the sandbox: a command that
// fails is a Result.
func Run(ctx context.Context, c Config, finished func(Result)) error {
	order, err := json.Marshal(setup{Config: c})
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Args = []string{initName}
	cmd.Env = []string{}
	cmd.Stdin = bytes.NewReader(order)
	cmd.WaitDelay = 2 * time.Second
	cmd.SysProcAttr = namespaces(c.UID, c.GID)
	cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWNET
	// Everything inside is in the process namespace of the first process, so
	// its end is the end of all.
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("namespaces are refused: %w", err)
	}
	ended := 0
	var readErr error
	for results := json.NewDecoder(stdout); ; ended++ {
		var r Result
		if readErr = results.Decode(&r); readErr != nil {
			break
		}
		if finished != nil {
			finished(r)
		}
	}
	if errors.Is(readErr, io.EOF) {
		readErr = nil
	}
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("sandbox: %s (%w)", strings.TrimSpace(stderr.String()), err)
	case readErr != nil:
		return fmt.Errorf("sandbox: %w", readErr)
	case ended != len(c.Commands):
		return fmt.Errorf("sandbox: %d of %d commands ended", ended, len(c.Commands))
	}
	return nil
}
