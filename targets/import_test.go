package targets_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// importer makes a project that imports the targets from this checkout, as
// another project would from a release, and returns its directory.
func importer(t testing.TB) string {
	t.Helper()
	checkout, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	goMod, err := os.ReadFile(filepath.Join(checkout, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	goSum, err := os.ReadFile(filepath.Join(checkout, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	const module = "github.com/bootzip/bootzip"
	text := strings.Replace(string(goMod), "module "+module+"\n", "module example.com/importer\n", 1) +
		"\nrequire " + module + " v0.0.0\n\nreplace " + module + " => " + strconv.Quote(checkout) + "\n"
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": text,
		"go.sum": string(goSum),
		"magefile.go": `//go:build mage

package main

import (
	//mage:import
	"github.com/bootzip/bootzip/targets"
)

var Default = targets.All
`,
		"cmd/greet/main.go": echoFunction,
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// echoFunction is a complete function that needs only the standard library: it answers
// every event with the event.
const echoFunction = `package main

import (
	"net/http"
	"os"
)

func main() {
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		next, err := http.Get(base + "next")
		if err != nil {
			os.Exit(1)
		}
		answer, err := http.Post(base+next.Header.Get("Lambda-Runtime-Aws-Request-Id")+"/response", "application/json", next.Body)
		if err != nil {
			os.Exit(1)
		}
		answer.Body.Close()
	}
}
`

// goEnv returns the go command's value of a setting.
func goEnv(t testing.TB, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// quiet returns the environment of the scripts: nothing is downloaded, settings of the
// user who runs the tests do not count, and caches are shared.
func quiet(t testing.TB) map[string]string {
	t.Helper()
	user, err := os.UserCacheDir()
	if err != nil {
		user = os.TempDir()
	}
	return map[string]string{
		"GOCACHE": goEnv(t, "GOCACHE"), "GOMODCACHE": goEnv(t, "GOMODCACHE"), "GOPROXY": "off", "GOSUMDB": "off", "GOFLAGS": "", "GOENV": "off",
		"BOOTZIP_CACHE": filepath.Join(user, "bootzip-test"), "BOOTZIP_ENGINE": "", "BOOTZIP_BASE_IMAGE": "",
	}
}

// environ returns this process's environment with quiet added.
func environ(t testing.TB) []string {
	all := os.Environ()
	for name, value := range quiet(t) {
		all = append(all, name+"="+value)
	}
	return all
}

// Another project has the targets with a magefile of a few lines, and `go
// tool mage` as its only tool.
func TestImportedTargets(t *testing.T) {
	dir, compiled := importer(t), t.TempDir()
	run := func(args ...string) (stdout, stderr string) {
		t.Helper()
		cmd := exec.Command("go", append([]string{"tool", "mage"}, args...)...)
		cmd.Dir = dir
		cmd.Env = append(environ(t), "BOOTZIP_ENGINE=host", "MAGEFILE_CACHE="+compiled)
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
