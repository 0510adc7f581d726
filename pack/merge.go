package pack

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/regular"
	"github.com/bootzip/bootzip/project"
)

// A Part is a directory with zips and their manifest, and the functions to take from it.
type Part struct {
	Dir       string
	Functions []string
}

// Merge copies zips and images of the parts into the directory dist, and writes the
// manifest that packing them together would write. It refuses files that differ from their
// manifest, a function that is in two parts or lacks one of its architectures, and parts of
// different packers; then dist is unchanged. The caller holds the lock on dist.
func Merge(ctx context.Context, dist string, functions []project.Function, parts []Part) ([]Zip, error) {
	stage, err := atomicfile.Begin(dist)
	if err != nil {
		return nil, err
	}
	defer stage.Remove()
	var merged Manifest
	var files []atomicfile.File
	from := map[string]string{} // directories, by function
	for i, part := range parts {
		m, err := ReadManifest(part.Dir)
		if err != nil {
			return nil, err
		}
		if i > 0 && m.Packer != merged.Packer {
			return nil, hint.New("make all of them with one version of bootzip", "%s was packed by %q, and %s by %q", parts[0].Dir, merged.Packer, part.Dir, m.Packer)
		}
		merged.Packer = m.Packer
		for _, name := range part.Functions {
			if other, twice := from[name]; twice {
				return nil, hint.New("give each shard once", "function %q is in %s and in %s", name, other, part.Dir)
			}
			from[name] = part.Dir
			index := slices.IndexFunc(functions, func(f project.Function) bool { return f.Name == name })
			if index < 0 {
				return nil, hint.New("merge in the project that was built", "function %q of %s is not in this project", name, part.Dir)
			}
			for _, arch := range functions[index].Arch {
				z, ok := m.find(name, arch)
				if !ok || z.File != FileName(name, arch) || z.Image != nil && z.Image.File != ImageName(name, arch) {
					return nil, hint.New("package it again, for all of its architectures", "%s has no zip of function %q for %s", part.Dir, name, arch)
				}
				take := map[string]string{z.File: z.SHA256}
				if z.Image != nil {
					take[z.Image.File] = z.Image.SHA256
				}
				for file, sha256 := range take {
					if err := copyFile(ctx, filepath.Join(part.Dir, file), filepath.Join(stage.Path, file), sha256); err != nil {
						return nil, err
					}
					files = append(files, atomicfile.File{From: filepath.Join(stage.Path, file), To: filepath.Join(dist, file), Mode: 0o644})
				}
				merged.Zips = append(merged.Zips, z)
			}
		}
	}
	if err := merged.write(stage.Path); err != nil {
		return nil, err
	}
	files = append(files, atomicfile.File{From: filepath.Join(stage.Path, ManifestFile), To: filepath.Join(dist, ManifestFile), Mode: 0o644})
	return merged.Zips, stage.Commit(files...)
}

// copyFile copies a file whose digest must be sha256.
func copyFile(ctx context.Context, from, to, sha256 string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	data, err := regular.ReadFile(from)
	if err != nil {
		return hint.Wrap(err, "keep the zips next to their manifest.json")
	}
	if err := os.WriteFile(to, data, 0o644); err != nil {
		return err
	}
	if got, _, err := digest.File(to); err != nil || got != sha256 {
		return hint.Wrap(fmt.Errorf("%s is not the file that its manifest.json describes", from), "package it again")
	}
	return nil
}
