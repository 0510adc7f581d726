package ociimage

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// ReadFile reads a file of an image, such as "/etc/os-release", from the last layer that has
// it, without regard to links and to files that later layers remove.
func ReadFile(image v1.Image, name string) (string, error) {
	layers, err := image.Layers()
	if err != nil {
		return "", err
	}
	for _, layer := range slices.Backward(layers) {
		text, err := readLayer(layer, name)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return text, err
		}
	}
	return "", fmt.Errorf("%s is missing", name)
}

func readLayer(layer v1.Layer, name string) (string, error) {
	r, err := layer.Uncompressed()
	if err != nil {
		return "", err
	}
	defer r.Close()
	for files := tar.NewReader(r); ; {
		h, err := files.Next()
		if err == io.EOF {
			return "", fs.ErrNotExist
		}
		if err != nil {
			return "", err
		}
		if path.Clean("/"+h.Name) == name && h.Typeflag == tar.TypeReg {
			text, err := io.ReadAll(files)
			return string(text), err
		}
	}
}
