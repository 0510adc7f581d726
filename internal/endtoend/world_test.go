//go:build linux

package endtoend

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/project"
)

// elsewhere is a world in which nothing is as usual.
func elsewhere() build.World {
	return build.World{
		UID: 4321, GID: 8765, Umask: 0o077, TimeZone: "Asia/Kathmandu", Locale: "tr_TR.UTF-8", CPUs: 1,
		Hostname: "elsewhere", Clock: 400 * 24 * time.Hour,
	}
}

// The samples have the same bytes in another world: as another user, with
// another umask, time zone, locale, host name and clock, on one CPU, from a
// cold cache, in another folder and by another engine, where there is one.
func TestAnotherWorldChangesNoByte(t *testing.T) {
	for _, folder := range []string{goProject, otherProject} {
		able := slices.DeleteFunc(engines(t), func(e string) bool { return !slices.Contains(projects(e), folder) })
		if len(able) == 0 {
			continue // no engine has their compilers
		}
		first, second := able[0], able[min(1, len(able)-1)]
		t.Run(folder+" by "+second, func(t *testing.T) {
			want := sums(sample(t, first, folder))
			root := filepath.Join(tree(t, nil), "another folder")
			copySamples(t, root)
			root = filepath.Join(root, folder)
			functions := load(t, root)
			c := config(t, root, second, functions)
			c.Project = functions
			c.Functions = nil
			for _, f := range functions {
				f.Arch = []project.Arch{project.AMD64} // one stands for both
				c.Functions = append(c.Functions, f)
			}
			c.World, c.ColdCache = elsewhere(), true
			r := mustBuild(t, c)
			checkWorld(t, r, folder)
			got := sums(r)
			for name := range want {
				if !strings.HasSuffix(name, "/amd64") {
					delete(want, name)
				}
			}
			equalSums(t, "by "+second+" in another world, compared with "+first, got, want)
			if left := stages(t, c.Dist); len(left) > 0 {
				t.Errorf("left: %q", left)
			}
		})
	}
}

// checkWorld compares what was in force with what each engine can do.
func checkWorld(t *testing.T, r build.Report, folder string) {
	t.Helper()
	not := []string{}
	if folder == goProject {
		not = append(not, "clock")
	}
	if r.Engine == "host" {
		not = append(not, "user", "host name") // the folder is closed to other users
	}
	if len(r.World) != 7 {
		t.Errorf("report says of the world: %+v", r.World)
	}
	for _, s := range r.World {
		if s.Applied == slices.Contains(not, s.Name) || !s.Applied && s.Why == "" {
			t.Errorf("%s %s: in force is %v, because %q", s.Name, s.Value, s.Applied, s.Why)
		}
	}
}

// Docker of another machine has its worlds, too, and keeps no volume.
func TestAnotherWorldOfRemoteDocker(t *testing.T) {
	engines(t, "docker")
	if host := os.Getenv("DOCKER_HOST"); host != "" && !strings.HasPrefix(host, "unix://") {
		t.Skipf("docker is on another machine anyway: %s", host)
	}
	want := sums(sample(t, "docker", otherProject))
	root := filepath.Join(tree(t, nil), "project")
	copySamples(t, root)
	root = filepath.Join(root, otherProject)
	functions := load(t, root)
	c := config(t, root, "docker", nil)
	c.Project = functions
	for _, f := range functions {
		if f.Language == project.C {
			c.Functions = append(c.Functions, f)
		}
	}
	c.Environ = append(os.Environ(), "DOCKER_HOST=tcp://"+overTCP(t))
	c.World, c.ColdCache = elsewhere(), true
	volumes := func() []string { return strings.Fields(command(t, "docker", "volume", "ls", "--quiet")) }
	before := volumes()
	r := mustBuild(t, c)
	checkWorld(t, r, otherProject)
	for name, sum := range sums(r) {
		if want[name] != sum {
			t.Errorf("%s has the SHA-256 %s, and %s in the usual world", name, sum, want[name])
		}
	}
	if after := volumes(); !slices.Equal(after, before) {
		t.Errorf("volumes are %q, and were %q", after, before)
	}
}
