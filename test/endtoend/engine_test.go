//go:build linux

package endtoend

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/internal/sandbox"
)

// workFolder is a directory for what several tests share; it is removed when all have run.
var workFolder string

func TestMain(m *testing.M) {
	if engine := os.Getenv("BOOTZIP_TEST_ELSEWHERE"); engine != "" {
		os.Exit(buildElsewhere(engine))
	}
	if order := os.Getenv("BOOTZIP_TEST_RAID"); order != "" {
		os.Exit(raidPlace(order))
	}
	if os.Getenv("BOOTZIP_TEST_ENDTOEND") == "" && !asked() {
		fmt.Println("not run, since they take minutes: set BOOTZIP_TEST_ENDTOEND=1 or BOOTZIP_TEST_ENGINES, as .ci/run endtoend does")
		return
	}
	var err error
	if workFolder, err = os.MkdirTemp("", "bootzip-endtoend-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// Other users work in directories below it.
	if err := os.Chmod(workFolder, 0o711); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	// Callers have module caches in it, which the go command makes read-only. What cannot
	// be walked cannot be removed either, which is reported below.
	_ = filepath.WalkDir(workFolder, func(name string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			err = os.Chmod(name, 0o700)
		}
		return err
	})
	if err := os.RemoveAll(workFolder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// asked reports whether engines were named: then nothing may be skipped.
func asked() bool { return os.Getenv("BOOTZIP_TEST_ENGINES") != "" }

// missing ends a test that needs something that is not available.
func missing(t testing.TB, what string) {
	t.Helper()
	if asked() {
		t.Fatal(what)
	}
	t.Skip(what)
}

// engines returns the engines to test with; if any are given in only, it is limited to
// those. If none is left, the test is skipped.
func engines(t testing.TB, only ...string) []string {
	t.Helper()
	named := []string{"host"}
	reason := ""
	if asked() {
		named = strings.Split(os.Getenv("BOOTZIP_TEST_ENGINES"), ",")
	} else if _, err := sandbox.Probe(context.Background()); err == nil {
		named = []string{"sandbox", "host"}
	} else {
		reason = fmt.Sprintf(" (sandbox: %v)", err)
	}
	var all []string
	for _, e := range named {
		if e = strings.TrimSpace(e); len(only) == 0 || slices.Contains(only, e) {
			all = append(all, e)
		}
	}
	if len(all) == 0 {
		t.Skipf("BOOTZIP_TEST_ENGINES names none of %s%s", strings.Join(only, ", "), reason)
	}
	return all
}

// containers runs the test with each container engine.
func containers(t *testing.T, test func(t *testing.T, client string)) {
	for _, client := range engines(t, "docker", "podman") {
		t.Run(client, func(t *testing.T) { test(t, client) })
	}
}

// command runs a program to its end and returns its standard output, without the last line
// end.
func command(t testing.TB, argv ...string) string {
	t.Helper()
	text, err := try(argv...)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func try(argv ...string) (string, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, stderr.String())
	}
	return strings.TrimRight(string(out), "\n"), err
}

// containersOf returns the ids of the containers, running or not, that build the project in
// root: they have a label with the first bytes of the hash of its path.
func containersOf(t testing.TB, client, root string) []string {
	t.Helper()
	return strings.Fields(command(t, client, "ps", "--all", "--quiet", "--filter", "label="+label(root)))
}

func label(root string) string {
	sum := sha256.Sum256([]byte(root))
	return "org.bootzip.project=" + hex.EncodeToString(sum[:8])
}

// until waits for something that another process does.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// A recorder replaces an engine's client in PATH: it records each command and passes it
// on.
type recorder struct{ log string }

func record(t *testing.T, client string) recorder {
	t.Helper()
	real, err := exec.LookPath(client)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	r := recorder{filepath.Join(dir, "log")}
	script := fmt.Sprintf("#!/bin/sh\nprintf '%%s\\n' \"$*\" >>'%s'\nexec '%s' \"$@\"\n", r.log, real)
	if err := os.WriteFile(filepath.Join(dir, client), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return r
}

// take returns the commands since the last call that begin with one of the verbs.
func (r recorder) take(t testing.TB, verbs ...string) []string {
	t.Helper()
	data, err := os.ReadFile(r.log)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if err := os.RemoveAll(r.log); err != nil {
		t.Fatal(err)
	}
	var found []string
	for line := range strings.Lines(string(data)) {
		if verb, _, _ := strings.Cut(strings.TrimSpace(line), " "); slices.Contains(verbs, verb) {
			found = append(found, line)
		}
	}
	return found
}
