package diff

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/bootzip/bootzip/internal/hint"
)

// Zips compares two zips, made by any tool. It returns an error, with a hint,
// if a file is missing or is not a valid zip, and if ctx ends. A difference is not
// an error.
func Zips(ctx context.Context, a, b string) (Report, error) {
	return explain(ctx, a, b, (*comparison).zips)
}

// Files compares two files that are not zips: programs for Linux, macOS or
// Windows, or anything else. Its errors are those of [Zips].
func Files(ctx context.Context, a, b string) (Report, error) {
	return explain(ctx, a, b, (*comparison).files)
}

func (c *comparison) files(ctx context.Context, f [2]*input) error {
	if f[0].SHA256 == f[1].SHA256 {
		return nil
	}
	return c.contents(ctx, "", f[0].content, f[1].content)
}

// Any compares two zips or two programs, as their first bytes say. A zip and a
// program are an error.
func Any(ctx context.Context, a, b string) (Report, error) {
	return explain(ctx, a, b, func(c *comparison, ctx context.Context, f [2]*input) error {
		switch {
		case f[0].format != "" && f[1].format != "":
			return c.files(ctx, f)
		case f[0].format != "" || f[1].format != "":
			return hint.New("give two zips, or two programs", "files %q and %q cannot be compared: only one of them is a program", a, b)
		}
		return c.zips(ctx, f)
	})
}

// explain opens and hashes both files, lets compare collect what differs, and
// reports it. Bytes that differ in no field are reported by their offset.
func explain(ctx context.Context, a, b string, compare func(*comparison, context.Context, [2]*input) error) (Report, error) {
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
	if err == nil {
		err = compare(c, ctx, f)
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
	x, y := bufio.NewReaderSize(io.NewSectionReader(a, 0, n), 64<<10), bufio.NewReaderSize(io.NewSectionReader(b, 0, n), 64<<10)
	for off := range n {
		p, errA := x.ReadByte()
		q, errB := y.ReadByte()
		if err := cmp.Or(errA, errB); err != nil || off%(1<<20) == 0 && ctx.Err() != nil {
			return 0, cmp.Or(err, ctx.Err())
		}
		if p != q {
			return off, nil
		}
	}
	return n, nil
}
