package command

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/pipeline"
)

// takeImages splits args into images and the rest.
func takeImages(args []string) (rest []string, images []pipeline.ImageTarget) {
	for _, arg := range args {
		if file, ok := imageFile(arg); ok || strings.HasPrefix(arg, pipeline.InRegistry) {
			images = append(images, pipeline.ImageTarget{Path: file, Name: arg})
		} else {
			rest = append(rest, arg)
		}
	}
	return rest, images
}

// imageFile returns the file or directory of an argument that may begin with oci: and the
// like, and reports whether it is or looks like an image.
func imageFile(arg string) (file string, ok bool) {
	if kind, name, _ := strings.Cut(arg, ":"); name != "" && slices.Contains([]string{"oci", "oci-archive", "docker-archive"}, kind) {
		return name, true
	}
	return arg, filepath.Ext(arg) == ".tar" && exists(arg) || exists(filepath.Join(arg, "oci-layout"))
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
