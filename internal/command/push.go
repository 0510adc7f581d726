package command

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/ociimage"
	"github.com/bootzip/bootzip/registry"
)

func (a *app) pushCommand() *cobra.Command {
	s := settings{verbose: &a.verbose}
	c := &cobra.Command{
		Use:   "push [FILE...] REFERENCE",
		Short: "Push a function's image to a registry",
		Long: `Push sends an image to a registry and prints the reference with its digest, to use in
Lambda. Without FILE it builds and packs the project's function and pushes its image;
FILE is one of dist/*.oci.tar. A single image is pushed unchanged. Images for both
architectures become an index, for platforms that choose from one. Lambda does not
accept an index: give --arch for it.

Push does not send again what the registry has. Credentials are those of docker login.`,
		Example: "  bootzip push --function=hello --arch=arm64 123456789012.dkr.ecr.eu-west-1.amazonaws.com/hello:v1\n" +
			"  bootzip push dist/hello-amd64.oci.tar dist/hello-arm64.oci.tar registry.example.com/hello:v1",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 && isFile(args[len(args)-1]) {
				return errors.New("missing argument REFERENCE")
			}
			return some("REFERENCE")(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			files, reference := args[:len(args)-1], args[len(args)-1]
			if len(files) > 0 && (s.function != "" || s.arch != "") {
				return misuse(fmt.Errorf("--function and --arch choose an image of the project: omit them with FILE"))
			}
			if err := registry.CheckReference(reference); err != nil {
				return misuse(err)
			}
			for _, file := range files {
				_, done, err := ociimage.Open(file, "")
				if err != nil {
					return misuse(err)
				}
				done()
			}
			if len(files) == 0 {
				s.images = true
				m, err := s.run(c.Context(), true)
				if err != nil {
					return err
				}
				for _, z := range m.zips {
					if z.Packed.Image == nil {
						continue
					}
					if z.Function.Name != m.zips[0].Function.Name {
						return misuse(hint.New("choose one with --function=NAME", "the project has several functions, but a reference is for one"))
					}
					files = append(files, filepath.Join(distDir, z.Packed.Image.File))
				}
				if len(files) == 0 {
					return misuse(hint.New("name a function with --function=NAME", "there is no image to push: layers and extensions have none"))
				}
			}
			pushed, err := registry.Push(c.Context(), registry.Config{}, reference, files...)
			if err != nil {
				return err
			}
			fmt.Println(pushed)
			return nil
		},
	}
	s.flags(c, "engine", "arch", "function")
	return c
}

// isFile reports whether an argument is a file, or looks like an archive, and so is not a
// reference.
func isFile(arg string) bool {
	info, err := os.Stat(arg)
	return err == nil && info.Mode().IsRegular() || filepath.Ext(arg) == ".tar"
}
