package build

import (
	"archive/zip"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/dirhash"
)

// A toolchain has the hash of its module, whether its go.mod files have the names in the
// module's zip, the names that work, or both, as when the go command has switched to it.
func TestToolchainSum(t *testing.T) {
	const name = "go1.99.0.linux-amd64"
	content := map[string]string{"VERSION": "go1.99.0\n", "src/_go.mod": "module std\n", "src/cmd/_go.mod": "module cmd\n", "src/a.go": "package a\n"}
	var names []string
	for file := range content {
		names = append(names, toolchainModule+"@v0.0.1-"+name+"/"+file)
	}
	want, err := dirhash.Hash1(names, func(file string) (io.ReadCloser, error) {
		_, rel, _ := strings.Cut(file, name+"/")
		return io.NopCloser(strings.NewReader(content[rel])), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	unpack := func(names ...string) string {
		dir := t.TempDir()
		for file, text := range content {
			for _, as := range names {
				file := filepath.Join(dir, filepath.FromSlash(strings.ReplaceAll(file, "_go.mod", as)))
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		return dir
	}
	both := unpack("go.mod", "_go.mod")
	for what, dir := range map[string]string{"zip": unpack("_go.mod"), "unpacked": unpack("go.mod"), "both": both} {
		if got, err := toolchainSum(dir, name); err != nil || got != want {
			t.Errorf("%s: %s (%v), want %s", what, got, err, want)
		}
	}
	if err := os.WriteFile(filepath.Join(both, "src", "go.mod"), []byte("module other\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := toolchainSum(both, name); err == nil || !strings.Contains(err.Error(), "not like the _go.mod beside it") {
		t.Errorf("a go.mod that was changed: %v", err)
	}
}

// A toolchain is unpacked completely or not at all, and what a killed process had
// unpacked is removed.
func TestPlaceToolchain(t *testing.T) {
	const name = "go1.99.0.linux-amd64"
	module := filepath.Join(t.TempDir(), "module.zip")
	f, err := os.Create(module)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	w, err := z.Create(toolchainModule + "@v0.0.1-" + name + "/bin/go")
	if err == nil {
		_, err = io.WriteString(w, "#!/bin/sh\n")
	}
	if err == nil {
		err = z.Close()
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	sum, err := dirhash.HashZip(module, dirhash.Hash1)
	if err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	dir := filepath.Join(parent, name)
	half := filepath.Join(parent, unpackName+"-123")
	for _, file := range []string{".bootzip-lock", name + "/VERSION"} {
		file = filepath.Join(half, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := placeToolchain(ctx, downloadedModule{Zip: module, Sum: sum}, name, dir); err == nil || exists(dir) {
		t.Errorf("after an interrupt there is a toolchain: %t (%v)", exists(dir), err)
	}
	if err := placeToolchain(context.Background(), downloadedModule{Zip: module, Sum: "h1:x"}, name, dir); err == nil || exists(dir) {
		t.Errorf("with another hash there is a toolchain: %t (%v)", exists(dir), err)
	}
	for range 2 { // the second finds that the toolchain is there already
		if err := placeToolchain(context.Background(), downloadedModule{Zip: module, Sum: sum}, name, dir); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(parent)
	if err != nil || len(entries) != 1 || !exists(filepath.Join(dir, "bin", "go")) {
		t.Errorf("%v (%v), want %s alone", entries, err, name)
	}
}
