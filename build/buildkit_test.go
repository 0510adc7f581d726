package build

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/project"
)

func TestBuildkitRefuses(t *testing.T) {
	goOnly := []project.Function{{Name: "f", Language: project.Go}}
	for what, c := range map[string]struct {
		config Config
		says   string
	}{
		"no address":      {Config{Functions: goOnly}, "no worker"},
		"no scheme":       {Config{Functions: goOnly, Environ: []string{"BUILDKIT_HOST=worker:1234"}}, "is not an address"},
		"a word":          {Config{Functions: goOnly, Environ: []string{"BUILDKIT_HOST=worker"}}, "is not an address"},
		"tcp without TLS": {Config{Functions: goOnly, Environ: []string{"BUILDKIT_HOST=unix:///a, tcp://10.0.0.1:1234"}}, "without TLS"},
		"variations":      {Config{Functions: goOnly, Vary: Variations{Umask: 0o77}, Environ: []string{"BUILDKIT_HOST=unix:///a"}}, "cannot vary the environment"},
	} {
		if _, err := newBuildkit(t.Context(), c.config); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Each function has its worker. When a worker is gone, only its functions move.
func TestBuildkitShares(t *testing.T) {
	e := buildkit{workers: []string{"unix:///a", "unix:///b", "unix:///c"}, dead: map[string]bool{},
		arches: map[string]string{"unix:///a": "amd64", "unix:///b": "amd64", "unix:///c": "amd64"}}
	count := map[int]int{}
	for i := range 300 {
		u := Unit{project.Function{Name: fmt.Sprint("f", i)}, project.AMD64}
		share := e.share(u)
		count[share]++
		if share != e.share(u) {
			t.Fatal("it is not the same twice")
		}
		e.dead = map[string]bool{}
		own, _ := e.worker(share)
		e.dead[e.workers[(share+1)%3]] = true
		if still, _ := e.worker(share); still != own {
			t.Errorf("%s moved from %s to %s", u, own, still)
		}
		e.dead[own] = true
		if other, ok := e.worker(share); !ok || other == own {
			t.Errorf("%s is on %s, which is gone", u, own)
		}
	}
	for share := range 3 {
		if count[share] < 60 {
			t.Errorf("%d of 300 functions on worker %d", count[share], share)
		}
	}
	e.dead = map[string]bool{"unix:///a": true, "unix:///b": true, "unix:///c": true}
	if _, ok := e.worker(0); ok {
		t.Error("a worker, and all are gone")
	}
}

// A function is built by a worker of its architecture, as long as one answers.
func TestBuildkitNative(t *testing.T) {
	e := buildkit{workers: []string{"unix:///down", "unix:///a", "unix:///b", "unix:///c", "unix:///d"}, dead: map[string]bool{"unix:///down": true},
		arches: map[string]string{"unix:///a": "amd64", "unix:///b": "arm64", "unix:///c": "amd64", "unix:///d": "arm64"}}
	if got := archesOf(&e); !slices.Equal(got, []string{"amd64", "arm64"}) {
		t.Errorf("of %v: %v", e.arches, got)
	}
	used := map[string]bool{}
	for i := range 50 {
		for _, arch := range project.Architectures() {
			e.dead = map[string]bool{"unix:///down": true}
			share := e.share(Unit{project.Function{Name: fmt.Sprint("f", i)}, arch})
			for _, want := range []string{string(arch), string(arch), "another"} {
				worker, ok := e.worker(share)
				if got := e.arches[worker]; !ok || got != want && want != "another" || got == string(arch) && want == "another" {
					t.Errorf("f%d for %s is on %s (%s), with %v gone", i, arch, worker, got, e.dead)
				}
				used[worker], e.dead[worker] = true, true
			}
		}
	}
	if len(used) != 4 {
		t.Errorf("used: %v", used)
	}
	for dir, want := range map[string]string{"/c.linux-a/toolchain/go1.26.8.linux-amd64": "/c.linux-a/toolchain/go1.26.8.linux-arm64"} {
		if got := toolchainFor(dir, "arm64"); got != want {
			t.Errorf("toolchain for arm64: %s", got)
		}
	}
}

func TestBuildkitDockerfile(t *testing.T) {
	e := buildkit{}
	jobs := batch{
		host: places{project: "services", toolchain: "/go", modules: ""},
		jobs: []job{{dir: "a b", env: []string{"A=1", `B=$HOME "x" \`}, command: []string{"/usr/local/go/bin/go", "build", "-ldflags=-X 'a=$b'"}}},
	}
	got := e.dockerfile(jobs, []int{0})
	want := `FROM scratch AS job0
ENV A="1"
ENV B="\$HOME \"x\" \\"
WORKDIR /out
WORKDIR "/src/services/a b"
RUN --network=none --mount=type=bind,from=source,target=/src --mount=type=tmpfs,target=/tmp --mount=type=bind,from=toolchain,target=/usr/local/go --mount=type=cache,id=bootzip,sharing=shared,target=/cache ["/usr/local/go/bin/go","build","-ldflags=-X 'a=$b'"]
FROM scratch
COPY --from=job0 /out/ /
`
	if got != want {
		t.Errorf("got\n%s", got)
	}
	e.layout = "image"
	if got, want := e.dockerfile(jobs, []int{0}), strings.Replace(want, "FROM scratch AS job0\n", "FROM image AS job0\nUSER 0:0\n", 1); got != want {
		t.Errorf("got\n%s", got)
	}
}

// A job that fails ends the others of its solve, by a signal.
func TestBuildkitFailures(t *testing.T) {
	at := func(seconds int64) time.Time { return time.Unix(seconds, 0) }
	log := func(text string) *cut {
		var c cut
		_, _ = c.Write([]byte(text))
		return &c
	}
	for _, x := range []struct {
		failed map[int]failed
		want   string
	}{
		{map[int]failed{0: {137, at(3)}, 1: {1, at(2)}, 2: {4294967295, at(3)}, 3: {1, at(4)}}, "map[1:1]"},
		{map[int]failed{0: {137, at(3)}, 1: {1, at(2)}, 2: {2, at(4)}}, "map[1:1 2:2]"},
		{map[int]failed{0: {137, at(3)}, 1: {137, at(2)}}, "map[1:137]"},
		{map[int]failed{3: {1, at(3)}, 1: {137, at(4)}}, "map[3:1]"},
		{nil, "map[]"},
	} {
		logs := map[int]*cut{0: log(""), 1: log(""), 2: log("no such variable"), 3: log("runc run failed: container process is already dead")}
		if got := fmt.Sprint((solveProgress{failed: x.failed, logs: logs}).own()); got != x.want {
			t.Errorf("of %v: %v", x.failed, got)
		}
	}
}

func TestBuildkitProgress(t *testing.T) {
	var finished []int
	p := readProgress(strings.NewReader(`{"vertexes":[{"digest":"a","name":"[job0 3/3] RUN --network=none go"},{"digest":"b","name":"[job1 3/3] RUN go"},{"digest":"c","name":"[job2 3/3] RUN go"},{"digest":"d","name":"[context source] load"}]}
{"logs":[{"vertex":"a","data":"YnJva2Vu"},{"vertex":"d","data":"bm8="}]}
{"vertexes":[{"digest":"b","name":"[job1 3/3] RUN go","completed":"2026-01-01T00:00:00Z"},{"digest":"d","name":"[context source] load","completed":"2026-01-01T00:00:00Z"}]}
{"vertexes":[{"digest":"a","name":"[job0 3/3] RUN --network=none go","completed":"2026-01-01T00:00:00Z","error":"process \"go\" did not complete successfully: exit code: 3"},{"digest":"c","name":"[job2 3/3] RUN go","completed":"2026-01-01T00:00:00Z","error":"context canceled"}]}
error: failed to solve`), func(job int) { finished = append(finished, job) })
	if len(p.own()) != 1 || len(p.failed) != 1 || p.failed[0].exit != 3 || p.logs[0].String() != "broken" || len(p.logs) != 1 || p.said != "error: failed to solve" || fmt.Sprint(finished) != "[1]" {
		t.Errorf("%+v, finished %v", p, finished)
	}
}

// Images that no build has used for a long time are removed, and nothing else is.
func TestBuildkitRemoveOld(t *testing.T) {
	dir := t.TempDir()
	for name, age := range map[string]time.Duration{"buildkit-old": keptImages + time.Hour, "buildkit-new": time.Hour, "sha256-1.packages": 2 * keptImages} {
		if err := os.MkdirAll(filepath.Join(dir, name, "blobs"), 0o755); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-age)
		if err := os.Chtimes(filepath.Join(dir, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	removeOld(dir)
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 || left[0].Name() != "buildkit-new" {
		t.Errorf("left: %v (%v)", left, err)
	}
}
