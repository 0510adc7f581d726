package verify

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/printer"
)

// openLayer opens the tar of a layer, which may be compressed.
func (x *imageExamination) openLayer(i int) (r io.Reader, close func() error, err error) {
	blob, _, err := x.blobs.Open(x.layers[i].name)
	if err != nil {
		return nil, nil, err
	}
	b := bufio.NewReaderSize(&contextReader{x.ctx, blob}, 64<<10)
	head, _ := b.Peek(4)
	if bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}) { // Zstandard (RFC 8878)
		return nil, nil, errors.Join(errors.New("it is compressed by zstd, not by gzip"), blob.Close())
	}
	if !bytes.HasPrefix(head, []byte{0x1f, 0x8b}) { // gzip (RFC 1952)
		return b, blob.Close, nil
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return nil, nil, errors.Join(err, blob.Close())
	}
	return z, blob.Close, nil
}

// layer adds the files of a layer to those of the layers below. Its error is that of the
// context.
func (x *imageExamination) layer(i int) error {
	name := x.layers[i].digest
	unreadable := func(err error) error {
		if ctx := x.ctx.Err(); ctx != nil {
			return ctx
		}
		x.find(idImageLayer, name, "%v", err)
		return nil
	}
	r, close, err := x.openLayer(i)
	if err != nil {
		return unreadable(err)
	}
	defer close()
	sum := sha256.New()
	left := maxImageUnpacked + 1 - x.about.Unpacked
	counted := &io.LimitedReader{R: io.TeeReader(r, sum), N: left}
	defer func() { x.about.Unpacked += left - counted.N }()
	own := map[string]bool{} // names of this layer
	t := tar.NewReader(counted)
	for {
		h, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			if counted.N <= 0 {
				return nil // it is too large, which run reports
			}
			return unreadable(err)
		}
		if x.names += int64(len(h.Name) + len(h.Linkname)); x.names > maxImageNames || len(x.files) >= maxImageEntries {
			return unreadable(errors.New("the layers have too many files"))
		}
		x.entry(i, h, own)
	}
	if _, err := io.Copy(io.Discard, counted); err != nil && counted.N > 0 {
		return unreadable(err)
	}
	if ids := x.config.RootFS.DiffIDs; i < len(ids) && counted.N > 0 && ids[i] != "sha256:"+hex.EncodeToString(sum.Sum(nil)) {
		x.find(idImageDigest, name, "its content has another digest than the configuration says: sha256:%x", sum.Sum(nil))
	}
	return nil
}

// Names that hide files of the layers below (OCI image specification, "Whiteouts").
const (
	whiteout       = ".wh."
	opaqueWhiteout = ".wh..wh..opq"
)

// plainName returns the name of an entry without the final slash of a directory, and
// without a leading ./ or slash: ko writes /ko-app/NAME, which Lambda runs
// (ko-build/ko#669).
func plainName(h *tar.Header) string {
	name, relative := strings.CutPrefix(h.Name, "./")
	if !relative {
		name = strings.TrimPrefix(name, "/")
	}
	return strings.TrimSuffix(name, "/")
}

// entry adds one entry of a layer. own are the names in the layer so far.
func (x *imageExamination) entry(layer int, h *tar.Header, own map[string]bool) {
	shown := printer.Line(h.Name)
	name := plainName(h)
	if name == "" || name == "." || h.Typeflag == tar.TypeXGlobalHeader { // the root, or no file
		return
	}
	if !fs.ValidPath(name) || !printer.IsLine(name) {
		x.find(idImageName, shown, "it is not clean, leaves the image, or has control characters")
		return
	}
	if own[name] {
		x.find(idImageName, shown, "it is there twice in one layer")
		return
	}
	own[name] = true
	dir, base := path.Split(name)
	dir = strings.TrimSuffix(dir, "/")
	if dir != "" {
		if e, ok := x.files[dir]; !ok {
			x.find(idImageParent, shown, "its directory /%s has no entry", printer.Line(dir))
			x.files[dir] = imageEntry{tar.TypeDir, 0o755, "", layer} // so that it is reported once
		} else if e.kind != tar.TypeDir && e.kind != tar.TypeSymlink {
			x.find(idImageName, shown, "/%s is not a directory", printer.Line(dir))
		}
	}
	switch {
	case base == opaqueWhiteout:
		x.hide(dir, own)
		return
	case strings.HasPrefix(base, whiteout):
		gone := path.Join(dir, strings.TrimPrefix(base, whiteout))
		if x.files[gone].kind == tar.TypeDir {
			x.hide(gone, nil)
		}
		delete(x.files, gone)
		return
	}
	e := imageEntry{h.Typeflag, h.FileInfo().Mode(), h.Linkname, layer}
	switch h.Typeflag {
	case tar.TypeDir, tar.TypeReg, tar.TypeSymlink:
	case tar.TypeLink:
		e.link = strings.TrimPrefix(strings.TrimPrefix(h.Linkname, "./"), "/")
		x.find(idImageLink, shown, "it is a hard link to /%s", printer.Line(e.link))
		if target, ok := x.files[e.link]; !ok || target.kind != tar.TypeReg {
			x.find(idImageName, shown, "what it links to is not a file: /%s", printer.Line(e.link))
		}
	case tar.TypeChar:
		// Tools for base images make these; Lambda has its own /dev.
		if !slices.Contains([]string{"console", "full", "null", "ptmx", "random", "tty", "urandom", "zero"}, base) || dir != "dev" {
			x.find(idImageSpecial, shown, "it is a device")
		}
	default:
		x.find(idImageSpecial, shown, "it is a device, a pipe or of another special kind (type %q)", h.Typeflag)
	}
	if old, ok := x.files[name]; ok && old.kind == tar.TypeDir && e.kind != tar.TypeDir {
		x.hide(name, own)
	}
	x.files[name] = e
}

// hide removes what is below a directory, except for the names in keep.
func (x *imageExamination) hide(dir string, keep map[string]bool) {
	prefix := dir + "/"
	if dir == "" {
		prefix = ""
	}
	maps.DeleteFunc(x.files, func(name string, _ imageEntry) bool { return strings.HasPrefix(name, prefix) && !keep[name] })
}
