package build_test

import (
	"crypto/sha256"
	"debug/buildinfo"
	"debug/elf"
	"encoding/hex"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/project"
)

func TestTwoFunctionsForTwoArchitectures(t *testing.T) {
	root := tree(t, map[string]string{
		"go.mod": goMod("example.com/app"), "cmd/hello/main.go": program, "cmd/world/main.go": strings.Replace(program, "hello", "world", 1),
	})
	c := config(t, root, "world=cmd/world", "hello=cmd/hello")
	for i := range c.Functions {
		c.Functions[i].Arch = project.Architectures()
	}
	var events []build.Event
	c.Progress = func(e build.Event) { events = append(events, e) }
	r := mustBuild(t, c)

	if r.Engine != "host" || r.Why != "" || r.Image != "" {
		t.Errorf("engine is %q, because %q, with the image %q", r.Engine, r.Why, r.Image)
	}
	if got := built(r); got != "world/amd64 world/arm64 hello/amd64 hello/arm64" {
		t.Errorf("built are %s, and not all in the order of the functions", got)
	}
	if events[0] != (build.Event{Stage: "engine", Text: "host"}) || events[len(events)-1] != (build.Event{Stage: "build", Done: 4, Total: 4}) {
		t.Errorf("events are %+v", events)
	}
	machines := map[project.Arch]elf.Machine{project.AMD64: elf.EM_X86_64, project.ARM64: elf.EM_AARCH64}
	for _, a := range r.Artifacts {
		if want := filepath.Join(root, "dist", a.Function.Name, string(a.Arch), "bootstrap"); a.Path != want || build.Path(c.Dist, a.Unit) != want {
			t.Errorf("path is %s, want %s", a.Path, want)
		}
		data := read(t, a.Path)
		sum := sha256.Sum256([]byte(data))
		if a.SHA256 != hex.EncodeToString(sum[:]) || a.Size != int64(len(data)) || a.Toolchain != goVersion() {
			t.Errorf("artifact does not describe the file: %+v", a)
		}
		if info, err := os.Stat(a.Path); err != nil || info.Mode() != 0o755 {
			t.Errorf("mode of %s is %v (%v)", a.Path, info.Mode(), err)
		}
		if strings.Contains(data, root) {
			t.Errorf("%s has the project's path in it", a.Path)
		}
		checkProgram(t, a.Path, machines[a.Arch])
	}
}

// checkProgram looks at the program as Lambda and verify will.
func checkProgram(t *testing.T, name string, machine elf.Machine) {
	t.Helper()
	f, err := elf.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Machine != machine || f.Type != elf.ET_EXEC {
		t.Errorf("%s is %v for %v", name, f.Type, f.Machine)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("%s is linked dynamically: %v", name, p.Type)
		}
	}
	if f.Section(".symtab") != nil || f.Section(".debug_info") != nil {
		t.Errorf("%s is not stripped", name)
	}
	info, err := buildinfo.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	delete(settings, "DefaultGODEBUG") // follows from go.mod's go line
	arch, level := "amd64", "GOAMD64=v1"
	if machine == elf.EM_AARCH64 {
		arch, level = "arm64", "GOARM64=v8.0"
	}
	key, value, _ := strings.Cut(level, "=")
	want := map[string]string{"-buildmode": "exe", "-compiler": "gc", "-trimpath": "true", "CGO_ENABLED": "0", "GOOS": "linux", "GOARCH": arch, key: value}
	if info.GoVersion != goVersion() || !reflect.DeepEqual(settings, want) {
		t.Errorf("%s was built by %s with %v, want %v", name, info.GoVersion, settings, want)
	}
}

// trap is a file that breaks the build if any of the caller's settings changes what is
// built.
const trap = `//go:build x || cgo || amd64.v2 || amd64.v3 || goexperiment.synctest || goexperiment.jsonv2 || windows || race

package main

import _ "example.com/none"
`

// Nothing of the caller's changes a byte: neither directory, time zone and umask, nor
// the settings for Go.
func TestSameBytes(t *testing.T) {
	files := map[string]string{"go.mod": goMod("example.com/app"), "main.go": program, "trap.go": trap, "default.pgo": "not a profile"}
	settings := []string{
		"GOFLAGS=-tags=x -race -ldflags=-X=main.x=y", "GOAMD64=v3", "GOARM64=v8.2,lse", "GOEXPERIMENT=jsonv2", "GO_EXTLINK_ENABLED=1",
		"CGO_ENABLED=1", "GOFIPS140=latest", "GOOS=windows", "GOARCH=386", "GODEBUG=madvdontneed=1", "GO111MODULE=off", "GOWORK=/none/go.work",
		"CC=/none/cc", "SOURCE_DATE_EPOCH=1", "LANG=tr_TR.UTF-8",
	}
	goEnv := filepath.Join(t.TempDir(), "env")
	put(t, goEnv, "GOFLAGS=-tags=x\nGOAMD64=v3\nGOEXPERIMENT=jsonv2\nCGO_ENABLED=1\nGOFIPS140=latest\n")

	var want map[string]string
	for _, v := range []struct {
		name    string
		environ []string
		umask   int
	}{
		{"as it is", nil, 0o022},
		{"another folder", nil, 0o022},
		{"another time zone", []string{"TZ=Pacific/Kiritimati"}, 0o022},
		{"another umask", nil, 0o077},
		{"settings for Go", settings, 0o022},
		{"settings of go env -w", []string{"GOENV=" + goEnv}, 0o022},
	} {
		t.Run(v.name, func(t *testing.T) {
			defer setUmask(setUmask(v.umask))
			c := config(t, tree(t, files), "app=.")
			c.Functions[0].Arch = project.Architectures()
			c.Environ = append(c.Environ, v.environ...)
			c.Force = true
			r := mustBuild(t, c)
			if want == nil {
				want = sums(r)
			}
			if got := sums(r); len(got) != 2 || !reflect.DeepEqual(got, want) {
				t.Errorf("SHA-256 are %v, want %v", got, want)
			}
			if info, err := os.Stat(r.Artifacts[0].Path); err != nil || info.Mode() != 0o755 {
				t.Errorf("mode is %v (%v)", info.Mode(), err)
			}
		})
	}
}

// The packages that are found do not depend on how the project was reached.
func TestProjectByLink(t *testing.T) {
	root := tree(t, map[string]string{"real/go.mod": goMod("example.com/app"), "real/cmd/a/main.go": program})
	link := filepath.Join(root, "link")
	if err := os.Symlink("real", link); err != nil {
		t.Skip(err) // a system without links
	}
	c := config(t, filepath.Join(root, "real"), "a=cmd/a")
	c.Environ = append(c.Environ, "PWD="+link) // what a shell sets after cd link
	if got := built(mustBuild(t, c)); got != "a/amd64" {
		t.Errorf("built are %q", got)
	}
}
