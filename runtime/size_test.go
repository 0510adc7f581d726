package runtime_test

import (
	"bytes"
	"compress/flate"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// own is this module's path.
const own = "github.com/bootzip/bootzip/runtime"

// allowed are the packages that the core may depend on, in addition to the standard
// library's internal ones. Each is in every Go program, or small. TestSize measures what a
// package adds to the zip.
var allowed = []string{
	"bytes", "cmp", "context", "encoding/base64", "encoding/binary", "errors", "io", "io/fs", "iter", "math", "math/bits",
	"os", "os/signal", "path", "reflect", "runtime", "slices", "sort", "strconv", "sync", "sync/atomic", "syscall", "time",
	"unicode", "unicode/utf16", "unicode/utf8", "unsafe",
	own, own + "/internal/awsform", own + "/internal/client", own + "/internal/http1", own + "/internal/socket",
}

func TestDependenciesOfTheCore(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		for _, p := range strings.Fields(run(t, arch, "list", "-deps", own)) {
			if !slices.Contains(allowed, p) && !strings.HasPrefix(p, "internal/") && !strings.HasPrefix(p, "vendor/") {
				t.Errorf("the core depends on %s on linux/%s", p, arch)
			}
		}
	}
}

// TestSize bounds the size of what is deployed. A bound is what was measured with Go
// 1.26.8, plus two to three per cent. A package that slips in exceeds it; a new version of
// Go may need a new bound.
func TestSize(t *testing.T) {
	if testing.Short() {
		t.Skip("it links two programs")
	}
	const head = "package main\nimport (\n\"context\"\n\"" + own + "\"\n"
	for _, c := range []struct {
		name, source string
		bound        int // bytes, deflated, for amd64, which is the larger
	}{
		{"raw", head + `)
			func main() { runtime.Handle("", func(_ context.Context, e []byte) ([]byte, error) { return e, nil }); runtime.Start() }`, 765_000},
		{"typed", head + `"` + own + `/typed"` + `)
			func main() { typed.Handle("", func(_ context.Context, e struct{ A string }) (any, error) { return e, nil }); runtime.Start() }`, 1_005_000},
	} {
		dir := t.TempDir()
		target := filepath.Join(dir, "main.go")
		if err := os.WriteFile(target, []byte(c.source), 0o600); err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(dir, "bootstrap")
		run(t, "amd64", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", out, target)
		program, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		w, err := flate.NewWriter(&b, flate.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(program); err != nil {
			t.Fatal(err)
		}
		w.Close()
		t.Logf("%s: %d bytes, deflated %d", c.name, len(program), b.Len())
		if b.Len() > c.bound {
			t.Errorf("%s is %d bytes deflated, over its bound of %d", c.name, b.Len(), c.bound)
		}
	}
}

// run runs the go command for Linux.
func run(t *testing.T, arch string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch, "GOFLAGS=", "GOAMD64=v1", "GOARM64=v8.0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}
