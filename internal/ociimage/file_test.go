package ociimage

import (
	"archive/tar"
	"bytes"
	"io"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// The file of the last layer that has it counts.
func TestReadFile(t *testing.T) {
	image := empty.Image
	for _, files := range []map[string]string{{"etc/a": "first", "etc/b": "b"}, {"./etc/a": "last", "etc/c/": ""}, {"other": ""}} {
		var layer bytes.Buffer
		w := tar.NewWriter(&layer)
		for name, text := range files {
			if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(w, text); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		var err error
		if image, err = mutate.AppendLayers(image, static.NewLayer(layer.Bytes(), types.OCIUncompressedLayer)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"/etc/a": "last", "/etc/b": "b"} {
		if got, err := ReadFile(image, name); err != nil || got != want {
			t.Errorf("%s is %q (%v), want %q", name, got, err, want)
		}
	}
	for _, name := range []string{"/etc/d", "/etc/c"} {
		if got, err := ReadFile(image, name); err == nil {
			t.Errorf("%s is %q", name, got)
		}
	}
}
