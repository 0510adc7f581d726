//go:build linux

package cgroup

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	for name, c := range map[string]struct {
		mounts, own string
		want        []hierarchy
	}{
		"version 2, a user's session": {
			"35 24 0:29 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n", "0::/user.slice/app.slice/x.scope\n",
			[]hierarchy{{[]string{"/sys/fs/cgroup/user.slice/app.slice/x.scope", "/sys/fs/cgroup/user.slice/app.slice"}, "memory.max", "memory.swap.max", true, true}},
		},
		"version 2, in a container": {
			"35 24 0:29 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n", "0::/\n",
			[]hierarchy{{[]string{"/sys/fs/cgroup"}, "memory.max", "memory.swap.max", true, true}},
		},
		"version 1": {
			"35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n39 31 0:36 /a /sys/fs/cgroup/pids rw shared:4 - cgroup cgroup rw,pids\n40 31 0:9 / /x rw - tmpfs none rw\n",
			"8:pids:/a/b\n4:memory:/m\n0::/\n",
			[]hierarchy{
				{[]string{"/sys/fs/cgroup/memory/m"}, "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", false, false},
				{[]string{"/sys/fs/cgroup/pids/b"}, "", "", true, false},
			},
		},
		"a group outside of what is mounted": {"39 31 0:36 /other /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n", "8:pids:/a/b\n", nil},
		"none":                               {"", "", nil},
	} {
		if got := find(c.mounts, c.own); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestGroup(t *testing.T) {
	g := New(64<<20, 50)
	defer g.Close()
	if !g.Memory && !g.Tasks {
		t.Skip("no control groups can be made here")
	}
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	g.Add(cmd.Process.Pid)
	Sweep() // removes only groups of other processes
	for _, folder := range g.dirs {
		if text, err := os.ReadFile(filepath.Join(folder, "cgroup.procs")); err != nil || strings.TrimSpace(string(text)) != strconv.Itoa(cmd.Process.Pid) {
			t.Errorf("%s: %q, %v", folder, text, err)
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	folders := g.dirs
	g.Close()
	for _, folder := range folders {
		if _, err := os.Stat(folder); !os.IsNotExist(err) {
			t.Errorf("%s is left: %v", folder, err)
		}
	}
}

func TestSweep(t *testing.T) {
	g := New(64<<20, 50)
	defer g.Close()
	if len(g.dirs) == 0 {
		t.Skip("no control groups can be made here")
	}
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(filepath.Dir(g.dirs[0]), prefix+strconv.Itoa(gone.Process.Pid)+"-LEFT")
	if err := os.Mkdir(left, 0o755); err != nil {
		t.Fatal(err)
	}
	Sweep()
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("%s is left: %v", left, err)
	}
	if _, err := os.Stat(g.dirs[0]); err != nil {
		t.Errorf("a living one's group was swept: %v", err)
	}
}
