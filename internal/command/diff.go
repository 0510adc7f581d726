package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/bootzip/bootzip/diff"
	"github.com/bootzip/bootzip/internal/hint"
)

// Diff explains in what two zips, or two programs, differ, and why they likely do.
// A and B are zips made by any tool, or two programs for Linux, macOS or
// Windows. Flags go behind them. It ends with status 0 if they are equal byte
// for byte, with 1 if they differ, and with 2 if one of them cannot be read.
func Diff(ctx context.Context,
	a, b string,
	format *string, // text (the default) or json
) error {
	how := choose(format, "", "text")
	if how != "text" && how != "json" {
		return misuse(fmt.Errorf("unknown format %q; use text or json", how))
	}
	r, err := diff.Any(ctx, a, b)
	if errors.Is(err, context.Canceled) {
		return failed(err)
	}
	if err != nil && strings.HasPrefix(a, "-") {
		err = hint.Wrap(err, "flags go behind the files: mage diff A.zip B.zip "+a)
	}
	if err != nil {
		return misuse(err)
	}
	if how == "json" {
		err = diff.WriteJSON(os.Stdout, []diff.Report{r})
	} else {
		err = diff.WriteText(os.Stdout, r)
	}
	if err == nil && !r.Equal {
		err = errors.New("the files differ")
	}
	return err
}
