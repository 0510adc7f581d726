package release

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/release/attest"
	"github.com/bootzip/bootzip/release/program"
	"github.com/bootzip/bootzip/release/sbom"
	"github.com/bootzip/bootzip/verify"
)

// sbomFile returns the name of the SBOM of a zip, an image or an executable.
func sbomFile(name string) string {
	for _, suffix := range []string{".zip", ".tar", ".exe"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return name + ".cdx.json"
}

// describe writes the SBOMs, statements, page and sums of the zips, images and
// executables, and returns all files of the release.
func (c Config) describe(ctx context.Context, r Release, zips []pipeline.Zip, reports []verify.Report, executables []program.Executable) ([]File, error) {
	stage := c.Build.Dist
	materials, err := build.MaterialsOf(ctx, c.Build)
	if err != nil {
		return nil, err
	}
	manifest, err := pack.ReadManifest(stage)
	if err != nil {
		return nil, err
	}
	var files []File
	add := func(name string, executable bool) error {
		f, err := fileOf(stage, name)
		f.Executable = executable
		files = append(files, f)
		return err
	}
	// emit writes and adds a file with data, unless making data gave an error.
	emit := func(name string, data []byte, err error) error {
		if err != nil {
			return err
		}
		return errors.Join(atomicfile.WriteBytes(filepath.Join(stage, name), 0o644, data), add(name, false))
	}
	bill := func(name, of string, image *sbom.Image, toolchain string, packages []string) error {
		data, err := sbom.Make(ctx, sbom.Config{
			File: filepath.Join(stage, of), Name: name, Image: image, Version: r.version, BootzipVersion: c.BootzipVersion,
			Time: r.time, Supplier: sbom.Supplier{Name: attest.Owner(c.Repository), URL: c.Repository},
			Toolchain: toolchain, Packages: packages, ModuleCache: c.ModuleCache,
		})
		return emit(sbomFile(name), data, err)
	}
	var bases []attest.Base
	for _, made := range zips {
		z := made.Packed
		if err := errors.Join(add(z.File, false), bill(z.File, z.File, nil, z.Toolchain, materials.Packages)); err != nil {
			return nil, err
		}
		if z.Image == nil {
			continue
		}
		image := imageBill(z, made.Function)
		if err := errors.Join(add(z.Image.File, false), bill(z.Image.File, z.File, image, z.Toolchain, materials.Packages)); err != nil {
			return nil, err
		}
		if b := image.Base; b != nil && !slices.Contains(bases, attest.Base(*b)) {
			bases = append(bases, attest.Base(*b))
		}
	}
	for _, e := range executables {
		// They do not depend on the build image.
		if err := errors.Join(add(e.Name, true), bill(e.Name, e.Name, nil, "", nil)); err != nil {
			return nil, err
		}
	}
	if err := add(pack.ManifestFile, false); err != nil {
		return nil, err
	}

	provenance := attest.Provenance{
		Repository: c.Repository, Tag: r.Tag, Commit: r.Commit, Folder: filepath.ToSlash(r.folder),
		Packer: manifest.Packer, BootzipVersion: c.BootzipVersion, Materials: materials, Bases: bases, Functions: project.Names(c.Build.Functions),
	}
	for _, f := range files {
		provenance.Subjects = append(provenance.Subjects, attest.Subject{Name: f.Name, SHA256: f.SHA256})
	}
	data, err := attest.EncodeProvenance(provenance)
	if err := emit(attest.ProvenanceFile, data, err); err != nil {
		return nil, err
	}
	config, err := configSubject(c.Build.Root)
	if err != nil {
		return nil, err
	}
	data, err = attest.TestResult(attest.TestResultConfig{Reports: reports, Config: config, BootzipVersion: c.BootzipVersion})
	if err := emit(attest.TestResultFile, data, err); err != nil {
		return nil, err
	}
	data, err = page(reports, provenance)
	if err := emit(pageFile, data, err); err != nil {
		return nil, err
	}

	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	if err := writeSums(stage, files); err != nil {
		return nil, err
	}
	err = add(sumsFile, false)
	return files, err
}

// pageFile is the page with the reports of a release.
const pageFile = "report.html"

// page returns the reports and the provenance as a page.
func page(reports []verify.Report, p attest.Provenance) ([]byte, error) {
	m := p.Materials
	from := verify.Section{Title: "Provenance", Rows: [][2]string{{"repository", p.Repository}, {"tag", p.Tag}, {"commit", p.Commit}}}
	add := func(name, value string) {
		if value != "" {
			from.Rows = append(from.Rows, [2]string{name, value})
		}
	}
	add("engine", m.Engine)
	for _, t := range m.Toolchains {
		add("toolchain", strings.TrimSpace(t.Version+" "+t.Sum))
	}
	add("base image", m.BaseImage)
	add("image recipe", m.ImageRecipe)
	add("packer", p.Packer)
	add("bootzip", p.BootzipVersion)
	hashes := verify.Section{Title: "SHA-256"}
	for _, s := range p.Subjects {
		hashes.Rows = append(hashes.Rows, [2]string{s.Name, s.SHA256})
	}
	var b bytes.Buffer
	err := verify.WriteHTML(&b, reports, from, hashes)
	return b.Bytes(), err
}

// configSubject returns bootzip.yaml, or the zero value if there is none.
func configSubject(root string) (attest.Subject, error) {
	f, err := fileOf(root, project.ConfigFile)
	if errors.Is(err, fs.ErrNotExist) {
		return attest.Subject{}, nil
	}
	return attest.Subject{Name: f.Name, SHA256: f.SHA256}, err
}

func (c Config) tell(stage, text string) {
	if c.Build.Progress != nil {
		c.Build.Progress(build.Event{Stage: stage, Text: text})
	}
}

// imageBill returns what the SBOM of an image lists besides the files of the zip.
func imageBill(z pack.Zip, f project.Function) *sbom.Image {
	m := &sbom.Image{SHA256: z.Image.SHA256, Digest: z.Image.Digest}
	if z.Image.Base != "" {
		m.Base = &sbom.ImageBase{Reference: f.ImageBase, Arch: string(z.Arch), Digest: z.Image.Base}
	}
	if f.ImageCertificates {
		m.Certificates = pack.Certificates
	}
	if f.ImageZones {
		m.Zones = pack.Zones
	}
	return m
}
