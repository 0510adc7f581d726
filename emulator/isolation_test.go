package emulator

import (
	"testing"

	"github.com/bootzip/bootzip/emulator/internal/cgroup"
	"github.com/bootzip/bootzip/emulator/internal/process"
)

// A started is a process that bounds its tasks, or does not.
type started struct {
	process.Process
	bounded bool
}

func (s started) TasksBounded() bool { return s.bounded }
func (s started) Unfiltered() string { return "" }

// Threads are limited by a control group, or by the sandbox without one.
func TestBounds(t *testing.T) {
	for _, c := range []struct {
		group   cgroup.Group
		bounded bool
		want    string
	}{
		{cgroup.Group{}, false, "memory is watched; threads are not limited"},
		{cgroup.Group{}, true, "memory is watched; threads are limited"},
		{cgroup.Group{Memory: true, Tasks: true}, false, "memory is watched, and bounded by a control group; threads are limited"},
	} {
		f := &Function{}
		f.noteStart(&bootstrap{group: &c.group, process: started{bounded: c.bounded}})
		if f.Bounds() != c.want {
			t.Errorf("%q, want %q", f.Bounds(), c.want)
		}
	}
}
