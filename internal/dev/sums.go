package dev

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/magefile/mage/mg"

	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/release"
)

// Sums compares the files in dist with a SHA256SUMS, such as that of a second build of the same release.
// FILE has lines as sha256sum writes them. It ends with status 1 if a file in it
// differs or is missing; other files are ignored.
func Sums(ctx context.Context,
	file string,
	folder *string, // where the files are; default: dist
	except *string, // files that may differ but not be missing, with commas: those that record how a build was made
) error {
	lines, err := release.ReadSums(file)
	if err != nil {
		return misuse(err)
	}
	bad := 0
	var rows []string
	may := strings.Split(value(except, ""), ",")
	for _, l := range lines {
		sum, _, err := digest.File(filepath.Join(value(folder, "dist"), filepath.FromSlash(l.Name)))
		verdict := "same"
		switch {
		case errors.Is(err, fs.ErrNotExist):
			sum, verdict, bad = "-", "MISSING: "+l.SHA256, bad+1
		case err != nil:
			return err
		case sum == l.SHA256:
		case slices.Contains(may, l.Name):
			verdict = "may differ"
		default:
			verdict, bad = "DIFFERS: "+l.SHA256, bad+1
		}
		rows = append(rows, l.Name+"  "+sum+"  "+verdict)
	}
	if _, err := fmt.Println(strings.Join(rows, "\n")); err != nil {
		return err
	}
	if bad > 0 {
		return mg.Fatal(1, withHint(hint.New("bootzip diff A.zip B.zip says why two zips differ", "%d of %d files differ from %s", bad, len(lines), file)))
	}
	return nil
}
