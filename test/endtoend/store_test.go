//go:build linux

package endtoend

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// A build without a network uses Go packages that another machine has compiled, and puts
// its own into the shared cache.
func TestPackagesFromSharedCache(t *testing.T) {
	for _, engine := range engines(t) {
		t.Run(engine, func(t *testing.T) {
			who := caller{same: true, home: t.TempDir()}
			who.sharesPackages(t, engine)
		})
	}
}

var found = regexp.MustCompile(`Go's packages: ([1-9]\d*) found`)

// sharesPackages builds a function, and a changed one with an empty cache of its own.
func (c caller) sharesPackages(t *testing.T, engine string, env ...string) {
	t.Helper()
	bin := filepath.Join(workFolder, "static")
	cmd := exec.Command("go", "build", "-o", bin, "./cmd/bootzip")
	cmd.Dir = repository(t)
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	env = append(env, "BOOTZIP_CACHE_URL="+filepath.Join(c.home, "shared"), "BOOTZIP_CACHE_WRITE=true")
	build := func(word string) string {
		root := filepath.Join(c.folder(t), "project")
		put(t, filepath.Join(root, "go.mod"), goMod())
		put(t, filepath.Join(root, "f", "main.go"), says(word))
		c.own(t, root)
		out, err := c.command(root, append(env, "BOOTZIP_CACHE="+c.cache(t)), bin, "build", "--arch=amd64", "--engine="+engine).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		c.owned(t, filepath.Join(root, "dist"))
		return string(out)
	}
	if out := build("first"); !regexp.MustCompile(`Go's packages: 0 found, \d+ not there, [1-9]\d* kept$`).MatchString(regexp.MustCompile(`(?m)^bootzip: cache: .*$`).FindString(out)) {
		t.Errorf("the first build of %s: %s", engine, out)
	}
	if out := build("second"); !found.MatchString(out) {
		t.Errorf("the second build of %s: %s", engine, out)
	}
}
