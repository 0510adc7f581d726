package pack

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/internal/store"
	"github.com/bootzip/bootzip/project"
)

// bootstrapName is the program's name in the root of the zip (AWS Lambda
// developer guide, "Building a custom runtime").
const bootstrapName = "bootstrap"

// Config says what to pack.
type Config struct {
	Root   string // the project's directory, where assets are
	Dist   string // where zips and manifest go
	Inputs []Input
	Images bool // make an image of every function, not only of those that ask for one

	Tag, Commit string // what ${tag} and ${commit} stand for in labels of images

	// Project has all functions of the project. The new manifest keeps the old one's
	// lines for those that are not packed now and whose zip is unchanged.
	Project []project.Function

	// Store has zips and images that were packed elsewhere; nil: none.
	Store *store.Store
}

// Image reports whether a function gets an image.
func (c Config) Image(f project.Function) bool {
	return !f.Kind.IsLayer() && (c.Images || f.Image || f.SnapStart)
}

// An Input is what goes into one zip: the bootstrap of a function, the program of an
// extension, or nothing but assets for a layer.
type Input struct {
	Function  project.Function
	Arch      project.Arch
	Bootstrap string // file
	SHA256    string // of the bootstrap, in hexadecimal; empty: Pack computes it
	Size      int64  // of the bootstrap, in bytes; used if SHA256 is set
	Base      string // as ImageConfig's, where an image is made
	Toolchain string // for the manifest
}

func (in Input) entries(root string) []Entry {
	var all []Entry
	switch in.Function.Kind {
	case project.KindLayer:
	case project.KindExtension:
		// Lambda starts every program there (developer guide, "Using the
		// Lambda Extensions API to create extensions").
		all = []Entry{{Name: "extensions/" + in.Function.Name, Executable: true, File: in.Bootstrap, sha256: in.SHA256, size: in.Size}}
	default:
		all = []Entry{{Name: bootstrapName, Executable: true, File: in.Bootstrap, sha256: in.SHA256, size: in.Size}}
	}
	for _, a := range in.Function.Assets {
		all = append(all, Entry{Name: a.Name, Executable: a.Executable, File: filepath.Join(root, filepath.FromSlash(a.Source))})
	}
	return all
}

// FileName returns the zip's name in the directory of the zips.
func FileName(function string, arch project.Arch) string {
	return fmt.Sprintf("%s-%s.zip", function, arch)
}

// Pack packs every input, and writes the manifest. It returns the lines of the
// manifest for the inputs, in order.
//
// All zips and the manifest are written before the first is moved to its place:
// after an error, or on a full disk, Dist is unchanged. An existing zip with this
// content and from this packer is kept. Zips and images in the old manifest that the
// project no longer has are removed, unless they were changed. The caller holds the
// lock on Dist (package build).
func Pack(ctx context.Context, c Config) ([]Zip, error) {
	stage, err := atomicfile.Begin(c.Dist)
	if err != nil {
		return nil, err
	}
	defer stage.Remove()

	old, _ := ReadManifest(c.Dist) // if it is missing or broken, everything is packed
	before := old
	manifest := Manifest{Packer: packer()}
	if old.Packer != manifest.Packer || manifest.Packer == "" {
		old = Manifest{}
	}
	if manifest.Packer == "" {
		c.Store = nil
	}
	zips := make([]Zip, len(c.Inputs))
	packed := make([][]string, len(c.Inputs)) // names of files that are new
	errs := make([]error, len(c.Inputs))
	var packing errgroup.Group
	packing.SetLimit(runtime.NumCPU())
	for i, in := range c.Inputs {
		packing.Go(func() error {
			if errs[i] = ctx.Err(); errs[i] == nil {
				zips[i], packed[i], errs[i] = packOne(ctx, c, in, stage.Path, old)
			}
			return nil
		})
	}
	_ = packing.Wait()
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("function %q: %w", c.Inputs[i].Function.Name, err)
		}
	}
	manifest.Zips = append(kept(c, old), zips...)
	if err := manifest.write(stage.Path); err != nil {
		return nil, err
	}
	var files []atomicfile.File
	for _, name := range gone(c, before, zips) {
		files = append(files, atomicfile.File{To: name})
	}
	written := slices.Concat(packed...)
	if sum, _, err := digest.File(filepath.Join(stage.Path, ManifestFile)); err != nil || !c.unchanged(ManifestFile, sum) {
		written = append(written, ManifestFile)
	}
	for _, name := range written {
		files = append(files, atomicfile.File{From: filepath.Join(stage.Path, name), To: filepath.Join(c.Dist, name), Mode: 0o644})
	}
	return zips, stage.Commit(files...)
}

// gone returns the zips of the old manifest whose function is no longer in the project, and
// the images that the inputs no longer have. packed has the new lines for the inputs. Files
// that differ from the old manifest are not returned, and so are kept.
func gone(c Config, old Manifest, packed []Zip) (names []string) {
	there := map[string]bool{}
	for _, f := range c.Project {
		for _, arch := range f.Arch {
			there[FileName(f.Name, arch)], there[ImageName(f.Name, arch)] = true, true
		}
	}
	for _, z := range packed {
		there[z.File], there[ImageName(z.Function, z.Arch)] = true, z.Image != nil
	}
	for _, z := range old.Zips {
		if !there[z.File] && z.File == FileName(z.Function, z.Arch) && c.unchanged(z.File, z.SHA256) {
			names = append(names, filepath.Join(c.Dist, z.File))
		}
		if m := z.Image; m != nil && !there[m.File] && m.File == ImageName(z.Function, z.Arch) && c.unchanged(m.File, m.SHA256) {
			names = append(names, filepath.Join(c.Dist, m.File))
		}
	}
	return names
}

// unchanged reports whether a file in the directory of the zips is the one that a manifest
// describes.
func (c Config) unchanged(file, sha256 string) bool {
	sum, _, err := digest.File(filepath.Join(c.Dist, file))
	return err == nil && sum == sha256
}

// kept returns the lines of the old manifest that are still valid.
func kept(c Config, old Manifest) []Zip {
	now := map[string]bool{}
	for _, in := range c.Inputs {
		now[FileName(in.Function.Name, in.Arch)] = true
	}
	var lines []Zip
	for _, f := range c.Project {
		for _, arch := range f.Arch {
			if z, ok := old.find(f.Name, arch); ok && !now[z.File] && c.unchanged(z.File, z.SHA256) {
				if z.Image != nil && !c.unchanged(z.Image.File, z.Image.SHA256) {
					z.Image = nil
				}
				lines = append(lines, z)
			}
		}
	}
	return lines
}

// packOne packs one input into the directory stage, unless the old manifest's zip is up to
// date.
func packOne(ctx context.Context, c Config, in Input, stage string, old Manifest) (z Zip, packed []string, err error) {
	entries := in.entries(c.Root)
	if err := checkEntries(entries); err != nil {
		return z, nil, err
	}
	z = Zip{
		Function: in.Function.Name, Kind: in.Function.Kind, Arch: in.Arch, Runtime: "provided." + string(in.Function.Runtime),
		File: FileName(in.Function.Name, in.Arch), Handlers: in.Function.Handlers, Toolchain: in.Toolchain,
	}
	if z.Content, z.Unzipped, err = ContentDigest(entries); err != nil {
		return z, nil, err
	}
	name := filepath.Join(c.Dist, z.File)
	before, ok := old.find(z.Function, z.Arch)
	z.SHA256, z.Size, err = digest.File(name)
	if !ok || before.Content != z.Content || err != nil || z.SHA256 != before.SHA256 {
		name = filepath.Join(stage, z.File)
		err := c.stored(ctx, name, zipInputs(z.Content),
			func() error { return Write(ctx, name, entries) },
			func() error { return hasContent(ctx, name, z.Content, z.Unzipped) })
		if err != nil {
			return z, nil, err
		}
		packed = append(packed, z.File)
		if z.SHA256, z.Size, err = digest.File(name); err != nil {
			return z, nil, err
		}
	}
	raw, _ := hex.DecodeString(z.SHA256) // which was encoded here
	z.CodeSha256 = base64.StdEncoding.EncodeToString(raw)
	if !c.Image(in.Function) && before.Image == nil {
		return z, packed, nil
	}
	m, made, err := imageOf(ctx, c, in, entries, z.Content, stage, before.Image)
	if err != nil {
		return z, nil, err
	}
	if z.Image = m; made {
		packed = append(packed, m.File)
	}
	return z, packed, nil
}

// Write makes the zip name from the entries, in order, by the rules of this
// package. The file appears complete or not at all.
func Write(ctx context.Context, name string, entries []Entry) error {
	if err := checkEntries(entries); err != nil {
		return err
	}
	return atomicfile.Write(name, 0o644, func(w io.Writer) error { return writeZip(ctx, w, entries) })
}
