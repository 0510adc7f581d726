package targets_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Another project has the targets with a magefile of a few lines, and `go
// tool mage` as its only tool.
func TestImportedTargets(t *testing.T) {
	dir := importer(t)
	run := func(args ...string) (stdout, stderr string) {
		t.Helper()
		cmd := exec.Command("go", append([]string{"tool", "mage"}, args...)...)
		cmd.Dir = dir
		cmd.Env = append(environ(t), "BOOTZIP_ENGINE=host", "MAGEFILE_CACHE="+t.TempDir())
		var out, errs strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil {
			t.Fatalf("mage %q: %v\n%s%s", args, err, out.String(), errs.String())
		}
		return out.String(), errs.String()
	}

	stdout, stderr := run()
	for _, want := range []string{"greet-amd64.zip", "greet-arm64.zip", "PASS"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the default target says\n%s\nand not %q", stdout, want)
		}
	}
	if !strings.Contains(stderr, "bootzip: building with host\n") {
		t.Errorf("the default target does not say with what it builds:\n%s", stderr)
	}
	zips, err := filepath.Glob(filepath.Join(dir, "dist", "*.zip"))
	if err != nil || len(zips) != 2 {
		t.Errorf("zips are %q (%v)", zips, err)
	}

	run("clean")
	if _, err := os.Stat(filepath.Join(dir, "dist")); !os.IsNotExist(err) {
		t.Errorf("dist is still there (%v)", err)
	}
}
