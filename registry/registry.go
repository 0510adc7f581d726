// Package registry pushes images to registries (OCI distribution specification 1.1).
package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/tarindex"
)

// Config says how to push.
type Config struct {
	UserAgent string
	Transport http.RoundTripper // default: that of package remote, which tries again
}

// Push pushes the images in archives, OCI image layouts in tars, to a reference such as
// "123456789012.dkr.ecr.eu-west-1.amazonaws.com/hello:v1", and returns the reference with
// the digest. Of one archive it is the image's manifest, as Lambda takes it; of several it
// is an index of images for different platforms. What the registry has is not sent again.
// Credentials are those of docker login (and podman login) for the registry.
//
// Everything is checked before the first byte is sent; the reference is moved last, and
// read back.
func Push(ctx context.Context, c Config, reference string, archives ...string) (pushed string, err error) {
	ref, err := name.ParseReference(reference)
	if err != nil {
		return "", hint.Wrap(err, "give REGISTRY/NAME:TAG, such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/hello:v1")
	}
	if _, ok := ref.(name.Digest); ok {
		return "", hint.New("give a tag: the digest comes out", "reference %q has a digest", reference)
	}
	var images []v1.Image
	for _, file := range archives {
		image, close, err := Open(file)
		if err != nil {
			return "", err
		}
		defer close()
		if err := validate.Image(image); err != nil {
			return "", fmt.Errorf("image %q: %w", file, err)
		}
		images = append(images, image)
	}
	options := c.options(ctx)
	var digest v1.Hash
	if len(images) == 1 {
		if err := remote.Write(ref, images[0], options...); err != nil {
			return "", refused(ref, err)
		}
		digest, err = images[0].Digest()
	} else {
		var index v1.ImageIndex
		if index, err = indexOf(archives, images); err != nil {
			return "", err
		}
		if err := remote.WriteIndex(ref, index, options...); err != nil {
			return "", refused(ref, err)
		}
		digest, err = index.Digest()
	}
	if err != nil {
		return "", err
	}
	there, err := remote.Get(ref, options...)
	if err != nil {
		return "", refused(ref, err)
	}
	if there.Digest != digest {
		return "", hint.New("push again; if it stays, the registry changes what it is sent", "%s is %s after the push, not %s", ref, there.Digest, digest)
	}
	return ref.Context().Name() + "@" + digest.String(), nil
}

// Fetch writes what a reference names into the directory dir, as an OCI image layout: an
// image with its parts, or an index alone, whose images it does not choose from.
func Fetch(ctx context.Context, c Config, reference, dir string) error {
	ref, err := name.ParseReference(reference)
	if err != nil {
		return hint.Wrap(err, "give REGISTRY/NAME:TAG or REGISTRY/NAME@sha256:DIGEST")
	}
	there, err := remote.Get(ref, c.options(ctx)...)
	if err != nil {
		return refused(ref, err)
	}
	if there.MediaType.IsImage() {
		image, err := there.Image()
		if err != nil {
			return refused(ref, err)
		}
		to, err := layout.Write(dir, empty.Index)
		if err == nil {
			err = to.AppendImage(image)
		}
		if err != nil {
			return refused(ref, err)
		}
		return nil
	}
	blob := filepath.Join(dir, "blobs", there.Digest.Algorithm, there.Digest.Hex)
	index, err := json.Marshal(v1.IndexManifest{SchemaVersion: 2, Manifests: []v1.Descriptor{there.Descriptor}})
	return errors.Join(err, os.MkdirAll(filepath.Dir(blob), 0o755), os.WriteFile(blob, there.Manifest, 0o644), os.WriteFile(filepath.Join(dir, "index.json"), index, 0o644))
}

func (c Config) options(ctx context.Context) []remote.Option {
	options := []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain), remote.WithUserAgent(c.UserAgent)}
	if c.Transport != nil {
		options = append(options, remote.WithTransport(c.Transport))
	}
	return options
}

// refused explains an error of a registry.
func refused(ref name.Reference, err error) error {
	var t *transport.Error
	if errors.As(err, &t) && (t.StatusCode == http.StatusUnauthorized || t.StatusCode == http.StatusForbidden) {
		server := ref.Context().RegistryStr()
		return hint.Wrap(fmt.Errorf("registry %s refuses: %w", server, err),
			"log in: docker login "+server+"; for Amazon ECR: aws ecr get-login-password | docker login --username AWS --password-stdin "+server)
	}
	return fmt.Errorf("registry %s: %w", ref.Context().RegistryStr(), err)
}

// indexOf is an index of images, each for a platform of its own.
func indexOf(archives []string, images []v1.Image) (v1.ImageIndex, error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	seen := map[string]string{}
	for i, image := range images {
		f, err := image.ConfigFile()
		if err != nil {
			return nil, err
		}
		if other, twice := seen[f.Architecture]; twice {
			return nil, hint.New("push them to references of their own", "images %q and %q are both for %s", other, archives[i], f.Architecture)
		}
		seen[f.Architecture] = archives[i]
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: f.OS, Architecture: f.Architecture}}})
	}
	return index, nil
}

// maxJSON bounds an index, a manifest and a configuration, in bytes (OCI distribution
// specification: 4 MiB are a registry's usual limit of a manifest).
const maxJSON = 4 << 20

// An archive is an OCI image layout in a tar, with one image.
type archive struct {
	files    tarindex.Files
	manifest []byte
	config   []byte
}

// Open reads the only image of an archive. The caller calls close when it needs the image
// no more.
func Open(name string) (_ v1.Image, close func() error, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			f.Close()
			err = fmt.Errorf("image %q: %w", name, err)
		}
	}()
	files, err := tarindex.Read(f)
	if err != nil {
		return nil, nil, hint.Wrap(err, "make it with bootzip package --image")
	}
	a := &archive{files: files}
	text, err := a.read("index.json")
	if err != nil {
		return nil, nil, hint.Wrap(err, "give an OCI image layout in a tar, as bootzip package --image makes it")
	}
	var index v1.IndexManifest
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, nil, fmt.Errorf("index.json: %w", err)
	}
	if len(index.Manifests) != 1 {
		return nil, nil, fmt.Errorf("it has %d images, not one", len(index.Manifests))
	}
	if kind := index.Manifests[0].MediaType; kind != types.OCIManifestSchema1 {
		return nil, nil, fmt.Errorf("it has a %s, not an image", kind)
	}
	if a.manifest, err = a.blob(index.Manifests[0].Digest); err != nil {
		return nil, nil, err
	}
	var m v1.Manifest
	if err := json.Unmarshal(a.manifest, &m); err != nil {
		return nil, nil, fmt.Errorf("manifest: %w", err)
	}
	if a.config, err = a.blob(m.Config.Digest); err != nil {
		return nil, nil, err
	}
	image, err := partial.CompressedToImage(a)
	return image, f.Close, err
}

func (a *archive) read(name string) ([]byte, error) {
	s, err := a.files.Open(name)
	if err != nil {
		return nil, fmt.Errorf("it has no %s", name)
	}
	if s.Size() > maxJSON {
		return nil, fmt.Errorf("%s has %d bytes, more than %d", name, s.Size(), maxJSON)
	}
	return io.ReadAll(s)
}

func blobName(h v1.Hash) string { return "blobs/" + h.Algorithm + "/" + h.Hex }

// blob reads a small blob, and compares it with its digest.
func (a *archive) blob(h v1.Hash) ([]byte, error) {
	text, err := a.read(blobName(h))
	if err != nil {
		return nil, err
	}
	if is, _, err := v1.SHA256(bytes.NewReader(text)); err != nil || is != h {
		return nil, errors.Join(err, fmt.Errorf("%s has other content: its digest is %s", blobName(h), is))
	}
	return text, nil
}

// RawManifest implements partial.CompressedImageCore.
func (a *archive) RawManifest() ([]byte, error) { return a.manifest, nil }

// RawConfigFile implements partial.CompressedImageCore.
func (a *archive) RawConfigFile() ([]byte, error) { return a.config, nil }

// MediaType implements partial.CompressedImageCore.
func (a *archive) MediaType() (types.MediaType, error) { return types.OCIManifestSchema1, nil }

// LayerByDigest implements partial.CompressedImageCore.
func (a *archive) LayerByDigest(h v1.Hash) (partial.CompressedLayer, error) {
	s, err := a.files.Open(blobName(h))
	if err != nil {
		return nil, err
	}
	return &layer{a, h, s.Size()}, nil
}

// A layer is a blob of an archive.
type layer struct {
	archive *archive
	hash    v1.Hash
	size    int64
}

// Digest implements partial.CompressedLayer.
func (l *layer) Digest() (v1.Hash, error) { return l.hash, nil }

// Size implements partial.CompressedLayer.
func (l *layer) Size() (int64, error) { return l.size, nil }

// MediaType implements partial.CompressedLayer.
func (l *layer) MediaType() (types.MediaType, error) { return types.OCILayer, nil }

// Compressed implements partial.CompressedLayer.
func (l *layer) Compressed() (io.ReadCloser, error) {
	s, err := l.archive.files.Open(blobName(l.hash))
	return io.NopCloser(s), err
}
