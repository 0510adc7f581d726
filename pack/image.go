package pack

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"

	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/project"
)

// An Image is the manifest's description of a function's image.
type Image struct {
	File    string `json:"file"` // an archive with an OCI image layout, in the manifest's directory
	Size    int64  `json:"size"` // of the file, in bytes
	SHA256  string `json:"sha256"`
	Digest  string `json:"digest"`         // of the image's manifest, as registries and Lambda name it
	Content string `json:"contentDigest"`  // over the content digest and the image's configuration
	Base    string `json:"base,omitempty"` // digest of the base image's manifest; empty: no base image
}

// ImageName returns the image's file name in the directory of the zips.
func ImageName(function string, arch project.Arch) string {
	return fmt.Sprintf("%s-%s.oci.tar", function, arch)
}

// ImageConfig describes an image, except for its files.
type ImageConfig struct {
	Function  string // for the image's name where it is loaded
	Arch      project.Arch
	Handler   string            // value of _HANDLER; empty: none
	SnapStart bool              // the label with which Lambda takes a snapshot of a runtime that has no hooks
	Labels    map[string]string // of the image

	// Program is the entry that the image starts, if it is a command-line program and not a
	// function: /usr/bin/PROGRAM, without Lambda's variables. Empty: a function.
	Program string

	Certificates bool // root certificates are in it
	Zones        bool // time zones are in it

	// Base is an OCI image layout, in a directory or in a tar, of an image whose layers are
	// below the function's; empty: none.
	Base string
}

const (
	taskDir      = "var/task"
	programDir   = "usr/bin"
	snapStartKey = "com.amazonaws.lambda.feature.snapstart"
)

// epochUnix is the time of all files in an image, and of the image.
var epochUnix = time.Unix(0, 0).UTC()

// config returns the image's configuration. diffID is the digest of the uncompressed layer.
//
// The variables are those of AWS's base images (aws-lambda-base-images,
// Dockerfile.provided.al2023): Lambda is only certain to set the Runtime API's address.
func (c ImageConfig) config(diffID string, b *base) v1.ConfigFile {
	f := v1.ConfigFile{
		Architecture: string(c.Arch), OS: "linux", Created: v1.Time{Time: epochUnix},
		Config: v1.Config{
			Entrypoint: []string{"/" + taskDir + "/" + bootstrapName}, WorkingDir: "/" + taskDir,
			Env: []string{
				"LAMBDA_RUNTIME_DIR=/var/runtime", "LAMBDA_TASK_ROOT=/" + taskDir, "LANG=en_US.UTF-8", "PATH=/usr/local/bin:/usr/bin/:/bin:/opt/bin", "TZ=:UTC",
			},
		},
		RootFS: v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{hash(diffID)}},
		// One for each layer.
		History: []v1.History{{Created: v1.Time{Time: epochUnix}, CreatedBy: "bootzip"}},
	}
	if c.Program != "" {
		f.Config.Entrypoint, f.Config.WorkingDir, f.Config.Env = []string{"/" + c.dir() + "/" + c.Program}, "/", []string{"PATH=/usr/local/bin:/usr/bin:/bin"}
	}
	if c.Certificates {
		f.Config.Env = append(f.Config.Env, "SSL_CERT_FILE=/"+certificatesFile)
	}
	if c.Handler != "" {
		f.Config.Env = append(f.Config.Env, "_HANDLER="+c.Handler)
	}
	labels := map[string]string{}
	if c.SnapStart {
		labels[snapStartKey] = "Allow"
	}
	if c.Certificates {
		labels[certificatesKey] = Certificates
	}
	if c.Zones {
		labels[zonesKey] = Zones
	}
	maps.Copy(labels, c.Labels)
	f.Config.Labels = labels
	return b.below(f)
}

// dir returns the directory of the entries in the image.
func (c ImageConfig) dir() string {
	if c.Program != "" {
		return programDir
	}
	return taskDir
}

// content returns a digest over everything, except for the compressor, that decides the
// bytes of an image.
func (c ImageConfig) content(contentDigest string, b *base) (string, error) {
	text, err := json.Marshal(c.config(contentDigest, b))
	sum := sha256.Sum256(append(text, b.digest...))
	return hex.EncodeToString(sum[:]), err
}

func hash(hexadecimal string) v1.Hash { return v1.Hash{Algorithm: "sha256", Hex: hexadecimal} }

// WriteImage makes the image archive name from the entries, and returns the digest of the
// image's manifest. The archive appears complete or not at all.
//
// The archive is an OCI image layout in a tar (OCI image specification 1.1, "Image
// Layout"). It also has a manifest.json, so docker load accepts it. The image has one layer
// above those of its base, with the entries below /var/task, an entry for each directory
// above them, and /tmp; its entry point is /var/task/bootstrap. With c.Program, the entries
// are below /usr/bin, and the entry point is that program. Except for what its base
// contains, nothing in it says when, where or by whom it was made.
func WriteImage(ctx context.Context, name string, entries []Entry, c ImageConfig) (imageDigest string, err error) {
	b, err := openBase(c.Base, c.Arch)
	if err != nil {
		return "", err
	}
	defer b.close()
	return writeImage(ctx, name, entries, c, b)
}

func writeImage(ctx context.Context, name string, entries []Entry, c ImageConfig, b *base) (imageDigest string, err error) {
	if err := checkEntries(entries); err != nil {
		return "", err
	}
	layer, err := os.CreateTemp(filepath.Dir(name), ".layer-*")
	if err != nil {
		return "", err
	}
	defer func() {
		layer.Close()
		err = errors.Join(err, os.Remove(layer.Name()))
	}()
	extras, err := c.extras()
	if err != nil {
		return "", err
	}
	blob, diffID, err := writeLayer(ctx, layer, c.dir(), entries, extras)
	if err != nil {
		return "", err
	}
	config, err := json.Marshal(c.config(diffID, b))
	if err != nil {
		return "", err
	}
	layers := append(b.layers, blob)
	var paths []string
	for _, l := range layers {
		paths = append(paths, blobPath(l))
	}
	about := blobOf(config, types.OCIConfigJSON)
	manifest, err := json.Marshal(v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: about, Layers: layers})
	if err != nil {
		return "", err
	}
	image := blobOf(manifest, types.OCIManifestSchema1)
	tag := c.Function + ":" + string(c.Arch)
	named := image
	named.Annotations = map[string]string{"org.opencontainers.image.ref.name": tag}
	err = atomicfile.Write(name, 0o644, func(w io.Writer) error {
		t := tar.NewWriter(w)
		for _, dir := range []string{"blobs/", "blobs/sha256/"} {
			if err := t.WriteHeader(dirHeader(dir, 0o755)); err != nil {
				return err
			}
		}
		for _, f := range []struct {
			name  string
			value any
		}{
			{blobPath(about), json.RawMessage(config)}, {blobPath(image), json.RawMessage(manifest)},
			{"index.json", v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{named}}},
			{"manifest.json", []dockerManifest{{Config: blobPath(about), RepoTags: []string{tag}, Layers: paths}}},
			{"oci-layout", json.RawMessage(`{"imageLayoutVersion":"1.0.0"}`)},
		} {
			text, err := json.Marshal(f.value)
			if err := errors.Join(err, addFile(t, f.name, 0o644, int64(len(text)), bytes.NewReader(text))); err != nil {
				return err
			}
		}
		if err := b.copyLayers(t, map[v1.Hash]bool{blob.Digest: true}); err != nil {
			return err
		}
		if _, err := layer.Seek(0, io.SeekStart); err != nil {
			return err
		}
		return errors.Join(addFile(t, blobPath(blob), 0o644, blob.Size, layer), t.Close())
	})
	return image.Digest.String(), err
}

// A dockerManifest is an entry of manifest.json, which docker load reads.
type dockerManifest struct {
	Config   string
	RepoTags []string
	Layers   []string
}

func blobOf(text []byte, kind types.MediaType) v1.Descriptor {
	sum := sha256.Sum256(text)
	return v1.Descriptor{MediaType: kind, Size: int64(len(text)), Digest: hash(hex.EncodeToString(sum[:]))}
}

func blobPath(d v1.Descriptor) string { return "blobs/sha256/" + d.Digest.Hex }

// writeLayer writes the compressed layer into a new file, and returns its descriptor and the
// digest of the uncompressed one.
func writeLayer(ctx context.Context, file *os.File, at string, entries []Entry, extras map[string][]byte) (blob v1.Descriptor, diffID string, err error) {
	compressed, plain := sha256.New(), sha256.New()
	// The compressor is the zip's: its bytes depend on its version alone.
	z := gzip.NewWriter(io.MultiWriter(file, compressed))
	z.ModTime = epochUnix // otherwise it would write some other one
	t := tar.NewWriter(io.MultiWriter(z, plain))
	if err := addEntries(ctx, t, at, entries, extras); err != nil {
		return blob, "", err
	}
	if err := errors.Join(t.Close(), z.Close()); err != nil {
		return blob, "", err
	}
	size, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return blob, "", err
	}
	return v1.Descriptor{MediaType: types.OCILayer, Size: size, Digest: hash(hex.EncodeToString(compressed.Sum(nil)))}, hex.EncodeToString(plain.Sum(nil)), nil
}

// extras returns the files of an image that are not the function's.
func (c ImageConfig) extras() (all map[string][]byte, err error) {
	all = map[string][]byte{}
	if c.Zones {
		all, err = zoneFiles()
	}
	if c.Certificates && err == nil {
		all[certificatesFile] = certificateBundle()
	}
	return all, err
}

// addEntries adds the entries, below the directory at, and the extras, sorted, each after
// the directories that it is in: Lambda does not create missing ones
// (aspect-build/rules_aws#145).
func addEntries(ctx context.Context, t *tar.Writer, at string, entries []Entry, extras map[string][]byte) error {
	modes := map[string]fs.FileMode{"tmp/": 0o1777} // of directories
	files := map[string]Entry{}
	for _, e := range entries {
		files[path.Join(at, e.Name)] = e
	}
	for name := range extras {
		files[name] = Entry{}
	}
	for _, name := range append(slices.Collect(maps.Keys(files)), at+"/") {
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			modes[dir+"/"] = cmp.Or(modes[dir+"/"], 0o755)
		}
	}
	names := slices.Concat(slices.Collect(maps.Keys(modes)), slices.Collect(maps.Keys(files)))
	slices.Sort(names)
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		e, file := files[name]
		if !file {
			if err := t.WriteHeader(dirHeader(name, modes[name])); err != nil {
				return err
			}
			continue
		}
		if text, ok := extras[name]; ok {
			if err := addFile(t, name, 0o644, int64(len(text)), bytes.NewReader(text)); err != nil {
				return err
			}
			continue
		}
		err := e.read(func(content io.Reader, size int64) error { return addFile(t, name, e.mode(), size, content) })
		if err != nil {
			return err
		}
	}
	return nil
}

func dirHeader(name string, mode fs.FileMode) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: int64(mode), ModTime: epochUnix}
}

func addFile(t *tar.Writer, name string, mode fs.FileMode, size int64, r io.Reader) error {
	if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: int64(mode), Size: size, ModTime: epochUnix}); err != nil {
		return err
	}
	n, err := io.Copy(t, r)
	if err == nil && n != size {
		err = fmt.Errorf("%s changed while it was packed", name)
	}
	return err
}

// imageOf packs the image of an input into the directory stage, unless the image in the old
// manifest is up to date. Such an image is kept, even if this run makes no images. imageOf
// returns nil if there is no image.
func imageOf(ctx context.Context, c Config, in Input, entries []Entry, contentDigest, stage string, before *Image) (m *Image, packed bool, err error) {
	config := ImageConfig{
		Function: in.Function.Name, Arch: in.Arch, SnapStart: in.Function.SnapStart, Labels: map[string]string{},
		Certificates: in.Function.ImageCertificates, Zones: in.Function.ImageZones, Base: in.Base,
	}
	for key, value := range in.Function.ImageLabels {
		config.Labels[key] = strings.NewReplacer("${tag}", c.Tag, "${commit}", c.Commit).Replace(value)
	}
	if len(in.Function.Handlers) > 0 {
		config.Handler = in.Function.Handlers[0]
	}
	b, err := openBase(config.Base, config.Arch)
	if err != nil {
		return nil, false, err
	}
	defer b.close()
	m = &Image{File: ImageName(in.Function.Name, in.Arch), Base: b.digest}
	if m.Content, err = config.content(contentDigest, b); err != nil {
		return nil, false, err
	}
	if before != nil && before.Content == m.Content && c.unchanged(m.File, before.SHA256) {
		return before, false, nil
	}
	if !c.Image(in.Function) {
		return nil, false, nil
	}
	name := filepath.Join(stage, m.File)
	err = c.stored(ctx, name, []string{"bootzip image 1", packer(), m.Content, config.Function, string(config.Arch)},
		func() (err error) {
			m.Digest, err = writeImage(ctx, name, entries, config, b)
			return err
		},
		func() (err error) {
			m.Digest, err = imageDigest(name, config.Arch)
			return err
		})
	if err != nil {
		return nil, false, err
	}
	m.SHA256, m.Size, err = digest.File(name)
	return m, true, err
}
