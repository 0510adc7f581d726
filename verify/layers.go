package verify

import (
	"archive/zip"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/bootzip/bootzip/internal/hint"
)

// layers are the files below /opt of the function's layers.
type layers struct {
	unknown bool            // there are layers whose zips are not here, which may have anything
	files   map[string]bool // by path; true if everyone may execute it
	size    int64           // unzipped, in bytes
}

// maxLayerFiles bounds how many files of a layer are counted.
const maxLayerFiles = 100_000

// readLayers reads the directories of the layers' zips, in their order: a later
// one's files replace those of the ones before (AWS Lambda developer guide,
// "Adding layers to functions").
func readLayers(o Options) (layers, error) {
	l := layers{unknown: o.WithLayer, files: map[string]bool{}}
	for _, name := range o.Layers {
		r, err := zip.OpenReader(name)
		if err != nil {
			remedy := "give the zip of a layer"
			if errors.Is(err, fs.ErrNotExist) {
				remedy = "package the layer first, or correct its path"
			}
			return l, hint.New(remedy, "layer %s: %w", name, cmp.Or(withoutPath(err), err))
		}
		if len(r.File) > maxLayerFiles {
			err = fmt.Errorf("layer %s: it has %d files, and %d are looked at", name, len(r.File), maxLayerFiles)
		}
		for _, f := range r.File[:min(len(r.File), maxLayerFiles)] {
			l.size += int64(f.UncompressedSize64)
			if m := f.Mode(); !m.IsDir() {
				l.files[path.Join("/opt", f.Name)] = m&0o555 == 0o555 || m&fs.ModeSymlink != 0
			}
		}
		if err := cmp.Or(err, r.Close()); err != nil {
			return l, err
		}
	}
	return l, nil
}

// withoutPath is what an error about a file says of it; nil if it is none.
func withoutPath(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return nil
}

// any reports whether the function has layers.
func (l layers) any() bool { return l.unknown || len(l.files) > 0 }

// bootstrap ends the message that there is none.
func (l layers) bootstrap() string {
	if l.any() {
		return ", and no layer has one that is executable"
	}
	return ""
}

// has reports whether a layer supplies the file at a path, or may do so.
func (l layers) has(name string) bool {
	_, ok := l.files[path.Clean(name)]
	return ok || l.unknown && strings.HasPrefix(name, "/opt/")
}

// starts is has for a file that is started.
func (l layers) starts(name string) bool {
	return l.files[path.Clean(name)] || l.unknown && strings.HasPrefix(name, "/opt/")
}
