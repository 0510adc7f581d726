package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/diff"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/tempdir"
	"github.com/bootzip/bootzip/verify"
)

// DiffImages explains how two images differ: in their configuration, in their layers, and in
// their functions, which are compared as zips. The errors are those of diff.Files. It is also
// an error if an image has faults; bootzip check lists them.
func DiffImages(ctx context.Context, a, b string) (diff.Report, error) {
	dir, err := tempdir.New("", "bootzip-image")
	if err != nil {
		return diff.Report{}, err
	}
	defer dir.Remove()
	var reports [2]verify.Report
	var zips [2]string
	for i, image := range []string{a, b} {
		if reports[i], zips[i], err = zipOfImage(ctx, image, filepath.Join(dir.Path, fmt.Sprint(i))); err != nil {
			return diff.Report{}, err
		}
	}
	r, err := diff.Files(ctx, zips[0], zips[1])
	if err != nil {
		return r, err
	}
	archives := reports[0].SHA256 != "" && reports[1].SHA256 != ""
	for i, side := range []*diff.Side{&r.A, &r.B} {
		side.File, side.Size, side.SHA256, side.CodeSha256 = filepath.Base(reports[i].Path), reports[i].Size, reports[i].SHA256, ""
		if !archives { // a directory has no SHA-256, so the images' manifests are compared
			side.SHA256 = strings.TrimPrefix(reports[i].Image.Digest, "sha256:")
		}
	}
	same := r.Equal
	r.Equal = r.A.SHA256 == r.B.SHA256 && r.A.SHA256 != ""
	if r.Equal {
		return r, nil
	}
	fields := configFields(reports[0].Image.Config, reports[1].Image.Config)
	if below := layerFields(reports[0].Image.Layers, reports[1].Image.Layers); len(below) > 0 {
		r.Layers = append(r.Layers, diff.Layer{Name: "layers below the function's", Fields: below})
		same = false
	}
	if len(fields) > 0 {
		r.Layers = append([]diff.Layer{{Name: "image configuration", Fields: fields}}, r.Layers...)
	}
	if same && len(fields) == 0 {
		r.Layers = append(r.Layers, diff.Layer{Name: "compressed bytes only", Fields: []diff.Field{{Name: "digest", A: reports[0].Image.Digest, B: reports[1].Image.Digest}}})
	}
	return r, nil
}

// zipOfImage unpacks an image into a new directory, and packs the function's files beside it.
func zipOfImage(ctx context.Context, image, dir string) (r verify.Report, zip string, err error) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return r, "", err
	}
	r, root, err := verify.Image(ctx, image, verify.ImageOptions{}, dir)
	if err != nil {
		return r, "", err
	}
	if !r.OK() {
		return r, "", hint.New("bootzip check "+image+" says why", "image %q cannot be compared or measured: it has faults", image)
	}
	zip = dir + ".zip"
	return r, zip, packRoot(ctx, dir, root.Program, zip)
}

// ImageSizes measures what takes up the space in an image, as diff.Sizes does for a zip of its
// files. Errors are those of [DiffImages].
func ImageSizes(ctx context.Context, image string) (diff.Part, error) {
	dir, err := tempdir.New("", "bootzip-image")
	if err != nil {
		return diff.Part{}, err
	}
	defer dir.Remove()
	r, zip, err := zipOfImage(ctx, image, filepath.Join(dir.Path, "image"))
	if err != nil {
		return diff.Part{}, err
	}
	p, err := diff.Sizes(ctx, zip)
	if err != nil {
		return p, err
	}
	p.Name, p.Kind, p.Packed = filepath.Base(r.Path), diff.PartImage, 0
	// A layer is compressed in one piece, so a file has no packed size.
	p.Parts = slices.DeleteFunc(p.Parts, func(one diff.Part) bool { return one.Size == 0 })
	for i := range p.Parts {
		p.Parts[i].Packed = 0
	}
	return p, nil
}

// layerFields returns the layers in which two images differ, without the last, which has
// the function.
func layerFields(a, b []string) (fields []diff.Field) {
	digest := func(layers []string, i int) string {
		if i < len(layers)-1 {
			return layers[i]
		}
		return "absent"
	}
	for i := range max(len(a), len(b)) {
		if one, other := digest(a, i), digest(b, i); one != other {
			fields = append(fields, diff.Field{Name: fmt.Sprintf("layer %d", i+1), A: one, B: other})
		}
	}
	return fields
}

// configFields returns the settings in which two configurations differ, except those that
// follow from the layers.
func configFields(a, b []byte) (fields []diff.Field) {
	x, y := flat(a), flat(b)
	all := maps.Clone(x)
	maps.Copy(all, y)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if one, other := cmp.Or(x[name], "absent"), cmp.Or(y[name], "absent"); one != other && !strings.HasPrefix(name, "rootfs.") {
			fields = append(fields, diff.Field{Name: name, A: one, B: other})
		}
	}
	return fields
}

// flat returns the values of a JSON document, quoted, by their paths.
func flat(text []byte) map[string]string {
	all := map[string]string{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, value := range v {
				walk(strings.TrimPrefix(path+"."+key, "."), value)
			}
		case []any:
			for i, value := range v {
				walk(fmt.Sprintf("%s[%d]", path, i), value)
			}
		default:
			all[path] = fmt.Sprintf("%.160q", fmt.Sprint(v))
		}
	}
	var document any
	if json.Unmarshal(text, &document) == nil { // it was read before
		walk("", document)
	}
	return all
}
