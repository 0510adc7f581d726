package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/diff"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/tempdir"
	"github.com/bootzip/bootzip/verify"
)

// DiffImages explains how two images differ: in their configuration, in their layers, and
// in their functions, as the zips of these would. Errors are those of diff.Zips, and for
// images with faults, which bootzip check lists.
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
	r, err := diff.Zips(ctx, zips[0], zips[1])
	if err != nil {
		return r, err
	}
	for i, side := range []*diff.Side{&r.A, &r.B} {
		side.File, side.Size, side.SHA256, side.CodeSha256 = filepath.Base(reports[i].Path), reports[i].Size, reports[i].SHA256, ""
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
func zipOfImage(ctx context.Context, image, folder string) (r verify.Report, zip string, err error) {
	if err := os.Mkdir(folder, 0o755); err != nil {
		return r, "", err
	}
	r, root, err := verify.Image(ctx, image, verify.ImageOptions{}, folder)
	if err != nil {
		return r, "", err
	}
	if !r.OK() {
		return r, "", hint.New("bootzip check "+image+" says why", "image %q cannot be compared or measured: it has faults", image)
	}
	zip = folder + ".zip"
	return r, zip, packRoot(ctx, folder, root.Program, zip)
}

// ImageSizes says what takes the space of an image, as diff.Sizes does of the zip that its
// files would be. Errors are those of [DiffImages].
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
	// How its layers are compressed says nothing of one file.
	p.Parts = slices.DeleteFunc(p.Parts, func(one diff.Part) bool { return one.Size == 0 })
	for i := range p.Parts {
		p.Parts[i].Packed = 0
	}
	return p, nil
}

// layerFields are the layers in which two images differ, but for the last, which has the
// function.
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

// configFields are the settings in which two configurations differ. What follows from the
// layer is not listed.
func configFields(a, b []byte) (fields []diff.Field) {
	x, y := flat(a), flat(b)
	var names []string
	for name := range x {
		names = append(names, name)
	}
	for name := range y {
		if _, ok := x[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	value := func(m map[string]string, name string) string {
		if v, ok := m[name]; ok {
			return v
		}
		return "absent"
	}
	for _, name := range names {
		if one, other := value(x, name), value(y, name); one != other && !strings.HasPrefix(name, "rootfs.") {
			fields = append(fields, diff.Field{Name: name, A: one, B: other})
		}
	}
	return fields
}

// flat is a JSON document as values by their paths.
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
