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
		Hostname: "elsewhere", Clock: 400 * 24 * time.Hour,
	}
}

// telling is a build that tells of its world, behind a program.
const telling = `cat /bin/true
echo
echo "user $(id -u):$(id -g)"
echo "umask $(umask)"
echo "time zone $(date +%z)"
echo "locale $LANG $LC_ALL"
echo "CPUs $(nproc)"
echo "host name $(uname -n)"
echo "year $(date +%Y)"
echo "__DATE__" | gcc -E -P - 2>/dev/null | sed 's/^/compiled in /'
if [ -z "$(ls -A "$(dirname "$(dirname "$(dirname "$(dirname "$CACHE")")")")" | grep -v command)" ]; then echo "cold cache"; fi
if (echo >/src/x) 2>/dev/null; then echo "wrote to the sources"; fi
`

// tell builds telling and returns what it says, by aspect, and the report.
func tell(t *testing.T, c build.Config) (map[string]string, build.Report) {
	t.Helper()
	r := mustBuild(t, c)
	_, text, _ := strings.Cut(read(t, r.Artifacts[0].Path), "\nuser ")
	told := map[string]string{}
	for line := range strings.Lines("user " + text) {
		for _, key := range []string{"user", "umask", "time zone", "locale", "CPUs", "host name", "year", "compiled in", "cold cache", "wrote"} {
			if value, ok := strings.CutPrefix(line, key); ok {
				told[key] = strings.TrimSpace(value)
			}
		}
	}
	return told, r
}

func tellingConfig(t *testing.T, engine string) build.Config {
	t.Helper()
	c := containerConfig(t, engine, tree(t, map[string]string{"tell/build.sh": "{\n" + telling + "} >\"$OUT/bootstrap\"\n"}))
	c.Functions = []project.Function{{
		Name: "tell", Source: "tell", Language: project.Command, Command: []string{"sh", "build.sh"},
		Arch: []project.Arch{project.Arch(runtime.GOARCH)}, Runtime: project.AL2023,
	}}
	return c
}

// in is what the report says to be in force, and why the rest is not.
func in(r build.Report) (applied []string, why map[string]string) {
	why = map[string]string{}
	for _, s := range r.World {
		if s.Applied {
			applied = append(applied, s.Name)
		}
		why[s.Name] = s.Why
	}
	return applied, why
}

// A build in a container finds itself in the world that was asked for.
func TestWorldInContainer(t *testing.T) {
	eachContainer(t, func(t *testing.T, engine string) {
		c := tellingConfig(t, engine)
		usual, r := tell(t, c)
		if len(r.World) > 0 {
			t.Errorf("report says %+v of the usual world", r.World)
		}
		if want := fmt.Sprint(runtime.NumCPU()); usual["umask"] != "0022" || usual["CPUs"] != want || usual["time zone"] != "+0000" || usual["locale"] != "C.UTF-8" {
			t.Errorf("the usual world is %v", usual)
		}

		c.World, c.ColdCache = elsewhere(), true
		told, r := tell(t, c)
		year := time.Now().Add(c.World.Clock).UTC()
		want := map[string]string{
			"user": "4321:8765", "umask": "0077", "time zone": "+0545", "locale": "C C", "CPUs": "1",
			"host name": "elsewhere", "year": year.Format("2006"), "compiled in": "\"" + year.Format("Jan _2 2006") + "\"", "cold cache": "",
		}
		if !reflect.DeepEqual(told, want) {
			t.Errorf("the build found itself in\n%v\nwant\n%v", told, want)
		}
		applied, why := in(r)
		if got := strings.Join(applied, ", "); got != "user, umask, time zone, locale, CPUs, host name, clock" {
			t.Errorf("report says that in force were %q; the rest was not because: %v", got, why)
		}
		// What was made there is the caller's all the same.
		info, err := os.Stat(r.Artifacts[0].Path)
		if err != nil || info.Mode() != 0o755 || !isMine(info) {
			t.Errorf("the bootstrap is %v (%v)", info, err)
		}
		if left, _ := filepath.Glob(filepath.Join(c.Dist, ".bootzip", "stage-*")); len(left) > 0 {
			t.Errorf("left are %q", left)
		}
	})
}
