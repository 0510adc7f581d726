package build_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/project"
)

// varied returns all variations at once.
func varied() build.Variations {
	return build.Variations{
		UID: 4321, GID: 8765, Umask: 0o077, TimeZone: "Asia/Kathmandu", Locale: "C", Path: "/elsewhere/project",
	}
}

// telling is a command that writes a program followed by a description of its
// environment. It leaves a mark in its cache, named after its umask.
const telling = `{ cat /bin/true
echo
echo "user $(id -u):$(id -g)"
echo "umask $(umask)"
echo "time zone $(date +%z)"
echo "locale $LANG $LC_ALL"
echo "path $(pwd)"
if (echo >x) 2>/dev/null; then rm x; echo "wrote to the sources"; fi
echo "cache $(ls "$CACHE")"
touch "$CACHE/mark-$(umask)"
} >"$OUT/bootstrap"
`

// tell builds telling and returns what it found, by variation, and the report.
func tell(t *testing.T, c build.Config) (map[string]string, build.Report) {
	t.Helper()
	c.Force = true
	r := mustBuild(t, c)
	_, text, ok := strings.Cut(read(t, r.Artifacts[0].Path), "\nuser ")
	if !ok {
		t.Fatal("the build tells nothing")
	}
	told := map[string]string{}
	for line := range strings.Lines("user " + text) {
		for _, key := range []string{"user", "umask", "time zone", "locale", "path", "cache", "wrote"} {
			if value, ok := strings.CutPrefix(line, key+" "); ok {
				told[key] = strings.TrimSpace(value)
			}
		}
	}
	return told, r
}

func tellingConfig(t *testing.T, engine string) build.Config {
	t.Helper()
	c := containerConfig(t, engine, tree(t, map[string]string{"tell/sources": ""}))
	c.Functions = []project.Function{{
		Name: "tell", Source: "tell", Language: project.Command, Command: []string{"sh", "-c", telling},
		Arch: []project.Arch{project.Arch(runtime.GOARCH)}, Runtime: project.AL2023,
	}}
	return c
}

// inForce returns which variations are in force according to the report, and why the
// others are not.
func inForce(r build.Report) (applied string, why map[string]string) {
	var names []string
	why = map[string]string{}
	for _, s := range r.Varied {
		if s.Applied {
			names = append(names, s.Name)
		}
		why[s.Name] = s.Why
	}
	return strings.Join(names, ", "), why
}

// wantTold compares what a build found with what it was to find.
func wantTold(t *testing.T, told map[string]string, want map[string]string) {
	t.Helper()
	if !reflect.DeepEqual(told, want) {
		t.Errorf("the build found itself in\n%v\nwant\n%v", told, want)
	}
}

// A build in a container finds the variations that were asked for.
func TestVariationsInContainer(t *testing.T) {
	eachContainer(t, func(t *testing.T, engine string) {
		c := tellingConfig(t, engine)
		usual, r := tell(t, c)
		if len(r.Varied) > 0 {
			t.Errorf("report names %+v without any variation", r.Varied)
		}
		user := fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid())
		if os.Getuid() == 0 {
			user = "2000000000:2000000000" // an unused id
		}
		wantTold(t, usual, map[string]string{
			"user": user, "umask": "0022", "time zone": "+0000", "locale": "C.UTF-8",
			"path": "/src/tell", "cache": "",
		})

		c.Vary = varied()
		told, r := tell(t, c)
		wantTold(t, told, map[string]string{
			"user": "4321:8765", "umask": "0077", "time zone": "+0545", "locale": "C C",
			"path": "/elsewhere/project/tell", "cache": "",
		})
		applied, why := inForce(r)
		if applied != "user, umask, time zone, locale, path" {
			t.Errorf("report says that in force were %q; the rest was not because: %v", applied, why)
		}
		// The caller still owns what was made there.
		info, err := os.Stat(r.Artifacts[0].Path)
		if err != nil || info.Mode() != 0o755 || !isMine(info) {
			t.Errorf("the bootstrap is %v (%v)", info, err)
		}
		noStages(t, c)
	})
}

func noStages(t *testing.T, c build.Config) {
	t.Helper()
	if left, err := filepath.Glob(filepath.Join(c.Dist, ".bootzip", ".bootzip-stage-*")); err != nil || len(left) > 0 {
		t.Errorf("left are %q (%v)", left, err)
	}
}

// A cold cache is empty and is removed after the run, which neither finds nor leaves
// anything in the shared cache.
func TestColdCache(t *testing.T) {
	for _, engine := range enginesWithHost() {
		t.Run(engine, func(t *testing.T) {
			if engine == "sandbox" {
				t.Skip("it has no shell: see TestColdCacheOfGo")
			}
			c := tellingConfig(t, engine)
			for i, step := range []struct {
				cold  bool
				umask int
				want  string
			}{
				{false, 0o027, ""}, {false, 0o022, "mark-0027"}, {true, 0o026, ""}, {true, 0o025, ""}, {false, 0o024, "mark-0022\nmark-0027"},
			} {
				c.ColdCache, c.Vary = step.cold, build.Variations{Umask: step.umask}
				told, r := tell(t, c)
				text := read(t, r.Artifacts[0].Path)
				_, found, _ := strings.Cut(text, "\ncache ")
				if strings.TrimSpace(found) != step.want || told["umask"] != fmt.Sprintf("%04o", step.umask) {
					t.Errorf("step %d: in the cache are %q, want %q; the umask is %s", i, found, step.want, told["umask"])
				}
				noStages(t, c)
			}
		})
	}
}

// enginesWithHost returns the engines that were asked for, and host.
func enginesWithHost() []string {
	all := []string{"host"}
	for _, e := range strings.Split(os.Getenv("BOOTZIP_TEST_ENGINES"), ",") {
		if e != "" && e != "host" {
			all = append(all, e)
		}
	}
	return all
}

// A program in Go has the same bytes with all variations and a cold cache, from each
// engine. The report says which variations were in force.
func TestGoVaried(t *testing.T) {
	if os.Getenv("BOOTZIP_TEST_ENGINES") == "" && os.Getenv("BOOTZIP_TEST_ENDTOEND") == "" {
		t.Skip("compiles all that a program needs: set BOOTZIP_TEST_ENGINES or BOOTZIP_TEST_ENDTOEND, as .ci/run endtoend does")
	}
	for _, engine := range enginesWithHost() {
		t.Run(engine, func(t *testing.T) {
			c := goElsewhere(t, engine)
			usual := mustBuild(t, c)

			c.Vary, c.ColdCache = varied(), true
			r := mustBuild(t, c)
			if built(r) != "app/amd64" {
				t.Error("nothing was built with the variations")
			}
			if got, want := sums(r), sums(usual); !reflect.DeepEqual(got, want) {
				t.Errorf("SHA-256 are %v, and without variations %v", got, want)
			}
			want := "user, umask, time zone, locale, path"
			if engine == "host" {
				want = "umask, time zone, locale" // t.TempDir is closed to others
			}
			applied, why := inForce(r)
			if applied != want {
				t.Errorf("in force were %q, want %q; the rest was not because: %v", applied, want, why)
			}
			if info, err := os.Stat(r.Artifacts[0].Path); err != nil || info.Mode() != 0o755 || !isMine(info) {
				t.Errorf("the bootstrap is %v (%v)", info, err)
			}
			noStages(t, c)

			// Go does not know POSIX's form of a time zone.
			c.Vary = build.Variations{TimeZone: "NPT-5:45"}
			if applied, why := inForce(mustBuild(t, c)); applied != "" || !strings.Contains(why["time zone"], "by name") {
				t.Errorf("in force were %q, and the rest was not because: %v", applied, why)
			}
		})
	}
}

// Root can build on the host as another user, where the directories are open to that
// user.
func TestAnotherUserOnHost(t *testing.T) {
	c := tellingConfig(t, "host")
	c.Vary, c.ColdCache = varied(), true
	told, r := tell(t, c)
	applied, why := inForce(r)
	want := map[string]string{
		"user": fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid()), "umask": "0077", "locale": "C C", "cache": "",
	}
	for key, value := range want {
		if told[key] != value {
			t.Errorf("%s is %q, want %q", key, told[key], value)
		}
	}
	if strings.Contains(applied, "user") || strings.Contains(applied, "path") {
		t.Errorf("in force were %q", applied)
	}
	if os.Getuid() != 0 {
		if !strings.Contains(why["user"], "only root") {
			t.Errorf("the user was not because: %s", why["user"])
		}
		return
	}
	if !strings.Contains(why["user"], "closed to other users") {
		t.Errorf("the user was not because: %s", why["user"])
	}
	for dir := c.Root; dir != os.TempDir(); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	told, r = tell(t, c)
	if applied, why := inForce(r); told["user"] != "4321:8765" || !strings.HasPrefix(applied, "user, umask") {
		t.Errorf("it ran as %s; in force were %q, and the rest was not because: %v", told["user"], applied, why)
	}
	if info, err := os.Stat(r.Artifacts[0].Path); err != nil || info.Mode() != 0o755 || !isMine(info) {
		t.Errorf("the bootstrap is %v (%v)", info, err)
	}
	noStages(t, c)
}
