//go:build linux

package endtoend

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// hostile returns an environment in which each variable would change the output of some
// compiler that saw it.
func hostile() []string {
	experiment := "jsonv2"
	if strings.HasPrefix(runtime.Version(), "go1.24") {
		experiment = "nosynchashtriemap"
	}
	return []string{
		"GOFLAGS=-tags=x", "GOAMD64=v3", "GOARM64=v9.0", "GOEXPERIMENT=" + experiment, "GOFIPS140=latest",
		"CGO_ENABLED=1", "GO_EXTLINK_ENABLED=1", "GODEBUG=http2client=0", "GOOS=windows", "GOARCH=386",
		"CC=false", "CFLAGS=-O0", "LDFLAGS=-Wl,--build-id", "RUSTFLAGS=-Copt-level=0", "CARGO_PROFILE_RELEASE_OPT_LEVEL=0",
		"CRYSTAL_OPTS=--debug", "MAKEFLAGS=-n", "SOURCE_DATE_EPOCH=1", "TZ=Asia/Kathmandu", "LANG=tr_TR.UTF-8", "LC_ALL=C",
	}
}

// bootstraps returns the SHA-256 of the bootstraps in dist, by function and architecture.
func bootstraps(t testing.TB, dist string) map[string]string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dist, "*", "*", "bootstrap"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range found {
		rel, err := filepath.Rel(dist, filepath.Dir(f))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(read(t, f)))
		all[filepath.ToSlash(rel)] = hex.EncodeToString(sum[:])
	}
	return all
}

// A different user, directory, home, umask, environment and cache give the same bytes, and
// what is in dist belongs to the caller.
func TestCallerChangesNoByte(t *testing.T) {
	for _, engine := range engines(t) {
		t.Run(engine, func(t *testing.T) {
			for _, folder := range projects(engine) {
				sample(t, engine, folder) // so that the toolchain is there
			}
			who := stranger(t)
			if engine == "podman" && !who.same {
				// Another user's podman has its own images: TestPodmanWithoutRoot tests
				// that.
				who = caller{same: true, home: t.TempDir()}
			}
			root := who.project(t)
			env := append(hostile(), "BOOTZIP_CACHE="+who.cache(t))
			for _, folder := range projects(engine) {
				argv := []string{mage(t), "build", "-engine=" + engine}
				only := ""
				switch {
				case engine == "podman" && folder == otherProject:
					// The function in C stands for the others, which all link with C;
					// docker tests each of them.
					only = "hello-c/"
					argv = append(argv, "-function=hello-c")
				case engine != "docker" || !asked():
					// Each architecture needs a cold cache; docker tests both.
					only = "hello/amd64"
					argv = append(argv, "-arch=amd64")
				}
				who.run(t, filepath.Join(root, folder), env, argv...)
				want := map[string]string{}
				for name, sum := range sums(sample(t, engine, folder)) {
					if strings.HasPrefix(name, only) {
						want[name] = sum
					}
				}
				dist := filepath.Join(root, folder, "dist")
				equalSums(t, "project "+folder, bootstraps(t, dist), want)
				who.owned(t, dist)
			}
		})
	}
}

// Podman without root, as the user whom BOOTZIP_TEST_USER names.
func TestPodmanWithoutRoot(t *testing.T) {
	engines(t, "podman")
	who := known(t)
	env := podmanWithoutRoot(t, who)

	want := map[string]string{"hello/amd64": sums(sample(t, "podman", goProject))["hello/amd64"]}
	root := who.project(t)
	env = append(append(hostile(), "BOOTZIP_CACHE="+who.cache(t)), env...)
	who.run(t, root, env, mage(t), "build", "-engine=podman", "-arch=amd64")
	dist := filepath.Join(root, "dist")
	equalSums(t, "podman without root", bootstraps(t, dist), want)
	who.owned(t, dist)

	who.sharesPackages(t, "podman", env...)
	who.closed(t, "podman", append(sesame, env...)...)

	r := who.elsewhere(t, "podman", who.project(t), env...)
	equalSums(t, "podman without root in another world", sums(r), want)
	checkVaried(t, r)
	who.tells(t, "podman", env...)
}

// podmanWithoutRoot prepares podman for a user, with the base image, and returns the environment
// variables that it needs.
func podmanWithoutRoot(t *testing.T, who caller) (env []string) {
	t.Helper()
	base := os.Getenv("BOOTZIP_BASE_IMAGE")
	if base == "" {
		t.Fatal("BOOTZIP_BASE_IMAGE is not set")
	}
	// What "scripts/engine start podman" prints, as that user.
	script := filepath.Join(who.home, "engine")
	put(t, script, read(t, filepath.Join(repository(t), "scripts", "engine")))
	archive := filepath.Join(who.home, "base.tar")
	command(t, "podman", "save", "--quiet", "--output", archive, base)
	who.own(t, who.home)
	for line := range strings.Lines(who.run(t, who.home, []string{"BOOTZIP_ENGINE_STATE=" + filepath.Join(who.home, "state")}, "bash", script, "start", "podman")) {
		if set, ok := strings.CutPrefix(strings.TrimSpace(line), "export "); ok {
			env = append(env, set)
		}
	}
	t.Cleanup(func() {
		// This ends the process that keeps the user's namespace open.
		who.run(t, who.home, env, "podman", "system", "migrate")
	})
	who.run(t, who.home, env, "podman", "load", "--quiet", "--input", archive)
	return env
}

// closed lets the caller build a curious function with the engine.
func (c caller) closed(t *testing.T, engine string, env ...string) {
	t.Helper()
	root := filepath.Join(c.folder(t), "curious")
	put(t, filepath.Join(root, "bootzip.yaml"),
		"functions:\n  curious:\n    source: curious\n    language: command\n    arch: [amd64]\n    command: [bash, build.sh]\n")
	put(t, filepath.Join(root, "docker", "Dockerfile.build"), telling["docker/Dockerfile.build"])
	put(t, filepath.Join(root, "curious", "build.sh"), curiousScript(t, secrets(t)))
	c.own(t, root)
	c.run(t, root, append(env, "BOOTZIP_CACHE="+c.cache(t)), mage(t), "build", "-engine="+engine)
	dist := filepath.Join(root, "dist")
	checkReport(t, read(t, filepath.Join(dist, "curious", "amd64", "bootstrap")), fmt.Sprintf("%d:%d", c.uid, c.gid))
	c.owned(t, dist)
}
