package pack

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/ociimage"
	"github.com/bootzip/bootzip/project"
)

// A base is the image that a function's layer is put on. It is empty if there is none.
type base struct {
	name   string
	image  v1.Image
	digest string // of its manifest
	config *v1.ConfigFile
	layers []v1.Descriptor // of OCI's media types
	close  func() error
}

// openBase opens the base image for an architecture, in an OCI image layout. If name is
// empty, so is the base.
func openBase(name string, arch project.Arch) (b *base, err error) {
	if name == "" {
		return &base{config: &v1.ConfigFile{}, close: func() error { return nil }}, nil
	}
	image, close, err := ociimage.Open(name, string(arch))
	if err != nil {
		return nil, fmt.Errorf("base %w", err)
	}
	b = &base{name: name, image: image, close: close}
	defer func() {
		if err != nil {
			close()
			err = fmt.Errorf("base image %q: %w", name, err)
		}
	}()
	digest, err := image.Digest()
	if err != nil {
		return nil, err
	}
	b.digest = digest.String()
	if b.config, err = image.ConfigFile(); err != nil {
		return nil, err
	}
	if b.config.OS != "linux" || b.config.Architecture != string(arch) {
		return nil, hint.New("give a base for each architecture of the function, or an index of both", "it is for %s/%s, not for linux/%s", b.config.OS, b.config.Architecture, arch)
	}
	m, err := image.Manifest()
	if err != nil {
		return nil, err
	}
	if len(m.Layers) != len(b.config.RootFS.DiffIDs) {
		return nil, fmt.Errorf("its manifest has %d layers, and its configuration %d", len(m.Layers), len(b.config.RootFS.DiffIDs))
	}
	for _, l := range m.Layers {
		if l.MediaType != types.OCILayer && l.MediaType != types.DockerLayer {
			return nil, hint.New("make the base with layers compressed by gzip: skopeo copy --dest-compress-format=gzip", "layer %s is a %s, which Lambda is not known to accept", l.Digest, l.MediaType)
		}
		// The bytes of both are the same, and Lambda accepts no mixture.
		b.layers = append(b.layers, v1.Descriptor{MediaType: types.OCILayer, Size: l.Size, Digest: l.Digest})
	}
	return b, nil
}

// copyLayers adds the layers that are not in the archive yet, and compares each with its
// digest.
func (b *base) copyLayers(t *tar.Writer, added map[v1.Hash]bool) error {
	for _, d := range b.layers {
		if added[d.Digest] {
			continue
		}
		added[d.Digest] = true
		layer, err := b.image.LayerByDigest(d.Digest)
		if err != nil {
			return err
		}
		r, err := layer.Compressed()
		if err != nil {
			return fmt.Errorf("base image %q: layer %s: %w", b.name, d.Digest, err)
		}
		sum := sha256.New()
		err = addFile(t, blobPath(d), 0o644, d.Size, io.TeeReader(r, sum))
		if err := errors.Join(err, r.Close()); err != nil {
			return fmt.Errorf("base image %q: layer %s: %w", b.name, d.Digest, err)
		}
		if is := hex.EncodeToString(sum.Sum(nil)); is != d.Digest.Hex {
			return hint.New("remove it, and fetch it again", "base image %q: layer %s has other content: its digest is sha256:%s", b.name, d.Digest, is)
		}
	}
	return nil
}

// below merges an image's configuration with its base's. The base's variables and labels
// remain unless the image has one of the same name; its entry point and command do not.
func (b *base) below(f v1.ConfigFile) v1.ConfigFile {
	own := map[string]bool{}
	for _, variable := range f.Config.Env {
		name, _, _ := strings.Cut(variable, "=")
		own[name] = true
	}
	for _, variable := range b.config.Config.Env {
		name, _, _ := strings.Cut(variable, "=")
		// A base knows best where its programs and libraries are.
		if name == "PATH" || name == "LANG" {
			f.Config.Env = slices.DeleteFunc(f.Config.Env, func(v string) bool { return strings.HasPrefix(v, name+"=") })
		} else if own[name] {
			continue
		}
		f.Config.Env = append(f.Config.Env, variable)
	}
	slices.Sort(f.Config.Env)
	labels := map[string]string{}
	maps.Copy(labels, b.config.Config.Labels)
	maps.Copy(labels, f.Config.Labels)
	f.Config.Labels = labels
	f.Config.User = b.config.Config.User
	f.RootFS.DiffIDs = slices.Concat(b.config.RootFS.DiffIDs, f.RootFS.DiffIDs)
	f.History = slices.Concat(b.config.History, f.History)
	if count := len(slices.DeleteFunc(slices.Clone(f.History), func(h v1.History) bool { return h.EmptyLayer })); count != len(f.RootFS.DiffIDs) {
		// The base's history is incomplete. Keep none of it.
		f.History = slices.Repeat(f.History[len(f.History)-1:], len(f.RootFS.DiffIDs))
	}
	return f
}
