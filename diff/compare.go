package diff

import (
	"context"
	"fmt"
	"os"

	"github.com/bootzip/bootzip/diff/internal/image"
	"github.com/bootzip/bootzip/internal/hint"
)

// Zips compares two zips, made by any tool. Its error, which has a hint, is
// for files that are not there or are no whole zips, and for ctx; that they
// differ is no error.
func Zips(ctx context.Context, a, b string) (Report, error) {
	return compareFiles(ctx, a, b, func(files [2]*os.File, r *Report) error {
		var sides [2]*zipSide
		err := both(func(i int) (err error) {
			path := [2]string{a, b}[i]
			side := [2]*Side{&r.A, &r.B}[i]
			if i == 1 && r.Equal {
				return nil
			}
			sides[i], err = readZip(ctx, path, files[i], side.Size)
			if err == nil {
				side.Content = sides[i].digest()
			}
			return err
		})
		if err != nil || r.Equal {
			r.B.Content = r.A.Content
			return err
		}
		c := &comparison{}
		if err := c.zips(ctx, sides[0], sides[1]); err != nil {
			return err
		}
		return c.finish(ctx, r, files, LayerZipHeaders)
	})
}

// Files compares two files that are not zips: programs for Linux, macOS or
// Windows, or anything else.
func Files(ctx context.Context, a, b string) (Report, error) {
	return compareFiles(ctx, a, b, func(files [2]*os.File, r *Report) error {
		if r.Equal {
			return nil
		}
		c := &comparison{}
		if err := c.contents(ctx, "", content{files[0], r.A.Size}, content{files[1], r.B.Size}); err != nil {
			return err
		}
		return c.finish(ctx, r, files, LayerSections)
	})
}

// Any compares two zips or two programs, whichever they are by their first
// bytes.
func Any(ctx context.Context, a, b string) (Report, error) {
	programs := 0
	for _, path := range []string{a, b} {
		if isProgram(path) {
			programs++
		}
	}
	switch programs {
	case 1:
		return Report{}, hint.New("give two zips, or two programs", "files %q and %q cannot be compared: only one of them is a program", a, b)
	case 2:
		return Files(ctx, a, b)
	}
	return Zips(ctx, a, b)
}

// isProgram is false for what cannot be read: Zips says why.
func isProgram(path string) bool {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var head [4]byte
	_, err = f.ReadAt(head[:], 0)
	return err == nil && image.IsProgram(head[:])
}

// compareFiles opens and sums both files, and hands them over.
func compareFiles(ctx context.Context, a, b string, f func([2]*os.File, *Report) error) (Report, error) {
	var r Report
	var files [2]*os.File
	defer func() {
		for _, f := range files {
			f.Close() // of nil is no more than an error
		}
	}()
	err := both(func(i int) (err error) {
		files[i], *[2]*Side{&r.A, &r.B}[i], err = open(ctx, [2]string{a, b}[i])
		return err
	})
	if err != nil {
		return Report{}, err
	}
	r.Equal = r.A.SHA256 == r.B.SHA256
	if err := f(files, &r); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("comparison of %q and %q: %w", a, b, ctx.Err())
		}
		return Report{}, err
	}
	return r, nil
}
