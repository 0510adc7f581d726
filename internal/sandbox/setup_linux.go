package sandbox

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// initName is the name under which this program starts itself again.
const initName = "bootzip-sandbox-init"

// A setup is the first message to the first process of a sandbox.
type setup struct {
	UID, GID int  // inside
	Mapped   bool // the process has to change to these ids

	Mounts      []Mount
	Filter      filter
	Descriptors uint64
	Tasks       uint64

	descriptors []int // of the mounts, which were opened outside; only if Mapped

	Config  *Config        `json:",omitempty"` // of Run
	Process *ProcessConfig `json:",omitempty"` // of Start
}

func (s setup) identity() identity { return identity{uid: s.UID, gid: s.GID, mapped: s.Mapped} }

// A child is the first process of a sandbox, after the setup was sent to it.
type child struct {
	cmd     *exec.Cmd
	channel *channel
	id      identity
}

// start starts the first process and sends it the setup. If owned, the mounts show
// the caller's files as the sandbox's own.
func start(s setup, mounts []Mount, owned bool, namespaces uintptr, output *os.File) (*child, error) {
	id, err := newIdentity(s.UID, s.GID)
	if err != nil {
		return nil, err
	}
	s.Mapped, s.Mounts = id.mapped, mounts
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{initName}
	// The first process does little: one thread is enough.
	cmd.Env = []string{"GOMAXPROCS=1"}
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = id.namespaces()
	cmd.SysProcAttr.Cloneflags |= namespaces
	c, theirs, err := newChannel()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	cmd.ExtraFiles = []*os.File{theirs}
	if err := cmd.Start(); err != nil {
		c.close()
		return nil, fmt.Errorf("namespaces are refused: %w", err)
	}
	if s.Process != nil && s.Process.Begun != nil {
		s.Process.Begun(cmd.Process.Pid)
	}
	// Opening the mounts takes about as long as the first process needs to start.
	var opened []int
	if id.mapped {
		opened, err = id.open(mounts, owned, cmd.Process.Pid)
	}
	if err == nil {
		s.Filter = newFilter()
		err = c.send(s, opened...)
	}
	for _, d := range opened {
		unix.Close(d)
	}
	if err != nil && !errors.Is(err, unix.EPIPE) {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		c.close()
		return nil, err
	}
	return &child{cmd, c, id}, nil
}

// open opens the mounts for the first process if the caller is root: that process cannot enter
// directories that only root may enter. first is its process id. The caller closes the
// descriptors, even after an error.
func (id identity) open(mounts []Mount, owned bool, first int) (descriptors []int, err error) {
	if len(mounts) > maxDescriptors {
		return nil, fmt.Errorf("%d mounts, more than %d", len(mounts), maxDescriptors)
	}
	var ids *os.File
	if owned {
		if ids, err = id.idNamespace(first); err != nil {
			return nil, err
		}
		defer ids.Close()
	}
	for _, m := range mounts {
		t, err := openTree(m, ids)
		if err != nil {
			return descriptors, err
		}
		descriptors = append(descriptors, t.descriptor)
	}
	return descriptors, nil
}
