package command

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/bootzip/bootzip/internal/tempdir"
	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/registry"
)

// takeImages splits args into images and the rest. remove removes what was fetched for the
// images.
func takeImages(ctx context.Context, args []string) (rest []string, images []pipeline.ImageTarget, remove func(), err error) {
	var fetched []*tempdir.Dir
	remove = func() {
		for _, d := range fetched {
			_ = d.Remove()
		}
	}
	defer func() {
		if err != nil {
			remove()
		}
	}()
	for _, arg := range args {
		kind, name, _ := strings.Cut(arg, ":")
		switch {
		case kind == "oci" || kind == "oci-archive" || kind == "docker-archive":
			images = append(images, pipeline.ImageTarget{Path: name, Name: arg})
		case strings.HasPrefix(arg, "docker://"):
			dir, err := tempdir.New("", "bootzip-image")
			if err != nil {
				return nil, nil, remove, err
			}
			fetched = append(fetched, dir)
			if err := registry.Fetch(ctx, registry.Config{}, strings.TrimPrefix(arg, "docker://"), dir.Path); err != nil {
				return nil, nil, remove, err
			}
			images = append(images, pipeline.ImageTarget{Path: dir.Path, Name: arg})
		case isImage(arg):
			images = append(images, pipeline.ImageTarget{Path: arg})
		default:
			rest = append(rest, arg)
		}
	}
	return rest, images, remove, nil
}

// isImage reports whether an argument looks like an image.
func isImage(arg string) bool {
	return filepath.Ext(arg) == ".tar" && exists(arg) || exists(filepath.Join(arg, "oci-layout"))
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
