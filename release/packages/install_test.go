//go:build linux

package main

import (
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// built is the directory of the packages to install.
func built(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("BOOTZIP_TEST_PACKAGES")
	if dir == "" {
		t.Skip("BOOTZIP_TEST_PACKAGES names no directory of packages")
	}
	return dir
}

// command runs a program to its end, and returns what it printed and its exit status.
func command(t *testing.T, dir string, argv ...string) (string, int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func must(t *testing.T, dir string, argv ...string) string {
	t.Helper()
	out, exit := command(t, dir, argv...)
	if exit != 0 {
		t.Fatalf("%q ends with %d:\n%s", argv, exit, out)
	}
	return out
}

// registry serves packages as npm's registry does: a package's metadata by its name, and its
// tar (npm documentation, "registry", package metadata).
func registry(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no npm package is in %s (%v)", dir, err)
	}
	served := map[string][]byte{} // by path
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if text, ok := served[r.URL.Path]; ok { // npm asks for @bootzip%2fNAME
			_, _ = w.Write(text)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(server.Close)
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		about := readNPM(t, name)
		text, err := json.Marshal(about)
		if err != nil {
			t.Fatal(err)
		}
		var version map[string]any
		if err := json.Unmarshal(text, &version); err != nil {
			t.Fatal(err)
		}
		sum := sha512.Sum512(data)
		version["dist"] = map[string]string{"tarball": server.URL + "/-/" + filepath.Base(name), "integrity": "sha512-" + base64.StdEncoding.EncodeToString(sum[:])}
		metadata := map[string]any{"name": about.Name, "dist-tags": map[string]string{"latest": about.Version}, "versions": map[string]any{about.Version: version}}
		served["/-/"+filepath.Base(name)] = data
		if served["/"+about.Name], err = json.Marshal(metadata); err != nil {
			t.Fatal(err)
		}
	}
	return server.URL
}

// npm installs the program of this machine's platform and no other, which gets arguments and
// returns its exit status.
func TestInstallNPM(t *testing.T) {
	from := registry(t, built(t))
	t.Setenv("npm_config_cache", t.TempDir())
	t.Setenv("npm_config_registry", from)
	t.Setenv("npm_config_audit", "false")
	t.Setenv("npm_config_fund", "false")
	dir := t.TempDir()
	must(t, dir, "npm", "install", "bootzip")
	own := platform{runtime.GOOS, runtime.GOARCH}.npm()
	installed, err := os.ReadDir(filepath.Join(dir, "node_modules", "@bootzip"))
	if err != nil || len(installed) != 1 || installed[0].Name() != own {
		t.Errorf("installed %v (%v)", installed, err)
	}
	program := filepath.Join(dir, "node_modules", ".bin", "bootzip")
	out := must(t, dir, program, "version", "--check")
	if !strings.Contains(out, "by a release") || !strings.Contains(out, path.Join("@bootzip", own, "bin", "bootzip")) {
		t.Errorf("it is\n%s", out)
	}
	t.Logf("npm:\n%s", out)
	if out, exit := command(t, dir, program, "nonsense"); exit != 2 || !strings.Contains(out, "unknown command") {
		t.Errorf("nonsense: %d\n%s", exit, out)
	}
	other := t.TempDir()
	must(t, other, "npm", "install", "--omit=optional", "bootzip")
	if out, exit := command(t, other, filepath.Join(other, "node_modules", ".bin", "bootzip")); exit != 1 || !strings.Contains(out, "--omit=optional") {
		t.Errorf("without its program: %d\n%s", exit, out)
	}
}
