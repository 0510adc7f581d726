package sbom

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/licensecheck"
	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/regular"
)

// licenceFile matches the names of the files that hold a module's licence.
// Go's own files ("license.go") are left out elsewhere.
var licenceFile = regexp.MustCompile(`(?i)^(mit-)?(licen[cs]e|copying|unlicense)\b`)

// recognised is the least share of a file that must be known licence text, in
// percent. It is pkg.go.dev's own bound (pkg.go.dev/license-policy).
const recognised = 75

// maxLicence bounds how much of a file is read, in bytes.
const maxLicence = 1 << 20

// notSPDX are the names in licensecheck that are not SPDX's; a test checks the list.
// CycloneDX accepts only SPDX's as an id, and others as a name.
var notSPDX = []string{
	"Aladdin-9", "Anti996", "BSD-1-Clause-Clear", "BSD-3-Clause-NoTrademark", "CC-BY-NC-SA-3.0-US", "CommonsClause",
	"GPL-2.0-or-3.0", "GooglePatentClause", "GooglePatentsFile", "MIT-NoAd", "Prosperity-3.0.0",
}

// licences are what was found in a module's licence files.
type licences struct {
	ids     []string // sorted
	unknown bool     // a file was not recognised
}

// findLicences reads the licence files of a module in the cache. Its files
// must have the module's hash; without a hash, nothing is read.
func findLicences(ctx context.Context, cache string, m *debug.Module) (licences, error) {
	var l licences
	if cache == "" || m.Sum == "" {
		return l, nil
	}
	path, err := module.EscapePath(m.Path)
	if err != nil {
		return l, err
	}
	version, err := module.EscapeVersion(m.Version)
	if err != nil {
		return l, err
	}
	dir := filepath.Join(cache, filepath.FromSlash(path)+"@"+version)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return l, err
	}
	if err := ctx.Err(); err != nil {
		return l, err
	}
	sum, err := dirhash.HashDir(dir, m.Path+"@"+m.Version, dirhash.Hash1)
	if err != nil {
		return l, err
	}
	if sum != m.Sum {
		return l, hint.New("find out who changed it, then run `go clean -modcache`",
			"module %s@%s in the module cache has hash %s, but the program was built from %s", m.Path, m.Version, sum, m.Sum)
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !licenceFile.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		text, err := regular.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return l, fmt.Errorf("licence: %w", err)
		}
		found := licensecheck.Scan(text[:min(len(text), maxLicence)])
		if found.Percent < recognised {
			l.unknown = true
			continue
		}
		for _, m := range found.Match {
			l.ids = append(l.ids, m.ID)
		}
	}
	slices.Sort(l.ids)
	l.ids = slices.Compact(l.ids)
	return l, nil
}

func (l licences) choices(a cdx.LicenseAcknowledgement) *cdx.Licenses {
	var all cdx.Licenses
	for _, id := range l.ids {
		one := &cdx.License{ID: id, Acknowledgement: a}
		if slices.Contains(notSPDX, id) {
			one.ID, one.Name = "", id
		}
		all = append(all, cdx.LicenseChoice{License: one})
	}
	return &all
}

// evidence lists all licences that were found.
func (l licences) evidence() *cdx.Evidence {
	if len(l.ids) == 0 {
		return nil
	}
	return &cdx.Evidence{Licenses: l.choices("")}
}

// concluded returns the single licence. It returns nil if there are several, since files do
// not say whether one of them or all apply, or if a file was not recognised.
func (l licences) concluded() *cdx.Licenses {
	if len(l.ids) != 1 || l.unknown {
		return nil
	}
	return l.choices(cdx.LicenseAcknowledgementConcluded)
}
