//go:build unix

package pages

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A new user gets from the front page to a released function, in an empty Debian without Go,
// with the package in the directory that BOOTZIP_TEST_PACKAGES names. The container may make
// namespaces, as a user's own machine may.
func TestNewcomer(t *testing.T) {
	packages := os.Getenv("BOOTZIP_TEST_PACKAGES")
	if packages == "" {
		t.Skip("BOOTZIP_TEST_PACKAGES names no directory of packages")
	}
	publish(t)
	// What this machine has not fetched yet comes from the network.
	all := strings.SplitN(os.Getenv("GOPROXY"), ",", 3)
	t.Setenv("GOPROXY", all[0]+","+all[2])
	proxy := strings.TrimPrefix(all[0], "file://")
	if err := os.Chmod(proxy, 0o755); err != nil { // another user reads it
		t.Fatal(err)
	}
	script, err := filepath.Abs("testdata/newcomer.sh")
	if err != nil {
		t.Fatal(err)
	}
	argv := []string{"run", "--rm", "--security-opt=seccomp=unconfined", "--security-opt=systempaths=unconfined", "--network=host", "--env=GOPROXY", "--env=GONOSUMDB", "--env=GOSUMDB",
		"--volume=" + proxy + ":" + proxy + ":ro", "--volume=" + packages + ":/packages:ro", "--volume=" + script + ":/newcomer.sh:ro"}
	const certificates = "/etc/ssl/certs/ca-certificates.crt"
	if _, err := os.Stat(certificates); err == nil {
		// The certificate authorities that this machine trusts.
		argv = append(argv, "--volume="+certificates+":/certificates.crt:ro", "--env=SSL_CERT_FILE=/certificates.crt")
	}
	argv = append(argv, os.Getenv("BOOTZIP_BASE_IMAGE"), "sh", "/newcomer.sh")
	out, err := exec.CommandContext(t.Context(), "docker", argv...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	for _, step := range []string{"installed: bootzip", "curl: Hello Ada", "bootzip rebuild: the same bytes"} {
		if !strings.Contains(string(out), step) {
			t.Errorf("no step %q", step)
		}
	}
}
