// Package registry pushes images to registries (OCI distribution specification 1.1).
package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/ociimage"
	"github.com/bootzip/bootzip/internal/tempdir"
)

// Config says how to push and fetch.
type Config struct {
	Transport http.RoundTripper // default: that of package remote, which retries
}

// Push pushes the images in archives, OCI image layouts in tars, to a reference such as
// "123456789012.dkr.ecr.eu-west-1.amazonaws.com/hello:v1", and returns the reference with
// the digest. For one archive it pushes the image's manifest, as Lambda needs it; for several,
// an index of images for different platforms. It does not send what the registry already
// has. It uses the credentials of docker login (and podman login) for the registry.
//
// Push checks everything before it sends the first byte. It moves the reference last, and
// reads it back.
func Push(ctx context.Context, c Config, reference string, archives ...string) (pushed string, err error) {
	ref, err := parseTag(reference)
	if err != nil {
		return "", err
	}
	if len(archives) == 0 { // an index without images is valid, but nobody wants one
		return "", errors.New("there is no image to push")
	}
	var images []v1.Image
	for _, file := range archives {
		image, close, err := ociimage.Open(file, "")
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
	var made interface {
		remote.Taggable
		Digest() (v1.Hash, error)
	}
	if len(images) == 1 {
		made = images[0]
	} else if made, err = indexOf(archives, images); err != nil {
		return "", err
	}
	if err := remote.Push(ref, made, options...); err != nil {
		return "", refused(ref, err)
	}
	digest, err := made.Digest()
	if err != nil {
		return "", err
	}
	there, err := remote.Get(ref, options...)
	if err != nil {
		return "", refused(ref, err)
	}
	if there.Digest != digest {
		return "", hint.New("push again; if the error persists, the registry changes what it receives", "%s is %s after the push, not %s", ref, there.Digest, digest)
	}
	return ref.Context().Name() + "@" + digest.String(), nil
}

// CheckReference returns an error, with a hint, if [Push] would refuse the reference.
func CheckReference(reference string) error {
	_, err := parseTag(reference)
	return err
}

func parseTag(reference string) (name.Tag, error) {
	if _, err := name.NewDigest(reference); err == nil {
		return name.Tag{}, hint.New("give a tag: the digest comes out", "reference %q has a digest", reference)
	}
	ref, err := name.NewTag(reference)
	if err != nil {
		return ref, hint.New("give REGISTRY/NAME:TAG, such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/hello:v1", "invalid reference %q: %w", reference, err)
	}
	return ref, nil
}

// Base returns a directory below cache: an OCI image layout with the image for linux and an
// architecture that a reference with a digest names. It fetches the image only once.
func Base(ctx context.Context, c Config, reference, architecture, cache string) (string, error) {
	ref, err := name.NewDigest(reference)
	if err != nil {
		return "", hint.Wrap(err, "give REGISTRY/NAME@sha256:DIGEST")
	}
	dir := filepath.Join(cache, strings.ReplaceAll(ref.DigestStr(), ":", "-")+"-"+architecture)
	if _, close, err := ociimage.Open(dir, architecture); err == nil {
		return dir, close()
	}
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(cache, 0o755)); err != nil {
		return "", err
	}
	platform := v1.Platform{OS: "linux", Architecture: architecture}
	image, err := remote.Image(ref, append(c.options(ctx), remote.WithPlatform(platform))...)
	if err != nil {
		return "", refused(ref, err)
	}
	stage, err := tempdir.New(cache, "fetch")
	if err != nil {
		return "", err
	}
	defer stage.Remove()
	made := filepath.Join(stage.Path, "image")
	if err := writeLayout(made, image, layout.WithPlatform(platform)); err != nil {
		return "", refused(ref, err)
	}
	if err := os.Rename(made, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	} // otherwise another process has fetched it
	return dir, nil
}

// Fetch writes what a reference names into the directory dir, as an OCI image layout: an
// image with its parts, or only an index, without its images.
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
		if err == nil {
			err = writeLayout(dir, image)
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

// writeLayout writes an OCI image layout with one image.
func writeLayout(dir string, image v1.Image, options ...layout.Option) error {
	to, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	return to.AppendImage(image, options...)
}

func (c Config) options(ctx context.Context) []remote.Option {
	options := []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain), remote.WithUserAgent("bootzip")}
	if c.Transport != nil {
		options = append(options, remote.WithTransport(c.Transport))
	}
	return options
}

// refused returns the error with the name of the registry, and with a hint on how to log in
// if the registry refuses access.
func refused(ref name.Reference, err error) error {
	var t *transport.Error
	if errors.As(err, &t) && (t.StatusCode == http.StatusUnauthorized || t.StatusCode == http.StatusForbidden) {
		server := ref.Context().RegistryStr()
		return hint.Wrap(fmt.Errorf("registry %s refuses: %w", server, err),
			"log in: docker login "+server+"; for Amazon ECR: aws ecr get-login-password | docker login --username AWS --password-stdin "+server)
	}
	return fmt.Errorf("registry %s: %w", ref.Context().RegistryStr(), err)
}

// indexOf returns an index of images, each for a different platform.
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
