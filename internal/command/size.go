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
		Short: "Show what takes the space of a zip, an image or a program",
		Long: `Size shows what takes the space of a zip, an image or a program: the files, and of a
program its sections. Code of Go is divided by module and package, also where the program is
stripped; that of other programs by object, if the symbol table is there. As text, it leaves
out what has less than one per cent, unless --verbose is given. As a page it has a treemap.`,
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

// sizesOf measures what takes the space of a file. A file that cannot be read is a misuse.
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
