//go:build linux

package endtoend

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
)

// varied returns all variations at once.
func varied() build.Variations {
	return build.Variations{
		UID: 4321, GID: 8765, Umask: 0o077, TimeZone: "Asia/Kathmandu", Locale: "tr_TR.UTF-8", Path: "/elsewhere/project",
	}
}

// checkVaried compares the variations that took effect with what each engine can do.
func checkVaried(t *testing.T, r build.Report) {
	t.Helper()
	not := []string{}
	if r.Engine == "host" {
		not = append(not, "user", "path") // the directory is closed to other users
	}
	if len(r.Varied) != 5 {
		t.Errorf("report says of the variations: %+v", r.Varied)
	}
	for _, s := range r.Varied {
		if s.Applied == slices.Contains(not, s.Name) || !s.Applied && s.Why == "" {
			t.Errorf("%s %s: in force is %v, because %q", s.Name, s.Value, s.Applied, s.Why)
		}
	}
}

// Docker on another machine varies a build too, and keeps no volume.
func TestVariationsOfRemoteDocker(t *testing.T) {
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
	c.Vary, c.ColdCache = varied(), true
	volumes := func() []string { return strings.Fields(command(t, "docker", "volume", "ls", "--quiet")) }
	before := volumes()
	r := mustBuild(t, c)
	checkVaried(t, r)
	for name, sum := range sums(r) {
		if want[name] != sum {
			t.Errorf("%s has the SHA-256 %s, and %s without variations", name, sum, want[name])
		}
	}
	if after := volumes(); !slices.Equal(after, before) {
		t.Errorf("volumes are %q, and were %q", after, before)
	}
}

// buildElsewhere is what this program does if a caller runs it in a project's directory: it
// builds the functions that take least time with all variations, and prints the report.
func buildElsewhere(engine string) int {
	r, err := func() (r build.Report, err error) {
		root, err := os.Getwd()
		if err != nil {
			return r, err
		}
		p, err := project.Load(root)
		if err != nil {
			return r, err
		}
		c := build.Config{
			Root: root, Dist: filepath.Join(root, "dist"), Cache: os.Getenv("BOOTZIP_CACHE"), Engine: engine, Project: p.Functions,
			BaseImage: os.Getenv("BOOTZIP_BASE_IMAGE"), Environ: os.Environ(), Vary: varied(),
		}
		for _, f := range p.Functions {
			if f.Language == project.Go || f.Language == project.C || len(p.Functions) == 1 {
				f.Arch = []project.Arch{project.AMD64}
				c.Functions = append(c.Functions, f)
				// For Go, a cold cache needs the module proxy.
				c.ColdCache = f.Language != project.Go
			}
		}
		unlock, err := build.Lock(c.Dist)
		if err != nil {
			return r, err
		}
		defer unlock()
		return build.Build(context.Background(), c)
	}()
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(r)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err, hint.Of(err))
		return 1
	}
	return 0
}

// elsewhere lets the caller build their project in root with all variations. The results
// belong to the caller, and nothing is left that the caller could not remove.
func (c caller) elsewhere(t *testing.T, engine, root string, env ...string) build.Report {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(workFolder, "elsewhere")
	command(t, "install", "-m", "755", self, file)
	env = append(env, "BOOTZIP_TEST_ELSEWHERE="+engine, "BOOTZIP_CACHE="+c.cache(t))
	var r build.Report
	if err := json.Unmarshal([]byte(c.run(t, root, env, file)), &r); err != nil {
		t.Fatal(err)
	}
	dist := filepath.Join(root, "dist")
	c.owned(t, dist)
	if left := stages(t, dist); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	return r
}

// Callers other than root have the same variations.
func TestVariationsOfPlainUser(t *testing.T) {
	if !asked() {
		t.Skip("BOOTZIP_TEST_ENGINES names no engine, and from a cold cache it takes half a minute")
	}
	for engine, folder := range map[string]string{"docker": otherProject, "sandbox": goProject} {
		if !slices.Contains(engines(t), engine) {
			continue
		}
		t.Run(engine, func(t *testing.T) {
			want := sums(sample(t, engine, folder))
			who := stranger(t)
			r := who.elsewhere(t, engine, filepath.Join(who.project(t), folder))
			checkVaried(t, r)
			for name, sum := range sums(r) {
				if want[name] != sum {
					t.Errorf("%s has the SHA-256 %s, and %s without variations", name, sum, want[name])
				}
			}
		})
	}
}

// telling is a project whose build describes its environment, after a program. It has its
// own image, which is quick to make.
var telling = map[string]string{
	"bootzip.yaml": "functions:\n  tell:\n    source: tell\n    language: command\n    arch: [amd64]\n    command: [sh, build.sh]\n",
	"tell/build.sh": `{ cat /bin/true
echo
echo "user $(id -u):$(id -g), umask $(umask), time zone $(date +%z), locale $LC_ALL, path $(pwd), cache $(ls "$CACHE")"
if (echo >x) 2>/dev/null; then echo "wrote to the sources"; fi
} >"$OUT/bootstrap"
`,
	"docker/Dockerfile.build": `ARG BASE_IMAGE=debian
FROM ${BASE_IMAGE}
RUN mkdir -p /bootzip /src /out /cache && chmod 1777 /cache && \
	dpkg-query --show --showformat '${Package}:${Architecture}=${Version}\n' >/bootzip/packages
`,
}

const toldElsewhere = "\nuser 4321:8765, umask 0077, time zone +0545, locale tr_TR.UTF-8, path /elsewhere/project/tell, cache \n"

// tells lets the caller build that project, and checks what it reports.
func (c caller) tells(t *testing.T, engine string, env ...string) {
	t.Helper()
	root := filepath.Join(c.folder(t), "telling")
	for name, text := range telling {
		put(t, filepath.Join(root, name), text)
	}
	c.own(t, root)
	r := c.elsewhere(t, engine, root, env...)
	if text := read(t, r.Artifacts[0].Path); !strings.HasSuffix(text, toldElsewhere) {
		t.Errorf("the build tells %q, want %q", text[max(0, len(text)-2*len(toldElsewhere)):], toldElsewhere)
	}
	for _, s := range r.Varied {
		if !s.Applied {
			t.Errorf("%s: not in force, because %q", s.Name, s.Why)
		}
	}
}

func TestPlainUserFindsHimselfElsewhere(t *testing.T) {
	engines(t, "docker")
	stranger(t).tells(t, "docker")
}
