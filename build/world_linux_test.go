package build_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/project"
)

// elsewhere is a world in which nothing is as usual.
func elsewhere() build.World {
	return build.World{
		UID: 4321, GID: 8765, Umask: 0o077, TimeZone: "Asia/Kathmandu", Locale: "C", CPUs: 1,
		Hostname: "elsewhere", Clock: 400 * 24 * time.Hour, Path: "/elsewhere/project",
	}
}

// telling is a build that tells of its world, behind a program. It leaves a
// mark in its cache, named after its umask.
const telling = `{ cat /bin/true
echo
echo "user $(id -u):$(id -g)"
echo "umask $(umask)"
echo "time zone $(date +%z)"
echo "locale $LANG $LC_ALL"
echo "CPUs $(nproc)"
echo "host name $(uname -n)"
echo "year $(date +%Y)"
echo "path $(pwd)"
echo "compiled in $(echo __DATE__ | env -u SOURCE_DATE_EPOCH gcc -E -P - 2>/dev/null)"
if (echo >x) 2>/dev/null; then rm x; echo "wrote to the sources"; fi
echo "cache $(ls "$CACHE")"
touch "$CACHE/mark-$(umask)"
} >"$OUT/bootstrap"
`

// tell builds telling and returns what it says, by aspect, and the report.
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
		for _, key := range []string{"user", "umask", "time zone", "locale", "CPUs", "host name", "year", "path", "compiled in", "cache", "wrote"} {
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

// inForce is what the report says to be in force, and why the rest is not.
func inForce(r build.Report) (applied string, why map[string]string) {
	var names []string
	why = map[string]string{}
	for _, s := range r.World {
		if s.Applied {
			names = append(names, s.Name)
		}
		why[s.Name] = s.Why
	}
	return strings.Join(names, ", "), why
}

// wantTold compares what a build found with the world that it was to be in.
func wantTold(t *testing.T, told map[string]string, want map[string]string) {
	t.Helper()
	if !reflect.DeepEqual(told, want) {
		t.Errorf("the build found itself in\n%v\nwant\n%v", told, want)
	}
}

// A build in a container finds itself in the world that was asked for.
func TestWorldInContainer(t *testing.T) {
	eachContainer(t, func(t *testing.T, engine string) {
		c := tellingConfig(t, engine)
		usual, r := tell(t, c)
		if len(r.World) > 0 {
			t.Errorf("report says %+v of the usual world", r.World)
		}
		now := time.Now().UTC()
		wantTold(t, usual, map[string]string{
			"user": fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid()), "umask": "0022", "time zone": "+0000", "locale": "C.UTF-8",
			"CPUs": fmt.Sprint(runtime.NumCPU()), "host name": usual["host name"], "year": now.Format("2006"),
			"compiled in": now.Format(`"Jan _2 2006"`), "path": "/src/tell", "cache": "",
		})

		c.World = elsewhere()
		told, r := tell(t, c)
		then := now.Add(c.World.Clock)
		wantTold(t, told, map[string]string{
			"user": "4321:8765", "umask": "0077", "time zone": "+0545", "locale": "C C", "CPUs": "1",
			"host name": "elsewhere", "year": then.Format("2006"), "compiled in": then.Format(`"Jan _2 2006"`),
			"path": "/elsewhere/project/tell", "cache": "",
		})
		applied, why := inForce(r)
		if applied != "user, umask, time zone, locale, CPUs, host name, clock, path" {
			t.Errorf("report says that in force were %q; the rest was not because: %v", applied, why)
		}
		// What was made there is the caller's all the same.
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

// A cold cache is empty, goes with the run, and neither finds nor leaves
// anything in the shared one.
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
				c.ColdCache, c.World = step.cold, build.World{Umask: step.umask}
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

// enginesWithHost are the engines that were asked for, and the host's.
func enginesWithHost() []string {
	all := []string{"host"}
	for _, e := range strings.Split(os.Getenv("BOOTZIP_TEST_ENGINES"), ",") {
		if e != "" && e != "host" {
			all = append(all, e)
		}
	}
	return all
}

// A program in Go has the same bytes in another world, with a cold cache, from
// each engine; and the report says what that world was.
func TestGoElsewhere(t *testing.T) {
	for _, engine := range enginesWithHost() {
		t.Run(engine, func(t *testing.T) {
			c := goElsewhere(t, engine)
			usual := mustBuild(t, c)

			c.World, c.ColdCache = elsewhere(), true
			r := mustBuild(t, c)
			if built(r) != "app/amd64" {
				t.Error("nothing was built in the other world")
			}
			if got, want := sums(r), sums(usual); !reflect.DeepEqual(got, want) {
				t.Errorf("SHA-256 are %v, and in the usual world %v", got, want)
			}
			want := "user, umask, time zone, locale, CPUs, host name, path"
			if engine == "host" {
				want = "umask, time zone, locale, CPUs" // t.TempDir is closed to others
			}
			applied, why := inForce(r)
			if applied != want || !strings.Contains(why["clock"], "linked statically") {
				t.Errorf("in force were %q, want %q; the rest was not because: %v", applied, want, why)
			}
			if info, err := os.Stat(r.Artifacts[0].Path); err != nil || info.Mode() != 0o755 || !isMine(info) {
				t.Errorf("the bootstrap is %v (%v)", info, err)
			}
			noStages(t, c)

			// Go does not know POSIX's form of a time zone.
			c.World = build.World{TimeZone: "NPT-5:45"}
			if applied, why := inForce(mustBuild(t, c)); applied != "" || !strings.Contains(why["time zone"], "by name") {
				t.Errorf("in force were %q, and the rest was not because: %v", applied, why)
			}
		})
	}
}

// Root can build on the host as somebody else, where the folders are open to
// him.
func TestAnotherUserOnHost(t *testing.T) {
	c := tellingConfig(t, "host")
	c.World, c.ColdCache = elsewhere(), true
	told, r := tell(t, c)
	applied, why := inForce(r)
	want := map[string]string{
		"user": fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid()), "umask": "0077", "locale": "C C", "CPUs": "1", "cache": "",
	}
	for key, value := range want {
		if told[key] != value {
			t.Errorf("%s is %q, want %q", key, told[key], value)
		}
	}
	if strings.Contains(applied, "user") || strings.Contains(applied, "host name") || strings.Contains(applied, "clock") || strings.Contains(applied, "path") {
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

func TestNoSuchWorld(t *testing.T) {
	for _, w := range []build.World{{UID: -1}, {GID: -1}, {Umask: 0o100}, {Umask: -1}, {CPUs: -1}, {Hostname: "a b"}, {Hostname: "-a"}, {Path: "src"}, {Path: "/usr/src"}, {Path: "/"}, {Path: "/a/../b"}} {
		c := tellingConfig(t, "host")
		c.World = w
		_, err := run(t.Context(), t, c)
		wantError(t, err, "an umask is at most 077", "surroundings")
	}
}

// More CPUs than there are, or fewer than one, cannot be had.
func TestTooManyCPUs(t *testing.T) {
	c := tellingConfig(t, "host")
	c.World.CPUs = 1 << 12
	told, r := tell(t, c)
	if applied, why := inForce(r); applied != "" || !strings.Contains(why["CPUs"], "there are only") || told["CPUs"] != fmt.Sprint(runtime.NumCPU()) {
		t.Errorf("in force were %q, and the rest was not because: %v; the build saw %s CPUs", applied, why, told["CPUs"])
	}
}
