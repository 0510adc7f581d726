package sbom

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/licensecheck"
	"golang.org/x/mod/sumdb/dirhash"

	"github.com/bootzip/bootzip/internal/hint"
)

// cached makes a module cache with one module of these files.
func cached(t *testing.T, files map[string]string) (string, *debug.Module) {
	t.Helper()
	cache := t.TempDir()
	dir := filepath.Join(cache, "example.com", "!upper@v1.0.0")
	for name, text := range files {
		write1(t, filepath.Join(dir, filepath.FromSlash(name)), []byte(text))
	}
	m := &debug.Module{Path: "example.com/Upper", Version: "v1.0.0"}
	var err error
	if m.Sum, err = dirhash.HashDir(dir, m.Path+"@"+m.Version, dirhash.Hash1); err != nil {
		t.Fatal(err)
	}
	return cache, m
}

// text returns a licence's text from the module cache.
func text(t *testing.T, module, file string) string {
	t.Helper()
	return string(readFile(t, filepath.Join(command(t, ".", "list", "-m", "-f", "{{.Dir}}", module), file)))
}

func TestLicences(t *testing.T) {
	bsd, apache := text(t, "golang.org/x/mod", "LICENSE"), text(t, "github.com/CycloneDX/cyclonedx-go", "LICENSE")
	for name, c := range map[string]struct {
		files               map[string]string
		evidence, concluded string
	}{
		"none":               {map[string]string{"a.go": "package a"}, "", ""},
		"one":                {map[string]string{"LICENSE": bsd}, "BSD-3-Clause", "BSD-3-Clause"},
		"the same twice":     {map[string]string{"LICENSE": bsd, "COPYING.md": bsd}, "BSD-3-Clause", "BSD-3-Clause"},
		"two":                {map[string]string{"LICENSE-BSD": bsd, "licence.txt": apache}, "Apache-2.0 BSD-3-Clause", ""},
		"two in one":         {map[string]string{"LICENSE": bsd + apache}, "Apache-2.0 BSD-3-Clause", ""},
		"one unknown":        {map[string]string{"LICENSE": bsd, "LICENSE.other": "ask me"}, "BSD-3-Clause", ""},
		"unknown":            {map[string]string{"LICENSE": "ask me"}, "", ""},
		"mostly other words": {map[string]string{"LICENSE": bsd + strings.Repeat("and you must pay me a lot of money every year ", 100)}, "", ""},
		"Go's own files":     {map[string]string{"license.go": bsd, "license_test.go": bsd}, "", ""},
		"another name":       {map[string]string{"licenses.txt": bsd, "NOTICE": bsd}, "", ""},
		"below":              {map[string]string{"vendor/LICENSE": bsd}, "", ""},
	} {
		cache, m := cached(t, c.files)
		found, err := findLicences(context.Background(), cache, m)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var evidence *cdx.Licenses
		if e := found.evidence(); e != nil {
			evidence = e.Licenses
		}
		if got := ids(evidence); got != c.evidence {
			t.Errorf("%s: evidence of %q, want %q", name, got, c.evidence)
		}
		if got := ids(found.concluded()); got != c.concluded {
			t.Errorf("%s: concluded %q, want %q", name, got, c.concluded)
		}
	}
}

func ids(l *cdx.Licenses) string {
	var list []string
	if l != nil {
		for _, c := range *l {
			list = append(list, c.License.ID+c.License.Name)
		}
	}
	return strings.Join(list, " ")
}

// Nothing is stated about files other than those that the program was built from.
func TestTamperedModule(t *testing.T) {
	cache, m := cached(t, map[string]string{"LICENSE": text(t, "golang.org/x/mod", "LICENSE")})
	write1(t, filepath.Join(cache, "example.com", "!upper@v1.0.0", "more.go"), []byte("package more"))
	l, err := findLicences(context.Background(), cache, m)
	if err == nil || !strings.Contains(err.Error(), "has hash") || hint.Of(err) == "" || len(l.ids) > 0 {
		t.Errorf("%+v, %v", l, err)
	}

	// Without a hash, or a cache, there is nothing to compare with.
	for _, c := range []struct {
		cache string
		m     *debug.Module
	}{
		{cache, &debug.Module{Path: m.Path, Version: m.Version}},
		{"", m},
		{t.TempDir(), m},
	} {
		if l, err := findLicences(context.Background(), c.cache, c.m); err != nil || len(l.ids) > 0 {
			t.Errorf("%+v, %v", l, err)
		}
	}
}

// A name that SPDX does not have would make the document invalid.
func TestNamesThatAreNotSPDXs(t *testing.T) {
	dir := command(t, ".", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go")
	data, err := os.ReadFile(filepath.Join(dir, "schema", "spdx.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var spdx struct{ Enum []string }
	if err := json.Unmarshal(data, &spdx); err != nil {
		t.Fatal(err)
	}
	var not []string
	for _, l := range licensecheck.BuiltinLicenses() {
		if !slices.Contains(spdx.Enum, l.ID) {
			not = append(not, l.ID)
		}
	}
	slices.Sort(not)
	if not = slices.Compact(not); !slices.Equal(not, notSPDX) {
		t.Errorf("not in SPDX are %q, and the list says %q", not, notSPDX)
	}
	l := licences{ids: []string{"MIT", "MIT-NoAd"}}
	for _, c := range *l.evidence().Licenses {
		if (c.License.ID == "") == (c.License.Name == "") || c.License.ID == "MIT-NoAd" {
			t.Errorf("licence %+v", c.License)
		}
	}
}
