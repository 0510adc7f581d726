package build_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/project"
)

func mustHaveMaterials(t *testing.T, c build.Config) build.Materials {
	t.Helper()
	m, err := build.MaterialsOf(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	// Asked again, it returns the same, and no path of this machine is in it.
	again, err := build.MaterialsOf(t.Context(), c)
	if err != nil || !reflect.DeepEqual(again, m) {
		t.Errorf("materials are\n%+v\nand when asked again\n%+v (%v)", m, again, err)
	}
	host, _ := os.Hostname()
	for _, secret := range []string{c.Root, c.Cache, goRoot(t), host} {
		if text := fmt.Sprintf("%+v", m); secret != "" && strings.Contains(text, secret) {
			t.Errorf("materials say %q: %s", secret, text)
		}
	}
	return m
}

func TestMaterialsOfHost(t *testing.T) {
	c := config(t, tree(t, map[string]string{"go.mod": goMod("example.com/app"), "main.go": program, "bootzip.lock": "{}\n"}), "app=.")
	m := mustHaveMaterials(t, c)
	if m.Engine != "host" || m.Toolchains[0].Version != goVersion() {
		t.Errorf("materials are of %s, by %s", m.Toolchains[0].Version, m.Engine)
	}
	if m.LockSHA256 != "ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356" { // sha256sum of "{}\n"
		t.Errorf("SHA-256 of the lock is %s", m.LockSHA256)
	}
	if !slices.Contains(m.Flags, "-trimpath") || !slices.Contains(m.Environment, "GOAMD64=v1") || !slices.Contains(m.Environment, "CGO_ENABLED=0") {
		t.Errorf("go build has the flags %q and the environment %q", m.Flags, m.Environment)
	}
	for _, e := range m.Environment {
		if name, _, _ := strings.Cut(e, "="); slices.Contains([]string{"GOROOT", "GOPATH", "GOCACHE", "TMPDIR", "GOARCH", "GOWORK"}, name) {
			t.Errorf("the environment has %s", e)
		}
	}
	// The hash is that of a module, and an installed Go is not a module.
	module := "golang.org/toolchain@v0.0.1-" + goVersion() + "." + runtime.GOOS + "-" + runtime.GOARCH
	if filepath.Base(goRoot(t)) != filepath.Base(module) {
		module = ""
	}
	if m.Toolchains[0].Module != module || (m.Toolchains[0].Sum != "") != (module != "") {
		t.Errorf("the toolchain is %q with the hash %q, want %q", m.Toolchains[0].Module, m.Toolchains[0].Sum, module)
	}
	if m.BaseImage+m.BaseImageID+m.ImageID+m.ImageRecipe != "" || m.Packages != nil {
		t.Errorf("an image is named: %+v", m)
	}

	if err := os.Remove(filepath.Join(c.Root, build.LockFile)); err != nil {
		t.Fatal(err)
	}
	c.Functions[0].Language = project.C
	if m := mustHaveMaterials(t, c); !reflect.DeepEqual(m, build.Materials{Engine: "host"}) {
		t.Errorf("materials without lock and without Go are %+v", m)
	}
}

// toolchainHash has the hashes of golang.org/toolchain in the checksum database.
var toolchainHash = map[string]string{
	"go1.26.8.linux-amd64": "h1:ZOmGe1OnfREDMIdb1Qi4G9JSuDPBLGExZMQ4nis1RXM=",
	"go1.26.8.linux-arm64": "h1:sYL/O6MqS68ML0kjsQ36WoYIpJqkw60TxizWUYUKQMc=",
}

// goElsewhere returns the configuration of a project in Go, with the network access that
// it takes to fetch the toolchain.
func goElsewhere(t *testing.T, engine string) build.Config {
	t.Helper()
	c := containerConfig(t, engine, tree(t, map[string]string{"go.mod": goMod("example.com/app"), "main.go": program}), "app=.")
	if engine != "host" {
		fetching(&c)
	}
	return c
}

func TestMaterialsOfEngines(t *testing.T) {
	eachEngine(t, func(t *testing.T, engine string) {
		c := goElsewhere(t, engine)
		r := mustBuild(t, c)
		m := mustHaveMaterials(t, c)
		name := goVersion() + ".linux-" + runtime.GOARCH
		if m.Engine != engine || m.Toolchains[0].Module != "golang.org/toolchain@v0.0.1-"+name || !regexp.MustCompile(`^h1:[A-Za-z0-9+/]{43}=$`).MatchString(m.Toolchains[0].Sum) {
			t.Errorf("the toolchain is %q with the hash %q, for %s", m.Toolchains[0].Module, m.Toolchains[0].Sum, m.Engine)
		}
		if want, known := toolchainHash[name]; known && m.Toolchains[0].Sum != want {
			t.Errorf("the toolchain has the hash %s, and the checksum database says %s", m.Toolchains[0].Sum, want)
		}
		if m.ImageID != r.Image {
			t.Errorf("the image is %s, and the build had %s", m.ImageID, r.Image)
		}
		if engine == "sandbox" {
			return
		}
		id := regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
		if !id.MatchString(m.BaseImageID) || !id.MatchString(m.ImageID) || !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(m.ImageRecipe) || m.BaseImage != os.Getenv("BOOTZIP_BASE_IMAGE") {
			t.Errorf("the images are %q (%s) and %s (%s)", m.BaseImage, m.BaseImageID, m.ImageID, m.ImageRecipe)
		}
		// The packages are those of bootzip.lock.
		file, err := build.WriteLock(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		lock := read(t, file)
		for _, p := range m.Packages {
			if !strings.Contains(lock, `"`+p+`"`) {
				t.Errorf("package %s is not in the lock", p)
			}
		}
		if len(m.Packages) < 50 || strings.Count(lock, "=") < len(m.Packages) {
			t.Errorf("materials have %d packages, and the lock is\n%s", len(m.Packages), lock)
		}
	})
}

// A build with a cold cache first finds files that were put into an unpacked toolchain.
func TestPoisonedToolchain(t *testing.T) {
	eachEngine(t, func(t *testing.T, engine string) {
		if engine != "sandbox" {
			return // it is the same directory
		}
		c := goElsewhere(t, engine)
		c.Cache = t.TempDir()
		clean := mustBuild(t, c)
		file := filepath.Join(c.Cache, "toolchain", goVersion()+".linux-"+runtime.GOARCH, "src", "runtime", "print.go")
		put(t, file, read(t, file)+"\nvar poison = 1\n")
		c.ColdCache = true
		_, err := run(t.Context(), t, c)
		wantError(t, err, "remove "+filepath.Join(c.Cache, "toolchain"), "the checksum database says h1:")
		// The provenance would show it, too.
		if m := mustHaveMaterials(t, build.Config{
			Root: c.Root, Dist: c.Dist, Cache: c.Cache, Engine: c.Engine, Functions: c.Functions, Environ: c.Environ,
		}); m.Toolchains[0].Sum == toolchainHash[goVersion()+".linux-"+runtime.GOARCH] {
			t.Errorf("the hash of the changed toolchain is %s", m.Toolchains[0].Sum)
		}
		if err := os.RemoveAll(filepath.Join(c.Cache, "toolchain")); err != nil {
			t.Fatal(err)
		}
		if again := mustBuild(t, c); !reflect.DeepEqual(sums(again), sums(clean)) {
			t.Errorf("SHA-256 are %v, want %v", sums(again), sums(clean))
		}
	})
}
