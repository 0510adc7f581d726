package verify_test

import (
	"slices"
	"testing"

	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// withArch expects amd64 unless the options say otherwise; "any" accepts any
// architecture.
func withArch(o verify.Options) verify.Options {
	switch o.Arch {
	case "":
		o.Arch = project.AMD64
	case "any":
		o.Arch = ""
	}
	return o
}

func wantNothing(t *testing.T, r verify.Report) {
	t.Helper()
	if got := fired(r); len(got) > 0 || !r.OK() {
		t.Errorf("%v found something", got)
		logFindings(t, r)
	}
	if r.Count(verify.Pass) < 30 {
		t.Errorf("only %d checks passed", r.Count(verify.Pass))
	}
}

func TestNothingIsFoundInGoodZips(t *testing.T) {
	list := goodZips()
	if len(list) < 30 {
		t.Fatalf("%d good zips", len(list))
	}
	for _, c := range list {
		t.Run(c.name, func(t *testing.T) { wantNothing(t, check(t, c.zip(), withArch(c.options))) })
	}
}

func TestNothingIsFoundInGoodBootstraps(t *testing.T) {
	for _, c := range slices.Concat(goodBootstraps(), goodScripts()) {
		t.Run(c.name, func(t *testing.T) {
			f := boot()
			f.data = c.data()
			wantNothing(t, check(t, zspec{files: append([]zfile{f}, c.beside...)}.bytes(), withArch(c.options)))
		})
	}
}
