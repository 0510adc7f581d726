package build_test

import (
	"context"
	"os"
	"testing"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/sandbox"
)

// An engine can be started with nothing to build, and leaves nothing behind.
func TestStart(t *testing.T) {
	c := config(t, tree(t, map[string]string{"go.mod": goMod("example.com/app"), "app/main.go": program}), "app")
	if err := os.Mkdir(c.Dist, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c.Engine = range []string{"host", "sandbox"} {
		if _, err := sandbox.Probe(context.Background()); c.Engine == "sandbox" && err != nil {
			t.Skipf("no sandbox can be made here: %v", err)
		}
		if err := build.Start(context.Background(), c); err != nil {
			t.Errorf("%s: %v", c.Engine, err)
		}
		if files := distFiles(t, c.Dist); len(files) > 0 {
			t.Errorf("%s left %v", c.Engine, files)
		}
	}
}
