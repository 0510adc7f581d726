package build_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/hint"
)

// What a killed run left is removed by the next one, in a project of any name.
func TestSweep(t *testing.T) {
	root := filepath.Join(tree(t, map[string]string{"a[1]*/go.mod": goMod("example.com/app"), "a[1]*/main.go": program}), "a[1]*")
	c := config(t, root, "app=.")
	for _, name := range []string{".bootzip-stage-123/.bootzip-lock", ".bootzip-stage-123/out/.go/amd64/0/app"} {
		put(t, filepath.Join(c.Dist, ".bootzip", name), "half")
	}
	mustBuild(t, c)
	entries, err := os.ReadDir(filepath.Join(c.Dist, ".bootzip"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "state.json" && e.Name() != "lock" {
			t.Errorf("%s was left", e.Name())
		}
	}
}

// One process at a time can hold the lock, whichever it is.
func TestLock(t *testing.T) {
	dist := filepath.Join(t.TempDir(), "dist")
	unlock, err := build.Lock(dist)
	if err != nil {
		t.Fatal(err)
	}
	refused := "another bootzip is writing to " + dist
	if _, err := build.Lock(dist); err == nil || err.Error() != refused || hint.Of(err) != "wait until it has ended" {
		t.Errorf("error is %v (hint %q)", err, hint.Of(err))
	}
	if got := lockElsewhere(t, dist); got != refused {
		t.Errorf("in another process: %s", got)
	}
	unlock()
	if got := lockElsewhere(t, dist); got != "<nil>" {
		t.Errorf("in another process, unlocked: %s", got)
	}
	// The other process has ended without unlocking, as a killed one does.
	unlock, err = build.Lock(dist)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

// lockElsewhere returns what another process gets when it asks for the lock.
func lockElsewhere(t *testing.T, dist string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "BOOTZIP_TEST_LOCK="+dist)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
