package command

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/diff"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/pipeline"
)

func (a *app) diffCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "diff A B",
		Short: "Explain how two zips, images or programs differ, and why",
		Long: `Diff explains how two zips, two images or two programs differ, and the likely causes.
A and B are zips or images made by any tool, or two programs for Linux, macOS or Windows.
It ends with status 0 if they are equal byte for byte, with 1 if they differ, and with 2
if one of them cannot be read. With --format=html it shows what takes up the space in
both, side by side, and what grew.`,
		Example: "  bootzip diff old.zip new.zip\n  bootzip diff old.zip new.zip --format=html > diff.html",
		Args:    named("A", "B"),
		RunE: func(c *cobra.Command, args []string) error {
			explain := diff.Files
			one, oneImage := imageFile(args[0])
			other, otherImage := imageFile(args[1])
			switch {
			case oneImage && otherImage:
				explain = pipeline.DiffImages
			case oneImage || otherImage:
				for _, name := range []string{one, other} {
					if _, err := os.Stat(name); err != nil {
						return misuse(err)
					}
				}
				return misuse(hint.New("compare an image with an image, or bootzip check each", "only one of %q and %q is an image", one, other))
			}
			r, err := explain(c.Context(), one, other)
			if errors.Is(err, context.Canceled) {
				return err
			}
			if err != nil {
				return misuse(err)
			}
			switch a.format {
			case "json":
				err = diff.WriteJSON(os.Stdout, []diff.Report{r})
			case "html":
				var parts [2]diff.Part
				for i, file := range args {
					if parts[i], err = sizesOf(c.Context(), file); err != nil {
						return err
					}
				}
				err = diff.WriteHTML(os.Stdout, r, parts[0], parts[1])
			default:
				err = diff.WriteText(os.Stdout, r)
			}
			if err == nil && !r.Equal {
				err = errors.New("the files differ")
			}
			return err
		},
	}
	choice(c, &a.format, "format", "text, json or html", "text", "json", "html")
	return c
}
