package pipeline

import (
	"cmp"
	"context"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/bootzip/bootzip/internal/tempdir"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// An ImageTarget is an image to check.
type ImageTarget struct {
	Path     string // an archive, or a directory with an OCI image layout
	Name     string // for the report; empty: Path
	Options  verify.ImageOptions
	Function project.Function // as of a Zip
	Root     string
}

// CheckImages checks images. The program of one that has no other files than its function's
// is checked as that of a zip, and started: in Lambda's environment for zips, since the
// root of the image is as empty.
func CheckImages(ctx context.Context, c CheckConfig, images []ImageTarget) ([]verify.Report, error) {
	var reports []verify.Report
	for _, t := range images {
		r, err := checkImage(ctx, c, t)
		if err != nil {
			return nil, err
		}
		reports = append(reports, r)
	}
	return reports, nil
}

func checkImage(ctx context.Context, c CheckConfig, t ImageTarget) (verify.Report, error) {
	t.Options.Strict = c.Strict
	dir, err := tempdir.New("", "bootzip-image")
	if err != nil {
		return verify.Report{}, err
	}
	defer dir.Remove()
	zip := filepath.Join(dir.Path, "function.zip")
	r, why, err := ImageZip(ctx, t.Path, zip, t.Options)
	r.Path = cmp.Or(t.Name, r.Path)
	if err != nil || !r.OK() {
		return r, err
	}
	if why != "" {
		if c.Boot {
			r.AddBoot(verify.BootOutcome{Status: verify.Skip, Detail: why})
		}
		return r, nil
	}
	options := verify.Options{Function: t.Options.Function, Arch: t.Options.Arch, Rules: t.Options.Rules, Static: true}
	zips, err := Check(ctx, c, []Zip{{Function: t.Function, Root: t.Root, Target: verify.Target{Path: zip, Options: options}}})
	if err != nil {
		return r, err
	}
	if c.Boot && c.Strict {
		zips[0].Report.FailUnproven()
	}
	for _, x := range zips[0].Report.Results {
		if x.Check.Layer == verify.Binary || x.Check.Layer == verify.Boot {
			r.Results = append(r.Results, x)
		}
	}
	return r, nil
}

// ImageZip checks an image, and packs the files of its function into a zip. why says why
// that zip does not start as the image does; empty: it does. After a report that is not OK
// there is no zip.
func ImageZip(ctx context.Context, image, zip string, o verify.ImageOptions) (r verify.Report, why string, err error) {
	dir, err := tempdir.New("", "bootzip-image")
	if err != nil {
		return r, "", err
	}
	defer dir.Remove()
	task := filepath.Join(dir.Path, "task")
	r, complete, err := verify.Image(ctx, image, o, task)
	if err != nil || !r.OK() {
		return r, "", err
	}
	var entries []pack.Entry
	err = filepath.WalkDir(task, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(task, name)
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		entries = append(entries, pack.Entry{Name: filepath.ToSlash(rel), Executable: info.Mode()&0o111 != 0, File: name})
		return nil
	})
	if err != nil {
		return r, "", err
	}
	// The bootstrap is the first, as in a zip of our own.
	slices.SortStableFunc(entries, func(a, b pack.Entry) int {
		return cmp.Compare(rank(a), rank(b))
	})
	if err := pack.Write(ctx, zip, entries); err != nil {
		if ctx.Err() != nil {
			return r, "", err
		}
		return r, "its files cannot be those of a zip: " + err.Error(), nil
	}
	if !complete {
		why = "it has files outside of /var/task, and is started in containers alone"
	}
	return r, why, nil
}

func rank(e pack.Entry) int {
	if e.Name == "bootstrap" {
		return 0
	}
	return 1
}
