package verify

import (
	"archive/zip"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/elfscan"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/regular"
)

// layers are the files below /opt of the function's layers.
type layers struct {
	unknown bool            // there are layers whose zips are missing, and which may have any file
	files   map[string]bool // by path; true if every user may execute it
	size    int64           // unzipped, in bytes

	extensions map[string]layerExtension // programs that Lambda starts, by path
}

// A layerExtension is an extension of a layer that is an ELF program.
type layerExtension struct {
	layer, name string // the layer's zip, and the file in it
	program     *elfscan.File
}

// maxLayerFiles is how many files a layer's zip may have.
const maxLayerFiles = 100_000

// readLayers reads the directories of the layers' zips, in order, and the ELF headers of
// extensions. Files of a later layer replace those of earlier ones (AWS Lambda developer
// guide, "Adding layers to functions").
func readLayers(o Options) (layers, error) {
	l := layers{unknown: o.WithLayer, files: map[string]bool{}, extensions: map[string]layerExtension{}}
	for _, name := range o.Layers {
		file, r, err := openZip(name)
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
				at := path.Join("/opt", f.Name)
				l.files[at] = m&0o555 == 0o555 || m&fs.ModeSymlink != 0
				delete(l.extensions, at)
				if isExtension(path.Clean(f.Name)) {
					if program := elfHeader(f); program != nil {
						l.extensions[at] = layerExtension{name, f.Name, program}
					}
				}
			}
		}
		if err := cmp.Or(err, file.Close()); err != nil {
			return l, err
		}
	}
	return l, nil
}

func openZip(name string) (*os.File, *zip.Reader, error) {
	file, err := regular.Open(name)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err == nil {
		var r *zip.Reader
		if r, err = zip.NewReader(file, info.Size()); err == nil {
			return file, r, nil
		}
	}
	file.Close()
	return nil, nil, err
}

// elfHeader reads the ELF header of a file; nil if it is not an ELF program, or cannot be
// read. The check of the layer itself reports that.
func elfHeader(f *zip.File) *elfscan.File {
	r, err := f.Open()
	if err != nil {
		return nil
	}
	defer r.Close()
	head := make([]byte, elfscan.HeaderSize)
	if _, err := io.ReadFull(r, head); err != nil || !f.Mode().IsRegular() || !elfscan.IsELF(head) {
		return nil
	}
	return elfscan.ReadHeader(head)
}

// extensions compares the architecture of the layers' extensions with the function's. An
// extension that cannot be started ends the function with Extension.LaunchError, exec
// format error (elastic/apm-aws-lambda#92).
func (x *examination) extensions() {
	want := cmp.Or(x.options.Arch, x.arch)
	for _, at := range slices.Sorted(maps.Keys(x.layers.extensions)) {
		e := x.layers.extensions[at]
		if want != "" && e.program.GOARCH() != string(want) {
			x.find(idMachine, e.name, "extension of layer %s: it is for %s, and the function for %s", e.layer, e.program.MachineName(), want)
		}
	}
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

// has reports whether a layer has, or may have, a file at a path.
func (l layers) has(name string) bool {
	_, ok := l.files[path.Clean(name)]
	return ok || l.unknown && strings.HasPrefix(name, "/opt/")
}

// starts reports whether a layer has, or may have, an executable file at a path.
func (l layers) starts(name string) bool {
	return l.files[path.Clean(name)] || l.unknown && strings.HasPrefix(name, "/opt/")
}
