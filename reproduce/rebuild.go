package reproduce

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/diff"
	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/internal/git"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/regular"
	"github.com/bootzip/bootzip/internal/tempdir"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/release/attest"
)

// RebuildConfig says which zip to rebuild.
type RebuildConfig struct {
	File string // the zip, NAME-ARCH.zip, or the image, NAME-ARCH.oci.tar

	// Provenance is the file with its provenance; "": attest.ProvenanceFile beside
	// the zip. Key is a file with the public key that signed it, in PEM; ""
	// takes unsigned provenance.
	Provenance, Key string

	// Source is the repository: a directory, or an address. "": the one that
	// Build.Root is in if it has the commit, else the provenance's.
	Source string

	// Folder is the project's directory in the repository, slash-separated; "": the
	// provenance's, or the repository's root if that names none.
	Folder string

	// Build has Cache, Environ and Progress; Root, "" or a directory that may be
	// in the repository; Engine, "" or "auto" for the provenance's, if it can be
	// used and is not "host", which must be asked for; and BaseImage, "" for the
	// provenance's. Everything else is set by Rebuild.
	Build build.Config

	warm bool // for tests, which would take a minute each
}

// A ConfigError says what is wrong with a configuration: nothing was built.
type ConfigError struct{ Err error }

func (e *ConfigError) Error() string { return e.Err.Error() }
func (e *ConfigError) Unwrap() error { return e.Err }

// Rebuild builds a zip again from the commit in its provenance, with the recorded
// toolchain, engine and base image, and compares. A difference is not an error: it
// is in the result. Nothing is fetched unless the provenance is about exactly this
// file. The package comment says what runs and what does not. The error is a ConfigError
// if File does not have the form of a release's name, or if the provenance, the key,
// Source or Folder is missing.
func Rebuild(ctx context.Context, c RebuildConfig) (RebuildResult, error) {
	r := RebuildResult{Zip: filepath.Base(c.File)}
	unit, err := zipUnit(r.Zip)
	if err != nil {
		return r, &ConfigError{err}
	}
	if r.Provenance, err = c.readProvenance(unit.Function.Name); err != nil {
		return r, err
	}
	r.Commit = r.Provenance.Commit
	source, err := c.source(ctx, r.Provenance)
	if err != nil {
		return r, err
	}
	r.Source = git.WithoutCredentials(source)

	temp, err := tempdir.New("", "bootzip-rebuild")
	if err != nil {
		return r, err
	}
	defer temp.Remove()
	checkout := filepath.Join(temp.Path, "source")
	written, err := git.At(ctx, source, r.Commit, checkout, git.Options{Environ: c.Build.Environ, Limits: git.ForStrangers()})
	if c.Source != "" && errors.Is(err, fs.ErrNotExist) {
		return r, &ConfigError{err}
	}
	if err != nil {
		return r, err
	}
	if checkout, err = filepath.EvalSymlinks(checkout); err != nil { // as project.Load does
		return r, err
	}
	p, f, err := find(checkout, written, unit, cmp.Or(c.Folder, r.Provenance.Folder, "."))
	if err != nil {
		return r, fmt.Errorf("commit %s: %w", r.Commit, err)
	}
	b, err := c.configure(p, f, r.Provenance, filepath.Join(temp.Path, "dist"))
	if err != nil {
		return r, err
	}
	b.Repository = checkout
	unlock, err := build.Lock(b.Dist)
	if err != nil {
		return r, err
	}
	defer unlock()
	if b.Engine, err = c.engine(ctx, b, r.Provenance); err != nil {
		return r, err
	}
	r.Engine = b.Engine
	materials, err := build.MaterialsOf(ctx, b)
	if err != nil {
		return r, err
	}
	if err := r.compareMaterials(materials, f); err != nil {
		return r, err
	}
	image := strings.HasSuffix(r.Zip, imageSuffix)
	packaged, err := pipeline.Package(ctx, b, pipeline.PackageConfig{Images: image})
	if err != nil {
		return r, fmt.Errorf("commit %s: %w", r.Commit, err)
	}
	if err := r.comparePacker(b.Dist); err != nil {
		return r, err
	}
	if len(written.Pointers) > 0 {
		r.differ("files of Git LFS", "their contents", "pointers to them: "+git.List(written.Pointers))
	}
	made := packaged.Zips[0].Packed
	if image {
		r.Report, err = pipeline.DiffImages(ctx, c.File, filepath.Join(b.Dist, made.Image.File))
		return r, err
	}
	r.Report, err = diff.Files(ctx, c.File, filepath.Join(b.Dist, made.File))
	return r, err
}

// imageSuffix ends the name of an image's file, after its architecture.
const imageSuffix = ".oci.tar"

// zipUnit splits the name of a zip, NAME-ARCH.zip, or of an image, NAME-ARCH.oci.tar.
func zipUnit(name string) (build.Unit, error) {
	for _, arch := range project.Architectures() {
		for _, suffix := range []string{".zip", imageSuffix} {
			if function, ok := strings.CutSuffix(name, "-"+string(arch)+suffix); ok && function != "" {
				return build.Unit{Function: project.Function{Name: function}, Arch: arch}, nil
			}
		}
	}
	return build.Unit{}, hint.New("give it its name in the release: FUNCTION-ARCH.zip or FUNCTION-ARCH.oci.tar", "file name %q does not have the form FUNCTION-ARCH.zip", name)
}

// readProvenance reads the provenance, and returns an error if it is not about the
// file.
func (c RebuildConfig) readProvenance(function string) (attest.Provenance, error) {
	var none attest.Provenance
	sum, _, err := digest.File(c.File)
	if errors.Is(err, fs.ErrNotExist) {
		err = &ConfigError{err}
	}
	if err != nil {
		return none, err
	}
	name := cmp.Or(c.Provenance, filepath.Join(filepath.Dir(c.File), attest.ProvenanceFile))
	open := os.Open // a file that the caller names may be a pipe of the shell
	if c.Provenance == "" {
		open = regular.Open
	}
	data, err := readSmall(open, name)
	if errors.Is(err, fs.ErrNotExist) {
		err = hint.Wrap(&ConfigError{err}, "take it from the zip's release; --provenance=FILE if it is elsewhere")
	}
	if err != nil {
		return none, fmt.Errorf("provenance: %w", err)
	}
	var key []byte
	if c.Key != "" {
		if key, err = readSmall(os.Open, c.Key); err != nil {
			return none, &ConfigError{hint.Wrap(fmt.Errorf("key: %w", err), "give the file with the public key, in PEM: --key=FILE")}
		}
	}
	p, err := attest.ReadProvenance(data, key)
	if err != nil {
		return none, fmt.Errorf("%s: %w", name, err)
	}
	if err := p.Covers(filepath.Base(c.File), sum); err != nil {
		return none, err
	}
	if len(p.Functions) > 0 && !slices.Contains(p.Functions, function) {
		return none, hint.New("take the provenance from the same release as the file",
			"function %q is not among the built functions in the provenance: %s", function, strings.Join(p.Functions, ", "))
	}
	return p, nil
}

// source returns the repository to fetch the commit from.
func (c RebuildConfig) source(ctx context.Context, p attest.Provenance) (string, error) {
	switch {
	case c.Source != "":
		return c.Source, nil
	case c.Build.Root != "" && git.Has(ctx, c.Build.Root, p.Commit, c.Build.Environ):
		return c.Build.Root, nil
	case strings.HasPrefix(p.Repository, "https://"):
		return p.Repository, nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	}
	return "", hint.New("give a clone's directory or an address: --source=DIR or --source=URL",
		"provenance names no repository with an https:// address for commit %s", p.Commit)
}

// maxProvenance bounds how much of a provenance or a key is read, in bytes: one more
// than package attest accepts.
const maxProvenance = 16<<20 + 1

func readSmall(open func(string) (*os.File, error), name string) ([]byte, error) {
	f, err := open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxProvenance))
}

// comparePacker compares the libraries that decide the compressed bytes.
func (r *RebuildResult) comparePacker(dist string) error {
	m, err := pack.ReadManifest(dist)
	if err != nil {
		return err
	}
	r.differ("packer", r.Provenance.Packer, m.Packer)
	if r.Provenance.Packer != "" && m.Packer != "" {
		r.packers = [2]string{r.Provenance.Packer, m.Packer}
	}
	return nil
}
