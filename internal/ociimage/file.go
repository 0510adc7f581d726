package ociimage

import (
	"archive/tar"
	"fmt"
	"io"
	"path"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// ReadFile reads a regular file of an image, such as "/etc/os-release". It does not follow
// links.
func ReadFile(image v1.Image, name string) (string, error) {
	r := mutate.Extract(image)
	defer r.Close()
	for files := tar.NewReader(r); ; {
		h, err := files.Next()
		if err == io.EOF {
			return "", fmt.Errorf("%s is missing", name)
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
