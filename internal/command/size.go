package command

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/diff"
	"github.com/bootzip/bootzip/pipeline"
)

func (a *app) sizeCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "size FILE",
		Short: "Show what takes up the space in a zip, an image or a program",
		Long: `Size shows what takes up the space in a zip, an image or a program: the files, and the
sections of programs. Go code is divided by module and package, even if the program is
stripped; other code by object, if there is a symbol table. The text leaves out parts
below one per cent, unless --verbose is given. --format=html writes a page with a treemap.`,
		Example: "  bootzip size dist/hello-arm64.zip\n  bootzip size dist/hello-arm64.zip --format=html > size.html",
		Args:    named("FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			p, err := sizesOf(c.Context(), args[0])
			if err != nil {
				return err
			}
			switch a.format {
			case "json":
				return diff.WriteSizesJSON(os.Stdout, p)
			case "html":
				return diff.WriteSizesHTML(os.Stdout, p)
			}
			return diff.WriteSizesText(os.Stdout, p, a.verbose)
		},
	}
	choice(c, &a.format, "format", "text, json or html", "text", "json", "html")
	return c
}

// sizesOf measures what takes up the space in a file. A file that cannot be read is a misuse.
func sizesOf(ctx context.Context, file string) (diff.Part, error) {
	measure := diff.Sizes
	file, image := imageFile(file)
	if image {
		measure = pipeline.ImageSizes
	}
	p, err := measure(ctx, file)
	if err != nil && !errors.Is(err, context.Canceled) {
		err = misuse(err)
	}
	return p, err
}
