// Package ociimage reads an image of an OCI image layout on disk, for go-containerregistry.
package ociimage

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/ocilayout"
)

// maxJSON bounds an index, a manifest and a configuration, in bytes (OCI distribution
// specification: 4 MiB is the usual limit of registries for a manifest).
const maxJSON = 4 << 20

// Open reads an image of an OCI image layout, in a directory or in a tar. If architecture
// is empty, the layout must have exactly one image; otherwise, Open chooses the one for
// linux and that architecture. It compares the manifest and the configuration with their
// digests, and does not read layers. The caller must call close when it no longer needs
// the image.
func Open(name, architecture string) (_ v1.Image, close func() error, err error) {
	const remedy = "give an OCI image layout, in a directory or in a tar as bootzip package --image makes it"
	files, err := ocilayout.OpenFiles(name)
	var broken *ocilayout.TarError
	if errors.As(err, &broken) {
		return nil, nil, hint.Wrap(fmt.Errorf("image %q: %w", name, err), remedy)
	}
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			files.Close()
			err = fmt.Errorf("image %q: %w", name, err)
		}
	}()
	l := &layoutImage{files: files}
	text, err := l.read("index.json")
	if err != nil {
		return nil, nil, hint.Wrap(err, remedy)
	}
	d, err := l.choose(text, architecture)
	if err != nil {
		return nil, nil, err
	}
	l.kind = d.MediaType
	if l.manifest, err = l.blob(d.Digest); err != nil {
		return nil, nil, err
	}
	if err := json.Unmarshal(l.manifest, &l.parsed); err != nil {
		return nil, nil, fmt.Errorf("manifest: %w", err)
	}
	if l.config, err = l.blob(l.parsed.Config.Digest); err != nil {
		return nil, nil, err
	}
	image, err := partial.CompressedToImage(l)
	return image, files.Close, err
}

// choose finds the image's descriptor in an index, or, for an architecture, in an index
// that this one names.
func (l *layoutImage) choose(text []byte, architecture string) (d v1.Descriptor, err error) {
	for range 2 {
		var index v1.IndexManifest
		if err := json.Unmarshal(text, &index); err != nil {
			return d, fmt.Errorf("index: %w", err)
		}
		list := slices.DeleteFunc(index.Manifests, func(d v1.Descriptor) bool {
			p := d.Platform
			return architecture != "" && p != nil && (p.OS != "linux" || p.Architecture != architecture)
		})
		if len(list) != 1 {
			platform := ""
			if architecture != "" {
				platform = " for linux/" + architecture
			}
			return d, fmt.Errorf("it has %d images%s, not one", len(list), platform)
		}
		d = list[0]
		if d.MediaType.IsImage() || architecture == "" {
			break
		}
		if text, err = l.blob(d.Digest); err != nil {
			return d, err
		}
	}
	if !d.MediaType.IsImage() {
		return d, fmt.Errorf("it has a %s, not an image", d.MediaType)
	}
	return d, nil
}

// A layoutImage is one image of a layout.
type layoutImage struct {
	files            ocilayout.Files
	kind             types.MediaType
	manifest, config []byte
	parsed           v1.Manifest
}

func (l *layoutImage) read(name string) ([]byte, error) {
	r, size, err := l.files.Open(name)
	if err != nil {
		return nil, fmt.Errorf("it has no %s", name)
	}
	defer r.Close()
	if size > maxJSON {
		return nil, fmt.Errorf("%s has %d bytes, more than %d", name, size, maxJSON)
	}
	return io.ReadAll(r)
}

func blobName(h v1.Hash) string { return "blobs/" + h.Algorithm + "/" + h.Hex }

// blob reads a blob of at most maxJSON bytes, and compares it with its digest.
func (l *layoutImage) blob(h v1.Hash) ([]byte, error) {
	text, err := l.read(blobName(h))
	if err != nil {
		return nil, err
	}
	if is, _, err := v1.SHA256(bytes.NewReader(text)); err != nil || is != h {
		return nil, errors.Join(err, fmt.Errorf("%s has other content: its digest is %s", blobName(h), is))
	}
	return text, nil
}

// RawManifest implements partial.CompressedImageCore.
func (l *layoutImage) RawManifest() ([]byte, error) { return l.manifest, nil }

// RawConfigFile implements partial.CompressedImageCore.
func (l *layoutImage) RawConfigFile() ([]byte, error) { return l.config, nil }

// MediaType implements partial.CompressedImageCore.
func (l *layoutImage) MediaType() (types.MediaType, error) { return l.kind, nil }

// LayerByDigest implements partial.CompressedImageCore.
func (l *layoutImage) LayerByDigest(h v1.Hash) (partial.CompressedLayer, error) {
	for _, d := range l.parsed.Layers {
		if d.Digest == h {
			return &layer{l.files, d}, nil
		}
	}
	return nil, fmt.Errorf("it has no layer %s", h)
}

// A layer is a blob of a layout.
type layer struct {
	files ocilayout.Files
	about v1.Descriptor
}

// Digest implements partial.CompressedLayer.
func (l *layer) Digest() (v1.Hash, error) { return l.about.Digest, nil }

// Size implements partial.CompressedLayer.
func (l *layer) Size() (int64, error) { return l.about.Size, nil }

// MediaType implements partial.CompressedLayer.
func (l *layer) MediaType() (types.MediaType, error) { return l.about.MediaType, nil }

// Compressed implements partial.CompressedLayer.
func (l *layer) Compressed() (io.ReadCloser, error) {
	r, _, err := l.files.Open(blobName(l.about.Digest))
	return r, err
}
