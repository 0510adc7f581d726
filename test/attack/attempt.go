//go:build linux

package attack

import (
	"errors"
	"fmt"
	"slices"
	"syscall"
)

// An Attempt is one way to try to get out of a place.
type Attempt struct {
	ID   string
	What string // what an attacker gains, in a few words

	// Alone marks an attempt that may end the place itself, because it exceeds
	// a limit. It gets a run of its own.
	Alone bool

	// Try returns nil if the attempt succeeded.
	Try func(Target) error
}

// A Node identifies a file or directory of the host, to distinguish it from one
// inside with the same name.
type Node struct{ Device, Inode uint64 }

// A Target describes what is outside, and what the place promises. A zero field
// means that there is no such thing.
type Target struct {
	Program string   // path of the attacker, inside
	Only    []string // attempts to make; empty: all that are not Alone

	Nodes   map[string]Node // host path → what it is there
	Planted string          // directory of the host, with a file "secret"
	Secret  string          // the content of that file, and of anything else that must stay secret
	Mark    string          // identifies a process by its command line
	Victim  int             // process of the host; its environment holds Secret
	Init    int             // the first process of the place; 0: 1
	Between bool            // there is a user namespace between the place's and the host's

	TCP       string // listener on the host's loopback interface
	Address   string // listener on another interface of the host
	Abstract  string // name of an abstract Unix socket on the host, without the leading NUL
	Socket    string // path of a Unix socket on the host
	Own       string // address of the Runtime API of this instance
	Neighbour string // address of the Runtime API of another instance

	Scratch   string // writable directory inside; "": /tmp
	Out       string // writable directory that the host sees
	Source    string // read-only directory with sources
	Toolchain string // read-only directory with a toolchain

	Memory int64 // limit in bytes
	Temp   int64 // size of /tmp in bytes
	Tasks  int   // limit on processes and threads
	Files  int   // limit on descriptors per process
}

func (t Target) init() int {
	if t.Init == 0 {
		return 1
	}
	return t.Init
}

func (t Target) scratch() string {
	if t.Scratch == "" {
		return "/tmp"
	}
	return t.Scratch
}

// All returns the attempts in the order in which they are made.
func All() []Attempt {
	return slices.Concat(hostFiles(), writes(), procFiles(), processFiles(), sysFiles(), deviceFiles(), mounts(),
		namespaces(), identities(), sockets(), processes(), schedules(), kernel(), machine(), limits(), leftovers())
}

// Find returns the attempt with this id.
func Find(id string) (Attempt, error) {
	for _, a := range All() {
		if a.ID == id {
			return a, nil
		}
	}
	return Attempt{}, fmt.Errorf("no attempt %q", id)
}

// errAbsent means that there was nothing to attack, not that the attack was refused.
var errAbsent = errors.New("there is no such thing here")

// Absent reports whether err means that the thing attacked does not exist: the
// kernel was built without it, or the Target has no such thing.
func Absent(err error) bool {
	for _, e := range []error{errAbsent, syscall.ENOENT, syscall.ENOSYS, syscall.ENODEV, syscall.ENXIO,
		syscall.EAFNOSUPPORT, syscall.EPROTONOSUPPORT, syscall.ESOCKTNOSUPPORT, syscall.EOPNOTSUPP} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// past returns nil if err is one of granted: errors that the kernel returns only
// after it has checked privileges.
func past(err error, granted ...syscall.Errno) error {
	for _, e := range granted {
		if errors.Is(err, e) {
			return nil
		}
	}
	return err
}

// errno turns the errno of a raw system call into an error.
func errno(e syscall.Errno) error {
	if e != 0 {
		return e
	}
	return nil
}
