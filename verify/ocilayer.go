package verify

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/printer"
)

// openLayer opens what a layer's tar is.
func (x *imageExamination) openLayer(i int) (r io.Reader, close func() error, err error) {
	blob, _, err := x.blobs.Open(x.layers[i].name)
	if err != nil {
		return nil, nil, err
	}
	b := bufio.NewReaderSize(&contextReader{x.ctx, blob}, 64<<10)
	if head, _ := b.Peek(2); !isGzip(head) {
		return b, blob.Close, nil
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return nil, nil, errors.Join(err, blob.Close())
	}
	return z, blob.Close, nil
}

// layer reads the names in a layer, over those of the layers below. Its error is the
// context's.
func (x *imageExamination) layer(i int) error {
	name := x.layers[i].digest
	unreadable := func(err error) error {
		if ctx := x.ctx.Err(); ctx != nil {
			return ctx
		}
		x.find(IDImageLayer, name, "%v", err)
		return nil
	}
	r, close, err := x.openLayer(i)
	if err != nil {
		return unreadable(err)
	}
	defer close()
	sum := sha256.New()
	counted := &countingReader{r: io.TeeReader(r, sum), left: maxImageUnpacked + 1 - x.about.Unpacked}
	defer func() { x.about.Unpacked += counted.n }()
	own := map[string]bool{} // names of this layer
	t := tar.NewReader(counted)
	for {
		h, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			if counted.left <= 0 {
				return nil // it is too large, which is said
			}
			return unreadable(err)
		}
		if x.names += int64(len(h.Name) + len(h.Linkname)); x.names > maxImageNames || len(x.files) >= maxImageEntries {
			return unreadable(errors.New("the layers have too many files"))
		}
		x.entry(i, h, own)
	}
	if _, err := io.Copy(io.Discard, counted); err != nil && counted.left > 0 {
		return unreadable(err)
	}
	if ids := x.config.RootFS.DiffIDs; i < len(ids) && counted.left > 0 && ids[i] != "sha256:"+hex.EncodeToString(sum.Sum(nil)) {
		x.find(IDImageDigest, name, "its content has another digest than the configuration says: sha256:%x", sum.Sum(nil))
	}
	return nil
}

// A countingReader counts, and ends after so many bytes.
type countingReader struct {
	r       io.Reader
	n, left int64
}

var errTooLarge = errors.New("it is too large")

func (c *countingReader) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errTooLarge
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
	c.n += int64(n)
	c.left -= int64(n)
	return n, err
}

// Names that hide what layers below have (OCI image specification, "Whiteouts").
const (
	whiteout       = ".wh."
	opaqueWhiteout = ".wh..wh..opq"
)

// entry takes one entry of a layer.
func (x *imageExamination) entry(layer int, h *tar.Header, own map[string]bool) {
	shown := printer.Line(h.Name)
	name := strings.TrimSuffix(strings.TrimPrefix(h.Name, "./"), "/")
	if name == "" || name == "." {
		return // the root
	}
	if h.Typeflag == tar.TypeXGlobalHeader {
		return
	}
	if !fs.ValidPath(name) || !printer.IsLine(name) {
		x.find(IDImageName, shown, "it is absolute, not clean, leaves the image, or has control characters")
		return
	}
	if own[name] {
		x.find(IDImageName, shown, "it is there twice in one layer")
		return
	}
	own[name] = true
	dir, base := path.Split(name)
	dir = strings.TrimSuffix(dir, "/")
	if dir != "" {
		if e, ok := x.files[dir]; !ok {
			x.find(IDImageParent, shown, "its directory /%s has no entry", printer.Line(dir))
			x.files[dir] = imageEntry{tar.TypeDir, 0o755, "", layer} // said once
		} else if e.kind != tar.TypeDir && e.kind != tar.TypeSymlink {
			x.find(IDImageName, shown, "/%s is no directory", printer.Line(dir))
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
	case tar.TypeDir:
	case tar.TypeReg:
	case tar.TypeSymlink:
	case tar.TypeLink:
		e.link = strings.TrimPrefix(strings.TrimPrefix(h.Linkname, "./"), "/")
		x.find(IDImageLink, shown, "it is a hard link to /%s", printer.Line(e.link))
		if target, ok := x.files[e.link]; !ok || target.kind != tar.TypeReg {
			x.find(IDImageName, shown, "what it links to is no file: /%s", printer.Line(e.link))
		}
	case tar.TypeChar:
		// Those that tools for base images make; Lambda has a /dev of its own.
		if !slices.Contains([]string{"console", "full", "null", "ptmx", "random", "tty", "urandom", "zero"}, base) || dir != "dev" {
			x.find(IDImageSpecial, shown, "it is a device")
		}
	default:
		x.find(IDImageSpecial, shown, "it is a device, a pipe or of another special kind (type %q)", h.Typeflag)
	}
	if old, ok := x.files[name]; ok && old.kind == tar.TypeDir && e.kind != tar.TypeDir {
		x.hide(name, own)
	}
	x.files[name] = e
}

// hide removes what is below a directory, but for the names in keep.
func (x *imageExamination) hide(dir string, keep map[string]bool) {
	prefix := dir + "/"
	if dir == "" {
		prefix = ""
	}
	for name := range x.files {
		if strings.HasPrefix(name, prefix) && !keep[name] {
			delete(x.files, name)
		}
	}
}
