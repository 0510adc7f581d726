package pack

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/ociimage"
	"github.com/bootzip/bootzip/project"
)

// makeBase writes a layout with an image of two layers for each architecture.
func makeBase(t *testing.T, kind types.MediaType, arches ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "base")
	to, err := layout.Write(dir, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	for _, arch := range arches {
		file := filepath.Join(t.TempDir(), "base.tar")
		_, one := WriteImage(t.Context(), file, []Entry{{Name: bootstrapName, File: "doc.go"}}, ImageConfig{Arch: project.Arch(arch), Zones: true})
		_, two := WriteImage(t.Context(), file+"2", []Entry{{Name: "other", File: "doc.go"}}, ImageConfig{Arch: project.Arch(arch)})
		if err := errors.Join(one, two); err != nil {
			t.Fatal(err)
		}
		image := empty.Image // of Docker's types
		for _, name := range []string{file, file + "2"} {
			layers, err := readImage(t, name).Layers()
			if err != nil {
				t.Fatal(err)
			}
			r, err := layers[0].Compressed()
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			id, err := layers[0].DiffID()
			if err != nil {
				t.Fatal(err)
			}
			layer := known{static.NewLayer(text, kind), id}
			if image, err = mutate.Append(image, mutate.Addendum{Layer: layer, MediaType: kind, History: v1.History{CreatedBy: name[len(name)-4:]}}); err != nil {
				t.Fatal(err)
			}
		}
		f, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		f = f.DeepCopy()
		f.OS, f.Architecture, f.Author, f.Created = "linux", arch, "somebody", v1.Time{Time: time.Unix(1e9, 0)}
		f.Config = v1.Config{
			Env: []string{"PATH=/base/bin", "LD_LIBRARY_PATH=/base/lib", "LAMBDA_TASK_ROOT=/elsewhere"}, Entrypoint: []string{"/base"}, Cmd: []string{"x"},
			Labels: map[string]string{"base": "1", "shared": "base"}, User: "1000",
		}
		f.History = append(f.History, v1.History{CreatedBy: "ENV", EmptyLayer: true})
		if image, err = mutate.ConfigFile(image, f); err == nil {
			err = to.AppendImage(image, layout.WithPlatform(v1.Platform{OS: "linux", Architecture: arch}))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A known layer has its uncompressed digest.
type known struct {
	v1.Layer
	id v1.Hash
}

func (k known) DiffID() (v1.Hash, error) { return k.id, nil }

func TestImageBase(t *testing.T) {
	base := makeBase(t, types.DockerLayer, "amd64", "arm64")
	c := ImageConfig{Function: "x", Arch: project.ARM64, Base: base, Labels: map[string]string{"shared": "own"}, Handler: "h"}
	name := filepath.Join(t.TempDir(), "x.oci.tar")
	digest, err := WriteImage(t.Context(), name, imageEntries(t), c)
	if err != nil {
		t.Fatal(err)
	}
	image := readImage(t, name)
	if is, err := image.Digest(); err != nil || is.String() != digest {
		t.Errorf("it is %s, and was called %s (%v)", is, digest, err)
	}
	if err := validate.Image(image); err != nil {
		t.Error(err)
	}
	m, err := image.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range m.Layers {
		if l.MediaType != types.OCILayer || m.MediaType != types.OCIManifestSchema1 {
			t.Errorf("a %s in a %s", l.MediaType, m.MediaType)
		}
	}
	f, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"LAMBDA_RUNTIME_DIR=/var/runtime", "LAMBDA_TASK_ROOT=/var/task", "LD_LIBRARY_PATH=/base/lib", "PATH=/base/bin", "TZ=:UTC", "_HANDLER=h"}
	if got := slices.DeleteFunc(f.Config.Env, func(v string) bool { return strings.HasPrefix(v, "LANG=") }); !slices.Equal(got, want) {
		t.Errorf("the environment is %q", got)
	}
	var history []string
	for _, h := range f.History {
		history = append(history, h.CreatedBy)
	}
	got := []any{len(m.Layers), f.Architecture, f.Config.Labels["base"], f.Config.Labels["shared"], f.Config.User, f.Config.Cmd == nil, f.Author, f.Created.Unix(), strings.Join(history, " ")}
	if want := []any{3, "arm64", "1", "own", "1000", true, "", int64(0), ".tar tar2 ENV bootzip"}; !slices.Equal(got, want) {
		t.Errorf("the image is %v, not %v", got, want)
	}
	if again, err := WriteImage(t.Context(), name, imageEntries(t), c); err != nil || again != digest {
		t.Errorf("again it is %s (%v)", again, err)
	}
}

func TestBadImageBases(t *testing.T) {
	damaged := makeBase(t, types.DockerLayer, "amd64")
	layer := func() string {
		image, close, err := ociimage.Open(damaged, "amd64")
		if err != nil {
			t.Fatal(err)
		}
		defer close()
		m, err := image.Manifest()
		if err != nil {
			t.Fatal(err)
		}
		return filepath.Join(damaged, filepath.FromSlash(blobPath(m.Layers[0])))
	}()
	text, err := os.ReadFile(layer)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	if err := os.WriteFile(layer, text, 0o644); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct{ base, want string }{
		"none":               {"none", "no such file"},
		"other architecture": {makeBase(t, types.DockerLayer, "arm64"), "0 images for linux/amd64"},
		"no tar":             {"doc.go", "give an OCI image layout"},
		"zstd":               {makeBase(t, types.OCILayerZStd, "amd64"), "which Lambda is not known to accept"},
		"damaged":            {damaged, "has other content"},
	} {
		dir := t.TempDir()
		_, err := WriteImage(t.Context(), filepath.Join(dir, "x.oci.tar"), imageEntries(t), ImageConfig{Function: "x", Arch: project.AMD64, Base: c.base})
		if err == nil || !strings.Contains(err.Error()+hint.Of(err), c.want) {
			t.Errorf("%s: %v", what, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s: there is %v (%v)", what, left, err)
		}
	}
}

// An image is made again when its base changes.
func TestImageBaseChanges(t *testing.T) {
	root := t.TempDir()
	put(t, filepath.Join(root, "bin"), "program")
	if err := os.Mkdir(filepath.Join(root, "dist"), 0o755); err != nil {
		t.Fatal(err)
	}
	c := Config{Root: root, Dist: filepath.Join(root, "dist"), Inputs: []Input{{
		Function: project.Function{Name: "x", Image: true}, Arch: project.AMD64, Bootstrap: filepath.Join(root, "bin"), Base: makeBase(t, types.DockerLayer, "amd64"),
	}}}
	var digests []string
	for _, base := range []string{c.Inputs[0].Base, c.Inputs[0].Base, makeBase(t, types.OCILayer, "amd64"), ""} {
		c.Inputs[0].Base = base
		zips, err := Pack(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if (zips[0].Image.Base == "") != (base == "") {
			t.Errorf("the base is %q", zips[0].Image.Base)
		}
		digests = append(digests, zips[0].Image.Content)
	}
	if digests[0] != digests[1] || digests[1] == digests[2] || digests[2] == digests[3] {
		t.Errorf("they are %q", digests)
	}
}

// Time zones come with a label that names their source.
func TestImageZones(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.oci.tar")
	if _, err := WriteImage(t.Context(), name, imageEntries(t), ImageConfig{Function: "x", Arch: project.AMD64, Zones: true}); err != nil {
		t.Fatal(err)
	}
	image := readImage(t, name)
	if f, err := image.ConfigFile(); err != nil || f.Config.Labels[zonesKey] != Zones {
		t.Errorf("the configuration is %+v (%v)", f, err)
	}
	entries := strings.Join(layerEntries(t, image), ", ")
	for _, want := range []string{"5755 usr/share/zoneinfo/ 0", "0644 usr/share/zoneinfo/Europe/Berlin ", "0644 usr/share/zoneinfo/UTC "} {
		if !strings.Contains(entries, want) {
			t.Errorf("the layer has no %q", want)
		}
	}
	files, err := zoneFiles()
	if err != nil || len(files) < 500 {
		t.Fatal(len(files), err)
	}
	berlin, err := time.LoadLocationFromTZData("Europe/Berlin", files[zonesDir+"/Europe/Berlin"])
	if err != nil || time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC).In(berlin).Hour() != 14 {
		t.Error(berlin, err)
	}
}
