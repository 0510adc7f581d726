package sandbox

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// simulator runs the filter for this architecture as the kernel does. CI also runs
// this test for arm64, under qemu, where no filter can be loaded.
type simulator struct {
	*bpf.VM
	info *arch.Info
}

func simulate(t *testing.T) simulator {
	t.Helper()
	p, err := policy()
	if err != nil {
		t.Fatal(err)
	}
	program, err := p.Assemble()
	if err != nil {
		t.Fatal(err)
	}
	// The virtual machine of x/net reads its input as big endian, since packets are.
	// The kernel's words have the native byte order, so run writes them as big endian.
	vm, err := bpf.NewVM(program)
	if err != nil {
		t.Fatal(err)
	}
	info, err := arch.GetInfo("")
	if err != nil {
		t.Fatal(err)
	}
	return simulator{vm, info}
}

// run returns what the filter does with a call, described as struct seccomp_data
// (seccomp(2)).
func (s simulator) run(t *testing.T, audit uint32, number int, args ...uint64) seccomp.Action {
	t.Helper()
	data := binary.BigEndian.AppendUint32(nil, uint32(number))
	data = binary.BigEndian.AppendUint32(data, audit)
	data = append(data, make([]byte, 8)...) // instruction pointer
	for i := range 6 {
		var a uint64
		if i < len(args) {
			a = args[i]
		}
		data = binary.BigEndian.AppendUint32(data, uint32(a))
		data = binary.BigEndian.AppendUint32(data, uint32(a>>32))
	}
	action, err := s.Run(data)
	if err != nil {
		t.Fatal(err)
	}
	return seccomp.Action(action)
}

const (
	refused = seccomp.ActionErrno | seccomp.Action(unix.EPERM)
	missing = seccomp.ActionErrno | seccomp.Action(unix.ENOSYS)
)

func TestFilterNumbers(t *testing.T) {
	s := simulate(t)
	free := strings.Fields(allowed)
	conditional := []string{"clone", "chmod", "fchmod", "fchmodat", "fchmodat2", "socket", "personality"}
	for number, name := range s.info.SyscallNumbers {
		if slices.Contains(conditional, name) {
			continue
		}
		want := refused
		switch {
		case name == "clone3":
			want = missing
		case slices.Contains(free, name):
			want = seccomp.ActionAllow
		}
		if got := s.run(t, uint32(s.info.ID), number); got != want {
			t.Errorf("%s: %x, want %x", name, got, want)
		}
	}
	for _, name := range []string{
		"bpf", "io_uring_setup", "keyctl", "add_key", "request_key", "perf_event_open", "mount", "umount2", "pivot_root", "unshare",
		"setns", "open_tree", "move_mount", "init_module", "kexec_load", "userfaultfd", "open_by_handle_at", "reboot", "swapon", "acct",
	} {
		if number, ok := s.info.SyscallNames[name]; ok && s.run(t, uint32(s.info.ID), number) != refused {
			t.Errorf("%s is allowed", name)
		}
	}
	if got := s.run(t, uint32(s.info.ID)+1, s.info.SyscallNames["read"]); got != refused {
		t.Errorf("another architecture's call: %x", got)
	}
}

func TestFilterArguments(t *testing.T) {
	s := simulate(t)
	for _, c := range []struct {
		name string
		ok   bool
		args []uint64
	}{
		{"clone", true, []uint64{uint64(unix.SIGCHLD)}},
		{"clone", true, []uint64{unix.CLONE_VM | unix.CLONE_VFORK | uint64(unix.SIGCHLD)}},
		{"clone", false, []uint64{unix.CLONE_NEWUSER | uint64(unix.SIGCHLD)}},
		{"clone", false, []uint64{unix.CLONE_NEWNS}},
		{"clone", false, []uint64{unix.CLONE_NEWNET}},
		{"clone", false, []uint64{unix.CLONE_NEWPID}},
		{"clone", false, []uint64{unix.CLONE_NEWIPC}},
		{"clone", false, []uint64{unix.CLONE_NEWUTS}},
		{"clone", false, []uint64{unix.CLONE_NEWCGROUP}},
		{"socket", true, []uint64{unix.AF_UNIX}},
		{"socket", true, []uint64{unix.AF_INET6}},
		{"socket", true, []uint64{unix.AF_NETLINK}},
		{"socket", false, []uint64{unix.AF_ALG}},
		{"socket", false, []uint64{unix.AF_VSOCK}},
		{"socket", false, []uint64{unix.AF_PACKET}},
		{"socket", false, []uint64{1<<32 | unix.AF_VSOCK}},
		{"personality", true, []uint64{0}},
		{"personality", true, []uint64{0xffffffff}},
		{"personality", false, []uint64{0x40000}}, // ADDR_NO_RANDOMIZE
		{"fchmod", true, []uint64{3, 0o755}},
		{"fchmod", false, []uint64{3, 0o4755}},
		{"fchmod", false, []uint64{3, 1<<32 | 0o2755}},
		{"fchmodat", true, []uint64{0, 0, 0o1777}},
		{"fchmodat", false, []uint64{0, 0, 0o6755}},
		{"fchmodat2", false, []uint64{0, 0, 0o4755}},
		{"chmod", true, []uint64{0, 0o644}},
		{"chmod", false, []uint64{0, 0o4755}},
	} {
		number, ok := s.info.SyscallNames[c.name]
		if !ok && c.name == "chmod" {
			continue // arm64 has none
		}
		if got := s.run(t, uint32(s.info.ID), number, c.args...); (got == seccomp.ActionAllow) != c.ok {
			t.Errorf("%s(%x): %x", c.name, c.args, got)
		}
	}
	// An argument that is compared after a condition that did not match must not be
	// mistaken for a call's number.
	for family := range uint64(1024) {
		want := family == unix.AF_UNIX || family == unix.AF_INET || family == unix.AF_INET6 || family == unix.AF_NETLINK
		if got := s.run(t, uint32(s.info.ID), s.info.SyscallNames["socket"], family) == seccomp.ActionAllow; got != want {
			t.Errorf("socket(%d): allowed is %v", family, got)
		}
		want = family == 0 || family == 8
		if got := s.run(t, uint32(s.info.ID), s.info.SyscallNames["personality"], family) == seccomp.ActionAllow; got != want {
			t.Errorf("personality(%d): allowed is %v", family, got)
		}
	}
}
