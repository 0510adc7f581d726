package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// A descriptor names a part of an image (OCI image specification, "Content Descriptors").
type descriptor struct {
	MediaType string   `json:"mediaType"`
	Digest    string   `json:"digest"`
	Size      int64    `json:"size"`
	URLs      []string `json:"urls"`
}

var sha256Digest = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

func (d descriptor) path() string { return "blobs/" + strings.ReplaceAll(d.Digest, ":", "/") }

// Media types, by family. Lambda does not accept indexes.
const (
	ociIndex       = "application/vnd.oci.image.index.v1+json"
	ociManifest    = "application/vnd.oci.image.manifest.v1+json"
	ociConfig      = "application/vnd.oci.image.config.v1+json"
	ociLayerType   = "application/vnd.oci.image.layer.v1.tar+gzip"
	ociPlainLayer  = "application/vnd.oci.image.layer.v1.tar" // not accepted either: see mediaTypes
	dockerIndex    = "application/vnd.docker.distribution.manifest.list.v2+json"
	dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
	dockerConfig   = "application/vnd.docker.container.image.v1+json"
	dockerLayer    = "application/vnd.docker.image.rootfs.diff.tar.gzip"
)

// wrong notes a finding after which the image cannot be read further. It returns false.
func (x *imageExamination) wrong(id, file, format string, args ...any) bool {
	x.find(id, file, format, args...)
	return false
}

// text reads a JSON file into v, and reports whether it could.
func (x *imageExamination) text(name string, v any) (data []byte, ok bool) {
	r, size, err := x.blobs.Open(name)
	if err == nil {
		defer r.Close()
		if size > maxImageJSON {
			err = fmt.Errorf("%s has %d bytes, more than %d", name, size, maxImageJSON)
		} else if data, err = io.ReadAll(r); err == nil {
			err = json.Unmarshal(data, v)
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("it is not there")
	}
	if err != nil {
		return nil, x.wrong(idImageArchive, name, "%v", err)
	}
	return data, true
}

// described reads a JSON blob into v, and compares it with its descriptor.
func (x *imageExamination) described(d descriptor, v any) (data []byte, ok bool) {
	if !sha256Digest.MatchString(d.Digest) {
		return nil, x.wrong(idImageDigest, "", "%q is not a digest by SHA-256", d.Digest)
	}
	if data, ok = x.text(d.path(), v); !ok {
		return nil, false
	}
	sum := sha256.Sum256(data)
	return data, x.same(d, hex.EncodeToString(sum[:]), int64(len(data)))
}

func (x *imageExamination) same(d descriptor, sum string, size int64) bool {
	if "sha256:"+sum != d.Digest {
		return x.wrong(idImageDigest, d.path(), "its digest is sha256:%s", sum)
	}
	if size != d.Size {
		return x.wrong(idImageDigest, d.path(), "it has %d bytes, and is said to have %d", size, d.Size)
	}
	return true
}

// manifest reads index, manifest and configuration, or an archive of docker save. It reports
// whether the layers are known.
func (x *imageExamination) manifest() bool {
	if !x.has("index.json") {
		if x.has("manifest.json") {
			return x.dockerArchive()
		}
	}
	var index struct{ Manifests []descriptor }
	if _, ok := x.text("index.json", &index); !ok {
		return false
	}
	if len(index.Manifests) == 0 && x.has("manifest.json") {
		return x.dockerArchive() // docker save formerly listed no image without a tag here (moby 032797e, image/tarexport)
	}
	// Since version 25, docker save writes a descriptor for each tag of one image.
	index.Manifests = slices.CompactFunc(index.Manifests, func(a, b descriptor) bool { return a.Digest == b.Digest })
	if len(index.Manifests) != 1 {
		return x.wrong(idImageArchive, "index.json", "it names %d images, not one", len(index.Manifests))
	}
	d := index.Manifests[0]
	x.about.Digest = d.Digest
	var m struct {
		MediaType, ArtifactType string
		Config                  *descriptor
		Layers                  []descriptor
		Manifests               []descriptor
	}
	if d.MediaType == ociIndex || d.MediaType == dockerIndex {
		return x.wrong(idImageIndex, "", "it is an index (%s)", d.MediaType)
	}
	if _, ok := x.described(d, &m); !ok {
		return false
	}
	if len(m.Manifests) > 0 || m.Config == nil {
		return x.wrong(idImageIndex, "", "its manifest has images, and no configuration")
	}
	if len(m.Layers) == 0 && x.has("manifest.json") {
		x.about.Digest = ""
		return x.dockerArchive() // docker save formerly listed only foreign layers (moby 032797e)
	}
	if d.Size >= maxImageManifest {
		x.find(idImageManifest, "", "the manifest has %d bytes", d.Size)
	}
	x.mediaTypes(d.MediaType, m.MediaType, m.ArtifactType, *m.Config, m.Layers)
	var ok bool
	if x.about.Config, ok = x.described(*m.Config, &x.config); !ok {
		return false
	}
	for _, l := range m.Layers {
		if !sha256Digest.MatchString(l.Digest) {
			return x.wrong(idImageDigest, "", "%q is not a digest by SHA-256", l.Digest)
		}
		r, size, err := x.blobs.Open(l.path())
		if err != nil {
			return x.wrong(idImageArchive, l.path(), "the layer is not there")
		}
		h := sha256.New()
		_, err = io.Copy(h, &contextReader{x.ctx, r})
		r.Close()
		if err != nil {
			return x.wrong(idImageArchive, l.path(), "%v", err)
		}
		if !x.same(l, hex.EncodeToString(h.Sum(nil)), size) {
			return false
		}
		x.layers = append(x.layers, imageLayer{l.path(), l.Digest})
	}
	return true
}

// has reports whether the image has a file.
func (x *imageExamination) has(name string) bool {
	r, _, err := x.blobs.Open(name)
	if err != nil {
		return false
	}
	r.Close()
	return true
}

// dockerArchive reads the format that docker save wrote before version 25, and now writes in
// addition to an OCI image layout.
func (x *imageExamination) dockerArchive() bool {
	var all []struct {
		Config string
		Layers []string
	}
	if _, ok := x.text("manifest.json", &all); !ok {
		return false
	}
	if len(all) != 1 {
		return x.wrong(idImageArchive, "manifest.json", "it names %d images, not one", len(all))
	}
	var ok bool
	if x.about.Config, ok = x.text(path.Clean(all[0].Config), &x.config); !ok {
		return false
	}
	for _, name := range all[0].Layers {
		x.layers = append(x.layers, imageLayer{path.Clean(name), name})
	}
	return true
}

// mediaTypes checks the types of all parts.
func (x *imageExamination) mediaTypes(described, own, artifact string, config descriptor, layers []descriptor) {
	type family struct{ manifest, config, layer string }
	of := family{ociManifest, ociConfig, ociLayerType}
	if described == dockerManifest {
		of = family{dockerManifest, dockerConfig, dockerLayer}
	}
	for _, p := range []struct{ what, is, want string }{{"manifest", described, of.manifest}, {"configuration", config.MediaType, of.config}} {
		if p.is != p.want {
			x.find(idImageMediaType, "", "the %s has the type %q, not %s", p.what, p.is, p.want)
		}
	}
	if own != "" && own != described {
		x.find(idImageMediaType, "", "the manifest says that it is %q, and is named as %q", own, described)
	}
	if artifact != "" {
		x.find(idImageMediaType, "", "it is an artifact (%s), not an image", artifact)
	}
	saved := x.has("manifest.json")
	for _, l := range layers {
		// Since version 25, docker save with the classic store writes both kinds of archive
		// in one, with plain layers (moby, image/tarexport/save.go). docker push compresses
		// these.
		if l.MediaType != of.layer && !(saved && l.MediaType == ociPlainLayer) {
			x.find(idImageMediaType, "", "layer %s has the type %q, not %s", l.Digest, l.MediaType, of.layer)
		}
		if len(l.URLs) > 0 {
			x.find(idImageMediaType, "", "layer %s is elsewhere: %s", l.Digest, l.URLs[0])
		}
	}
}
