package targets

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/magefile/mage/mg"

	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/internal/hint"
)

// Sums compares the files in dist with a SHA256SUMS, e.g. that of somebody else's build of the same release.
// FILE has lines as sha256sum writes them. It ends with status 1 if a file that it names
// differs or is missing; files that it does not name are not looked at.
func Sums(ctx context.Context,
	file string,
	folder *string, // where the files are; default: dist
	except *string, // files that may differ, with commas: what says how a build was made
) error {
	lines, err := readSums(file)
	if err != nil {
		return misuse(err)
	}
	bad := 0
	rows := [][]string{{"FILE", "SHA256", ""}}
	may := strings.FieldsFunc(choose(except, "", ""), isComma)
	for _, l := range lines {
		sum, _, err := digest.File(filepath.Join(choose(folder, "", distFolder), filepath.FromSlash(l.name)))
		verdict := "same"
		switch {
		case errors.Is(err, fs.ErrNotExist):
			sum, verdict = "-", "MISSING: "+l.sum
		case err != nil:
			return err
		case sum != l.sum:
			verdict = "DIFFERS: " + l.sum
		}
		if verdict != "same" {
			if slices.Contains(may, l.name) {
				verdict = "may differ"
			} else {
				bad++
			}
		}
		rows = append(rows, []string{l.name, sum, verdict})
	}
	if err := table(rows); err != nil {
		return err
	}
	if bad > 0 {
		return mg.Fatal(1, withHint(hint.New("mage diff A.zip B.zip says why two zips differ", "%d of %d files are not as in %s", bad, len(lines), file)))
	}
	return nil
}

type sumLine struct{ sum, name string }

// readSums reads lines of a digest, a blank, a second blank or a '*', and a
// name (GNU coreutils manual, "cksum output modes").
func readSums(file string) ([]sumLine, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var all []sumLine
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\r\n")
		sum, name, ok := strings.Cut(line, " ")
		raw, err := hex.DecodeString(sum)
		name = strings.TrimPrefix(strings.TrimPrefix(name, " "), "*")
		if !ok || err != nil || len(raw) != sha256.Size || !filepath.IsLocal(filepath.FromSlash(name)) || !isPlain(name) {
			return nil, hint.New("its lines are a SHA-256, two blanks, and the name of a file", "%s: line %q is no checksum", file, line)
		}
		all = append(all, sumLine{strings.ToLower(sum), name})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: no checksum is in it", file)
	}
	return all, nil
}

// isPlain is false for a name that a terminal would act on, or that is no
// text. (Those of a release are plain; sha256sum quotes others.)
func isPlain(name string) bool {
	return utf8.ValidString(name) && !strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsPrint(c) })
}
