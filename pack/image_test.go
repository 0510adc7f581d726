package pack

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/bootzip/bootzip/project"
)

// unpackTar writes the files of a tar below a new directory.
func unpackTar(t testing.TB, name string) string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dir := t.TempDir()
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if err == io.EOF {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, filepath.FromSlash(h.Name)), string(data))
	}
}

// readImage reads the only image of an archive by its OCI layout.
func readImage(t testing.TB, name string) v1.Image {
	t.Helper()
	index, err := layout.ImageIndexFromPath(unpackTar(t, name))
	if err != nil {
		t.Fatal(err)
	}
	m, err := index.IndexManifest()
	if err != nil || len(m.Manifests) != 1 {
		t.Fatalf("the index is %+v (%v)", m, err)
	}
	image, err := index.Image(m.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// layerEntries returns the entries of an image's only layer, as MODE NAME SIZE.
func layerEntries(t testing.TB, image v1.Image) (all []string) {
	t.Helper()
	layers, err := image.Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("%d layers (%v)", len(layers), err)
	}
	r, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.ModTime.Unix() != 0 || h.Uid != 0 || h.Gid != 0 || h.Uname+h.Gname != "" || len(h.PAXRecords) > 0 || h.Format == tar.FormatPAX {
			t.Errorf("%s says more than it should: %+v", h.Name, h)
		}
		all = append(all, fmt.Sprintf("%c%o %s %d", h.Typeflag, h.Mode, h.Name, h.Size))
	}
}

func imageEntries(t testing.TB) []Entry {
	return []Entry{
		{Name: "bootstrap", Executable: true, File: file(t, "program")},
		{Name: "views/en/index.html", File: file(t, "<html>")},
		{Name: "a.json", File: file(t, "{}")},
	}
}

func TestImage(t *testing.T) {
	name := filepath.Join(t.TempDir(), "hello-arm64.oci.tar")
	c := ImageConfig{Function: "hello", Arch: project.ARM64, Handler: "web", Labels: map[string]string{"org.opencontainers.image.source": "https://example.com"}, SnapStart: true}
	digest, err := WriteImage(t.Context(), name, imageEntries(t), c)
	if err != nil {
		t.Fatal(err)
	}
	image := readImage(t, name)
	if err := validate.Image(image); err != nil {
		t.Error(err)
	}
	if d, err := image.Digest(); err != nil || d.String() != digest {
		t.Errorf("the digest is %s, and %s was returned (%v)", d, digest, err)
	}
	m, err := image.Manifest()
	if err != nil || m.MediaType != types.OCIManifestSchema1 || m.Config.MediaType != types.OCIConfigJSON || m.Layers[0].MediaType != types.OCILayer {
		t.Errorf("the manifest is %+v (%v)", m, err)
	}
	f, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if f.Architecture != "arm64" || f.OS != "linux" || !f.Created.Equal(time.Unix(0, 0)) || len(f.History) != 1 || !slices.Equal(f.Config.Entrypoint, []string{"/var/task/bootstrap"}) ||
		f.Config.WorkingDir != "/var/task" || f.Config.User != "" || f.Config.Labels[snapStartKey] != "Allow" || f.Config.Labels["org.opencontainers.image.source"] == "" ||
		!slices.Contains(f.Config.Env, "_HANDLER=web") || !slices.IsSorted(f.Config.Env) {
		t.Errorf("the configuration is %+v", f)
	}
	want := []string{"51777 tmp/ 0", "5755 var/ 0", "5755 var/task/ 0", "0644 var/task/a.json 2", "0755 var/task/bootstrap 7", "5755 var/task/views/ 0", "5755 var/task/views/en/ 0", "0644 var/task/views/en/index.html 6"}
	if got := layerEntries(t, image); !slices.Equal(got, want) {
		t.Errorf("the layer has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// docker load reads manifest.json.
	loaded, err := tarball.ImageFromPath(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(loaded); err != nil {
		t.Error(err)
	}
	id, err := image.ConfigName()
	if other, err2 := loaded.ConfigName(); err != nil || err2 != nil || id != other {
		t.Errorf("the id is %s, and docker's %s (%v, %v)", id, other, err, err2)
	}
}

// Root certificates come with a label that names the module in go.mod that they are from.
func TestImageCertificates(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.oci.tar")
	if _, err := WriteImage(t.Context(), name, imageEntries(t), ImageConfig{Function: "x", Arch: project.AMD64, Certificates: true}); err != nil {
		t.Fatal(err)
	}
	image := readImage(t, name)
	f, err := image.ConfigFile()
	if err != nil || f.Config.Labels[certificatesKey] != Certificates || !slices.Contains(f.Config.Env, "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt") {
		t.Errorf("the configuration is %+v (%v)", f, err)
	}
	if entries := strings.Join(layerEntries(t, image), ", "); !strings.HasPrefix(entries, "5755 etc/ 0, 5755 etc/ssl/ 0, 5755 etc/ssl/certs/ 0, 0644 etc/ssl/certs/ca-certificates.crt 2") {
		t.Errorf("the layer has %s", entries)
	}
	pool := x509.NewCertPool()
	if n := bytes.Count(certificateBundle(), []byte("BEGIN CERTIFICATE")); !pool.AppendCertsFromPEM(certificateBundle()) || n < 100 {
		t.Error("they cannot be read")
	}
	mod, err := os.ReadFile("../go.mod")
	if err != nil || !strings.Contains(string(mod), Certificates) {
		t.Errorf("go.mod requires another version than %s (%v)", Certificates, err)
	}
}

// With the compressor that go.mod requires, the bytes are the same on every machine.
func TestImageGolden(t *testing.T) {
	const want = "sha256:934732910bae1b57167cf59d3488c7d5124f20d0a4fb5db6144b1c934e5c29a1"
	for range 2 {
		dir := t.TempDir()
		entries := goldenEntries(t) // files with other times
		digest, err := WriteImage(t.Context(), filepath.Join(dir, "x.oci.tar"), entries, ImageConfig{Function: "x", Arch: project.AMD64})
		if err != nil || digest != want {
			t.Errorf("the digest is %s, want %s (%v)", digest, want, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
			t.Errorf("left are %v (%v)", left, err)
		}
	}
}

// The image is hardly larger than the zip.
func TestImageSize(t *testing.T) {
	program := file(t, text(1<<20))
	entries := []Entry{{Name: "bootstrap", Executable: true, File: program}}
	zip := write(t, entries)
	name := filepath.Join(t.TempDir(), "x.oci.tar")
	if _, err := WriteImage(t.Context(), name, entries, ImageConfig{Function: "x", Arch: project.AMD64}); err != nil {
		t.Fatal(err)
	}
	a, errA := os.Stat(zip)
	b, errB := os.Stat(name)
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	// A tar has blocks of 512 bytes; the JSON is the same for every function.
	if float64(b.Size()-16<<10) > 1.05*float64(a.Size()) {
		t.Errorf("the image has %d bytes, the zip %d", b.Size(), a.Size())
	}
}

func TestImageThatFails(t *testing.T) {
	for what, entries := range map[string][]Entry{
		"bad name":     {{Name: "../x", File: file(t, "x")}},
		"missing file": {{Name: "bootstrap", File: filepath.Join(t.TempDir(), "none")}},
	} {
		dir := t.TempDir()
		name := filepath.Join(dir, "x.oci.tar")
		put(t, name, "before")
		if _, err := WriteImage(t.Context(), name, entries, ImageConfig{Function: "x", Arch: project.AMD64}); err == nil {
			t.Errorf("%s: no error", what)
		}
		if left := contents(t, dir); len(left) != 1 || left["x.oci.tar"] != "before" {
			t.Errorf("%s: left are %v", what, left)
		}
	}
}

// Images are made with the zips, kept while nothing changes, and removed with their functions.
func TestPackImages(t *testing.T) {
	packer := filepath.Join(t.TempDir(), "packer")
	if out, err := exec.Command("go", "build", "-o", packer, "./testdata/packer").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	c := newConfig(t)
	images := func() string {
		names, err := filepath.Glob(filepath.Join(c.Dist, "*.oci.tar"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range names {
			names[i] = filepath.Base(names[i])
		}
		return strings.Join(names, " ")
	}
	run(t, packer, c)
	if got := images(); got != "" {
		t.Errorf("without being asked for, there are %q", got)
	}
	setImage := func(on bool) {
		for i := range c.Project {
			c.Project[i].Image = on && c.Project[i].Name == "hello"
		}
		for i := range c.Inputs {
			c.Inputs[i].Function.Image = on && c.Inputs[i].Function.Name == "hello"
		}
	}
	setImage(true)
	first := run(t, packer, c)
	if got := images(); got != "hello-amd64.oci.tar hello-arm64.oci.tar" || first[0].Image != nil && first[0].Function != "hello" {
		t.Errorf("there are %q", got)
	}
	stat := func(name string) os.FileInfo {
		info, err := os.Stat(filepath.Join(c.Dist, name))
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	before := stat("hello-arm64.oci.tar")
	if run(t, packer, c); !os.SameFile(before, stat("hello-arm64.oci.tar")) {
		t.Error("an unchanged image is made again")
	}
	put(t, filepath.Join(c.Dist, "hello-arm64.oci.tar"), "broken")
	run(t, packer, c)
	if data := read(t, filepath.Join(c.Dist, "hello-arm64.oci.tar")); bytes.Equal(data, []byte("broken")) {
		t.Error("a broken image is kept")
	}
	for i := range c.Inputs { // its zip is the same
		c.Inputs[i].Function.Handlers = []string{"other"}
	}
	changed := run(t, packer, c)
	for i, z := range changed {
		if z.Function == "hello" && (z.SHA256 != first[i].SHA256 || z.Image.Digest == first[i].Image.Digest) {
			t.Errorf("with another handler: zip %s and %s, image %s and %s", z.SHA256, first[i].SHA256, z.Image.Digest, first[i].Image.Digest)
		}
	}
	c.Images = true
	run(t, packer, c)
	if got := images(); got != "hello-amd64.oci.tar hello-arm64.oci.tar world-arm64.oci.tar" {
		t.Errorf("of all functions there are %q", got)
	}
	c.Images = false
	setImage(false)
	for _, z := range run(t, packer, c) {
		if z.Image == nil {
			t.Errorf("the manifest does not have the image of %s, which is up to date", z.File)
		}
	}
	if got := images(); got != "hello-amd64.oci.tar hello-arm64.oci.tar world-arm64.oci.tar" {
		t.Errorf("of images that are up to date, there are %q", got)
	}
	for i := range c.Inputs { // their zips are the same
		c.Inputs[i].Function.Handlers = []string{"third"}
	}
	run(t, packer, c)
	if got := images(); got != "" {
		t.Errorf("when they are out of date, and nobody asks for them, there are %q", got)
	}
}

// The layer is compressed by the zip's compressor, not by Go's, whose bytes change.
func TestImageCompressor(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.oci.tar")
	if _, err := WriteImage(t.Context(), name, []Entry{{Name: "bootstrap", Executable: true, File: file(t, text(1<<20))}}, ImageConfig{Function: "x", Arch: project.AMD64}); err != nil {
		t.Fatal(err)
	}
	layers, err := readImage(t, name).Layers()
	if err != nil {
		t.Fatal(err)
	}
	r, err := layers[0].Compressed()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	compressed, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		t.Fatal(err)
	}
	if z.Name != "" || z.ModTime.Unix() > 0 || z.OS != 255 {
		t.Errorf("the head of the gzip is %+v", z.Header)
	}
}
