package verify

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Archives of docker save before version 25 have only a manifest.json.
func TestDockerArchive(t *testing.T) {
	plain, _ := goodLayer().bytes(t)
	config := toJSON(t, map[string]any{"architecture": "amd64", "os": "linux", "config": map[string]any{"Entrypoint": []string{"/var/task/bootstrap"}}, "rootfs": map[string]any{"diff_ids": []string{blobName(plain)}}, "history": []any{map[string]any{}}})
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range []struct {
		name string
		data []byte
	}{{"abc.json", config}, {"layer/layer.tar", plain}, {"manifest.json", []byte(`[{"Config":"abc.json","RepoTags":["x:y"],"Layers":["layer/layer.tar"]}]`)}} {
		if err := w.WriteHeader(&tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.data))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "image.tar")
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if ids, r := found(t, name, ImageOptions{}); len(ids) > 0 || len(r.Image.Layers) != 1 || r.SHA256 == "" {
		t.Errorf("found %q: %+v", ids, r.Image)
	}
	// Of two files with one name, tools take one or the other.
	twice := append(bytes.Clone(b.Bytes()[:b.Len()-1024]), b.Bytes()...)
	if err := os.WriteFile(name, twice, 0o644); err != nil {
		t.Fatal(err)
	}
	if ids, _ := found(t, name, ImageOptions{}); fmt.Sprint(ids) != "[archive]" {
		t.Errorf("files twice: %q", ids)
	}
	if err := os.WriteFile(name, b.Bytes()[:700], 0o644); err != nil {
		t.Fatal(err)
	}
	if ids, _ := found(t, name, ImageOptions{}); fmt.Sprint(ids) != "[archive]" {
		t.Errorf("half an archive: %q", ids)
	}
	if _, _, err := Image(context.Background(), filepath.Join(t.TempDir(), "none"), ImageOptions{}, ""); err == nil {
		t.Error("no error without a file")
	}
}
