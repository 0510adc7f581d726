package dev

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestCut(t *testing.T) {
	program, err := os.ReadFile("../command/version.go")
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 12, 1, 23, 0, 0, 0, time.UTC)
	cut, next, err := cutVersion("# Changelog\n\n## Unreleased\n\n### Added\n- it\n\n## v0.1.0 – 2026-01-01\n- all\n", string(program), "v0.2.1", day)
	if err != nil {
		t.Fatal(err)
	}
	if want := "# Changelog\n\n## Unreleased\n\n## v0.2.1 – 2026-12-01\n\n### Added\n- it\n\n## v0.1.0 – 2026-01-01\n- all\n"; cut != want {
		t.Errorf("got\n%s", cut)
	}
	if !strings.Contains(next, `const development = "v0.3.0-devel"`) || strings.Count(next, "\n") != strings.Count(string(program), "\n") {
		t.Error("the version of checkouts is not the next one")
	}
	for _, changes := range []string{cut, "# Changelog\n\n## Unreleased\n\n## v0.1.0 – 2026-01-01\n- all\n", "# Changelog\n"} {
		if _, _, err := cutVersion(changes, string(program), "v0.2.1", day); err == nil {
			t.Errorf("this is cut:\n%s", changes)
		}
	}
}
