package diff

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/bootzip/bootzip/internal/hint"
)

// Files compares two zips, made by any tool, or two programs for Linux, macOS or Windows;
// their first bytes decide which. It returns an error, with a hint, if a file is missing or
// is not valid, and an error if ctx ends. A difference is not an error. If the bytes differ
// but no field does, the offset of the first difference is reported.
func Files(ctx context.Context, a, b string) (Report, error) {
	var f [2]*input
	defer func() {
		for _, x := range f {
			if x != nil {
				x.Close()
			}
		}
	}()
	err := both(func(i int) (err error) {
		f[i], err = open(ctx, [2]string{a, b}[i])
		return err
	})
	c := &comparison{layers: map[string]*Layer{}}
	switch {
	case err != nil:
	case (f[0].format == "") != (f[1].format == ""):
		err = hint.New("give two zips, or two programs", "files %q and %q cannot be compared: only one of them is a program", a, b)
	case f[0].format == "":
		err = c.zips(ctx, f)
	case f[0].SHA256 != f[1].SHA256:
		err = c.contents(ctx, "", f[0].content, f[1].content)
	}
	if err == nil && f[0].SHA256 != f[1].SHA256 && len(c.layers) == 0 {
		var at int64
		at, err = firstDifference(ctx, f[0], f[1], min(f[0].Size, f[1].Size))
		layer := layerSections
		if f[0].Content != "" { // a zip
			layer = layerZipHeaders
		}
		c.differ(layer, fmt.Sprintf("bytes from offset %d", at), byteCount(f[0].Size-at), byteCount(f[1].Size-at))
	}
	if err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("comparison of %q and %q: %w", a, b, ctx.Err())
		}
		return Report{}, err
	}
	r := c.report()
	r.A, r.B, r.Equal = f[0].Side, f[1].Side, f[0].SHA256 == f[1].SHA256
	return r, nil
}

// firstDifference returns the first of n offsets at which a and b differ, or n.
func firstDifference(ctx context.Context, a, b io.ReaderAt, n int64) (int64, error) {
	x, y := make([]byte, 64<<10), make([]byte, 64<<10)
	for off := int64(0); off < n; off += int64(len(x)) {
		x, y = x[:min(n-off, int64(len(x)))], y[:min(n-off, int64(len(y)))]
		if err := cmp.Or(ctx.Err(), readFull(a, x, off), readFull(b, y, off)); err != nil {
			return 0, err
		}
		for i := range x {
			if x[i] != y[i] {
				return off + int64(i), nil
			}
		}
	}
	return n, nil
}
