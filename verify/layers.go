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
	unknown bool            // there are layers whose zips are missing; they may have any file
	files   map[string]bool // by path; true if every user may execute it
	size    int64           // unzipped, in bytes
}

// maxLayerFiles is how many files of a layer are read.
const maxLayerFiles = 100_000

// readLayers reads the directories of the layers' zips, in order. Files of a later layer
// replace those of earlier ones (AWS Lambda developer guide, "Adding layers to
// functions").
func readLayers(o Options) (layers, error) {
	l := layers{unknown: o.WithLayer, files: map[string]bool{}}
	for _, name := range o.Layers {
		r, err := zip.OpenReader(name)
		if err != nil {
			remedy := "give the zip of a layer"
			if errors.Is(err, fs.ErrNotExist) {
				remedy = "package the layer first, or correct its path"
			}
			var withPath *fs.PathError
			if errors.As(err, &withPath) {
				err = withPath.Err
			}
			return l, hint.New(remedy, "layer %s: %w", name, err)
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

// any reports whether the function has layers.
func (l layers) any() bool { return l.unknown || len(l.files) > 0 }

// bootstrap returns the end of the message that there is no bootstrap.
func (l layers) bootstrap() string {
	if l.any() {
		return ", and no layer has one that is executable"
	}
	return ""
}

// has reports whether a layer has, or may have, the file at a path.
func (l layers) has(name string) bool {
	_, ok := l.files[path.Clean(name)]
	return ok || l.unknown && strings.HasPrefix(name, "/opt/")
}

// starts reports whether a layer has, or may have, an executable file at a path.
func (l layers) starts(name string) bool {
	return l.files[path.Clean(name)] || l.unknown && strings.HasPrefix(name, "/opt/")
}
