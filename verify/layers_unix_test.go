//go:build unix

package verify_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/bootzip/bootzip/verify"
)

// What a project names as a layer may be anything.
func TestLayerIsAPipe(t *testing.T) {
	dir := t.TempDir()
	pipe, zip := filepath.Join(dir, "layer.zip"), filepath.Join(dir, "function.zip")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(zip, zspec{files: []zfile{boot()}}.bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := verify.File(t.Context(), zip, verify.Options{Layers: []string{pipe}})
	if err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("got %v", err)
	}
}
