package test

import (
	"bytes"
	"compress/flate"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The sample stays about as small as the runtime's test of a typed handler allows. The
// bound is what was measured with Go 1.26.8, plus two to three per cent.
func TestSampleSize(t *testing.T) {
	const bound = 1_010_000 // bytes, deflated, for amd64, which is the larger
	name := filepath.Join(t.TempDir(), "bootstrap")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", name, ".")
	cmd.Dir = filepath.Join("..", "sample", "hello")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "GOFLAGS=", "GOAMD64=v1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	program, err := os.ReadFile(name)
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
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if b.Len() > bound {
		t.Errorf("the sample is %d bytes deflated, over its bound of %d", b.Len(), bound)
	}
}
