package command

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/bootzip/bootzip/pipeline"
)

// takeImages splits args into images and the rest.
func takeImages(args []string) (rest []string, images []pipeline.ImageTarget) {
	for _, arg := range args {
		kind, name, _ := strings.Cut(arg, ":")
		switch {
		case kind == "oci" || kind == "oci-archive" || kind == "docker-archive":
			images = append(images, pipeline.ImageTarget{Path: name, Name: arg})
		case strings.HasPrefix(arg, pipeline.InRegistry) || isImage(arg):
			images = append(images, pipeline.ImageTarget{Path: arg})
		default:
			rest = append(rest, arg)
		}
	}
	return rest, images
}

// isImage reports whether an argument looks like an image.
func isImage(arg string) bool {
	return filepath.Ext(arg) == ".tar" && exists(arg) || exists(filepath.Join(arg, "oci-layout"))
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
