package dev_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/internal/dev"
)

// The real govulncheck looks at this module, with databases that were written
// for this test: one knows the three vulnerabilities that are allowed, the
// other a made-up one as well. It fetches govulncheck, and runs only if asked
// to.
func TestVuln(t *testing.T) {
	if os.Getenv("BOOTZIP_TEST_VULN") == "" {
		t.Skip("BOOTZIP_TEST_VULN is not set")
	}
	data, err := filepath.Abs("vulnerability/testdata")
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile("../../vulnerabilities.json")
	if err != nil {
		t.Fatal(err)
	}
	stale := filepath.Join(t.TempDir(), "stale.json")
	longer := strings.TrimSuffix(strings.TrimSpace(string(list)), "]") + `, {"id": "GO-2020-0001", "reason": "a test", "expires": "2999-01-01"}]`
	if err := os.WriteFile(stale, []byte(longer), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		args   []string
		status int
		want   []string
	}{
		"as listed": {[]string{"-db=file://" + data + "/known"}, 0, []string{"GO-2025-4020: allowed until ", "PASS: 3 allowed, 0 not called"}},
		"one not listed, one stale": {[]string{"-db=file://" + data + "/more", "-allow=" + stale}, 1,
			[]string{"GO-2999-0001: NOT ALLOWED: github.com/gofrs/flock@", "called (*Flock.TryLock), fixed in v99.0.0", "GO-2020-0001: NOT FOUND any more", "2 of 5"}},
		// Without a database, nothing passes.
		"no database":              {[]string{"-db=file://" + data + "/none"}, 1, []string{"not run: ", "/none/index"}},
		"no database, and offline": {[]string{"-db=file://" + data + "/none", "-offline"}, 0, []string{"not run: ", "/none/index"}},
	} {
		cmd := exec.Command("go", append([]string{"tool", "mage", "vuln"}, c.args...)...)
		cmd.Dir = "../.."
		out, err := cmd.CombinedOutput()
		status := 0
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			status = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		if status != c.status {
			t.Errorf("%s: status %d, want %d:\n%s", what, status, c.status, out)
		}
		for _, want := range c.want {
			if !strings.Contains(string(out), want) {
				t.Errorf("%s: it does not say %s, but\n%s", what, want, out)
			}
		}
	}
}

// An interrupt is not a pass, even with -offline.
func TestVulnInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	db, offline := "http://127.0.0.1:1", true
	if err := dev.Vuln(ctx, &db, nil, &offline); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("error is %v", err)
	}
}
