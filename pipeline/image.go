package pipeline

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bootzip/bootzip/emulator"
	"github.com/bootzip/bootzip/internal/tempdir"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/registry"
	"github.com/bootzip/bootzip/verify"
)

// An ImageTarget is an image to check.
type ImageTarget struct {
	Path     string // an archive, a directory with an OCI image layout, or InRegistry and a reference
	Name     string // for the report; empty: Path
	Options  verify.ImageOptions
	Function project.Function // as of a Zip
	Root     string
}

// InRegistry is the prefix of the name of an image in a registry.
const InRegistry = "docker://"

// CheckImages checks images, and returns a report for each, in order. A program that is alone
// in its image, or needs no libraries, is checked like the program of a zip. With c.Boot, a
// program that is alone is also started like that of a zip, since the image has nothing else;
// others are started in the image's files.
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
	t.Options.Strict, t.Options.Unpack = c.Strict, c.Boot
	dir, err := tempdir.New("", "bootzip-image")
	if err != nil {
		return verify.Report{}, err
	}
	defer dir.Remove()
	if reference, ok := strings.CutPrefix(t.Path, InRegistry); ok {
		t.Name, t.Path = t.Path, filepath.Join(dir.Path, "fetched")
		if err := registry.Fetch(ctx, registry.Config{}, reference, t.Path); err != nil {
			return verify.Report{}, err
		}
	}
	r, code, err := UnpackImage(ctx, t.Path, dir.Path, t.Options)
	r.Path = cmp.Or(t.Name, r.Path)
	if err != nil || !r.OK() {
		return r, err
	}
	options := verify.Options{Function: t.Options.Function, Arch: t.Options.Arch, Rules: t.Options.Rules, Static: true}
	one := Zip{Function: t.Function, Root: t.Root, Target: verify.Target{Path: code.Zip, Options: options}}
	one.Function.Layers, c.Layers = nil, nil // Lambda has none for images
	if handler := code.handler(); handler != "" && len(one.Function.Handlers) == 0 {
		one.Function.Handlers = []string{handler}
	}
	one.imageEnv = code.Env
	if code.Zip != "" {
		asZip := c
		asZip.Store = nil
		asZip.Boot = c.Boot && code.Root == nil
		zips, err := Check(ctx, asZip, []Zip{one})
		if err != nil {
			return r, err
		}
		for _, x := range zips[0].Report.Results {
			if x.Check.ID == verify.IDGoZones && code.zones {
				continue // the image has the zones that the zip has not
			}
			if x.Check.Layer == verify.Binary || x.Check.Layer == verify.Boot && asZip.Boot {
				r.Results = append(r.Results, x)
			}
		}
	}
	if c.Boot && code.Root != nil && r.OK() {
		boot, err := one.bootConfig(c)
		if err != nil {
			return r, err
		}
		boot.Zip, boot.Root = "", code.Root
		if _, err := bootInto(ctx, &r, boot); err != nil {
			return r, err
		}
	}
	if c.Boot && c.Strict {
		r.FailUnproven()
	}
	return r, nil
}

// ImageCode is the program of an image: in a zip with the function's files, if it needs no
// libraries of the image; and in the image's own files, if the image has more than the
// function's or does not start as a zip does.
type ImageCode struct {
	Zip  string         // empty: none
	Root *emulator.Root // nil: the zip starts as the image does

	Env   []string // the image's variables, KEY=value; not nil where there is code
	zones bool     // the image has time zones
}

// handler returns the value of _HANDLER in the image; empty: none.
func (c ImageCode) handler() (value string) {
	for _, variable := range c.Env {
		if text, ok := strings.CutPrefix(variable, "_HANDLER="); ok {
			value = text
		}
	}
	return value
}

// UnpackImage checks an image, and unpacks it into the directory dir, which must be empty. If
// the report is not OK, there is no code. The Root has all of the image's files only with
// o.Unpack.
func UnpackImage(ctx context.Context, image, dir string, o verify.ImageOptions) (verify.Report, ImageCode, error) {
	rootDir := filepath.Join(dir, "root")
	if err := os.Mkdir(rootDir, 0o755); err != nil {
		return verify.Report{}, ImageCode{}, err
	}
	r, root, err := verify.Image(ctx, image, o, rootDir)
	if err != nil || !r.OK() {
		return r, ImageCode{}, err
	}
	code := ImageCode{Env: append([]string{}, root.Env...), zones: root.Zones}
	if root.Complete || root.Static {
		zip := filepath.Join(dir, "function.zip")
		// An error means that names in the image are not valid in a zip.
		if packRoot(ctx, rootDir, root.Program, zip) == nil {
			code.Zip = zip
		}
		if ctx.Err() != nil {
			return r, ImageCode{}, context.Cause(ctx)
		}
	}
	if code.Zip != "" && root.Complete && root.Static && len(root.Command) == 1 {
		return r, code, nil
	}
	code.Root = &emulator.Root{
		Folder: rootDir, Program: root.Program, Command: root.Command, Dir: root.Dir, Arch: r.Program,
	}
	if r.SHA256 != "" {
		code.Root.File = image
	}
	return r, code, nil
}

// packRoot packs the files of /var/task, and the program as bootstrap.
func packRoot(ctx context.Context, rootDir, program, zip string) error {
	const name = "bootstrap"
	program = filepath.Join(rootDir, filepath.FromSlash(program))
	entries := []pack.Entry{{Name: name, Executable: true, File: program}}
	task := filepath.Join(rootDir, "var", "task")
	err := filepath.WalkDir(task, func(file string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(task, file)
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if rel != name && file != program {
			entries = append(entries, pack.Entry{Name: filepath.ToSlash(rel), Executable: info.Mode()&0o111 != 0, File: file})
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return pack.Write(ctx, zip, entries)
}
