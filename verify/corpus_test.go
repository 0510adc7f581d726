package verify_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// check checks the bytes of a zip.
func check(t testing.TB, b []byte, o verify.Options) verify.Report {
	t.Helper()
	path := filepath.Join(t.TempDir(), "function.zip")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := verify.File(context.Background(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// fired lists the checks that found something, each of them once.
func fired(r verify.Report) []string {
	var ids []string
	for _, x := range r.Results {
		if x.Status == verify.Fail || x.Status == verify.Warn {
			ids = append(ids, x.Check.ID)
		}
	}
	return slices.Compact(ids)
}

func badZips() []badzip {
	return slices.Concat(badStructures(), badEntries(), badLayouts())
}

func kindOf(layer bool) verify.Kind {
	if layer {
		return verify.KindLayer
	}
	return verify.KindFunction
}

func TestEachBadZipIsFoundByItsCheckAlone(t *testing.T) {
	list := badZips()
	if len(list) < 60 {
		t.Fatalf("%d bad zips", len(list))
	}
	for _, c := range list {
		t.Run(c.name, func(t *testing.T) {
			r := check(t, c.zip(), verify.Options{Arch: project.AMD64, Kind: kindOf(c.layer)})
			got := slices.DeleteFunc(fired(r), func(id string) bool { return id == c.also })
			if !slices.Equal(got, []string{c.id}) {
				t.Errorf("%v found something; %s should have, alone", got, c.id)
				logFindings(t, r)
			}
			wantFail(t, r, c.id)
		})
	}
}

// wantFail checks that the report fails if the severity of the check is fail.
func wantFail(t *testing.T, r verify.Report, id string) {
	t.Helper()
	c, ok := verify.CheckByID(id)
	if !ok {
		t.Fatalf("no check %q", id)
	}
	if want := c.Severity != verify.SeverityFail; r.OK() != want {
		t.Errorf("OK is %v", r.OK())
	}
}

func logFindings(t *testing.T, r verify.Report) {
	t.Helper()
	for _, x := range r.Results {
		if x.Status == verify.Fail || x.Status == verify.Warn {
			t.Logf("%s %s: %s: %s", x.Status, x.Check.ID, x.File, x.Detail)
		}
	}
}

func TestEachBadBootstrapIsFoundByItsCheckAlone(t *testing.T) {
	list := badBootstraps()
	if len(list) < 40 {
		t.Fatalf("%d bad bootstraps", len(list))
	}
	for _, c := range list {
		t.Run(c.name, func(t *testing.T) {
			o := c.options
			if o.Arch == "" {
				o.Arch = project.AMD64
			}
			f := boot()
			f.data = c.data()
			r := check(t, zspec{files: append([]zfile{f}, c.beside...)}.bytes(), o)
			if got := fired(r); !slices.Equal(got, []string{c.id}) {
				t.Errorf("%v found something; %s should have, alone", got, c.id)
				logFindings(t, r)
			}
			wantFail(t, r, c.id)
		})
	}
}

// Every check must be able to find something; otherwise its pass means nothing.
// size-upload, size-budget and the limit on names have tests of their own, and the boot
// check is run elsewhere.
func TestEachCheckIsFiredByTheCorpus(t *testing.T) {
	seen := map[string]bool{"size-upload": true, "zip-too-many-names": true, "boot-answers": true, "size-budget": true}
	for _, c := range badZips() {
		seen[c.id] = true
	}
	for _, c := range badBootstraps() {
		seen[c.id] = true
	}
	for _, c := range verify.Checks() {
		if c.Layer == verify.Deploy || c.Layer == verify.InImage {
			continue // package pipeline runs those of deploy files; TestBadImages has images
		}
		if !seen[c.ID] {
			t.Errorf("nothing in the corpus is found by %s", c.ID)
		}
	}
}

// Libraries of a zip that is too large are read up to Lambda's limit, and not beyond it.
func TestLibrariesAreReadWithinTheLimit(t *testing.T) {
	const size = 200 << 20
	program := dynamicELF()
	z := zspec{files: []zfile{{}}}
	for _, name := range []string{"liba.so", "libb.so", "libd.so"} {
		program.needed = append(program.needed, name)
		f := sharedLibrary("lib/"+name, elfspec{})
		f.raw, f.local, f.central = deflated(f.data), flip32(22, size), flip32(24, size)
		z.files = append(z.files, f)
	}
	z.files[0] = zfile{name: "bootstrap", data: program.bytes(), mode: 0o100755}
	r := check(t, z.bytes(), dynamicAllowed)
	var unread []string
	for _, c := range r.Results {
		if strings.Contains(c.Detail, "was not looked at") {
			unread = append(unread, c.Detail)
		}
	}
	if len(unread) != 2 || !strings.Contains(unread[0], `"lib/libb.so"`) {
		t.Errorf("not looked at: %q", unread)
	}
}
