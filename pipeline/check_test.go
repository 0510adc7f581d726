package pipeline

import (
	"archive/zip"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// script makes a zip whose bootstrap is a shell script.
func script(t *testing.T, text string) (name string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "x.zip")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(f)
	h := &zip.FileHeader{Name: "bootstrap"}
	h.SetMode(0o755)
	b, err := w.CreateHeader(h)
	if err == nil {
		_, err = b.Write([]byte("#!/bin/sh\n" + text))
	}
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func TestBoot(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("functions run on Linux only")
	}
	name := script(t, "echo the table is missing\nexit 3\n")
	good := []verify.Result{{Status: verify.Pass}}
	for what, c := range map[string]struct {
		report verify.Report
		kind   verify.Kind
		status verify.Status
		detail string
	}{
		"program that leaves": {verify.Report{Results: good}, verify.KindFunction, verify.Fail, "exit status 3 (Runtime.ExitError); its last output: the table is missing"},
		"layer":               {verify.Report{Results: good}, verify.KindLayer, verify.Skip, "a layer is not started by itself"},
		"other checks failed": {verify.Report{}, verify.KindFunction, verify.Skip, "other checks failed"},
	} {
		z := Zip{Target: verify.Target{Path: name, Options: verify.Options{Kind: c.kind}}, Report: c.report}
		err := z.boot(context.Background(), CheckConfig{})
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		got := z.Report.Results[len(z.Report.Results)-1]
		if got.Status != c.status || got.Check.Layer != verify.Boot || !strings.Contains(got.Detail, c.detail) {
			t.Errorf("%s: %s: %s", what, got.Status, got.Detail)
		}
	}
	missing := Zip{Target: verify.Target{Path: "no/such.zip"}, Report: verify.Report{Results: good}}
	if err := missing.boot(context.Background(), CheckConfig{}); err == nil {
		t.Error("no error for a zip that is not there")
	}
}

// Without Boot nothing in a zip is run, and the report says so.
func TestCheckWithoutBoot(t *testing.T) {
	trace := filepath.Join(t.TempDir(), "trace")
	zips := []Zip{
		{Function: project.Function{Name: "a"}, Target: verify.Target{Path: script(t, "touch "+trace+"\n"), Options: verify.Options{Function: "a"}}},
		{Function: project.Function{Name: "b"}, Target: verify.Target{Path: script(t, "exit 1\n"), Options: verify.Options{Function: "b"}}},
	}
	checked, err := Check(context.Background(), CheckConfig{}, zips)
	if err != nil || len(checked) != len(zips) {
		t.Fatalf("%d zips, %v", len(checked), err)
	}
	for _, z := range checked {
		if z.Report.Function != z.Function.Name || !z.Report.OK() {
			t.Errorf("function %q has the report of %q, OK %v", z.Function.Name, z.Report.Function, z.Report.OK())
		}
		for _, x := range z.Report.Results {
			if x.Check.Layer == verify.Boot && x.Status != verify.Skip {
				t.Errorf("%s: boot check: %s", z.Function.Name, x.Status)
			}
		}
	}
	if _, err := os.Stat(trace); err == nil {
		t.Error("the function was started")
	}
	if zips[0].Report.Results != nil {
		t.Error("Check changed its argument")
	}
}

// A zip is found by function and architecture, wherever it stands.
func TestZipCarriesItsFunction(t *testing.T) {
	f := project.Function{Name: "hello", Runtime: project.AL2, Checks: []project.CheckRule{{ID: "elf-not-stripped"}}}
	packed := []pack.Zip{
		{Function: "hello", Arch: project.ARM64, File: "hello-arm64.zip"},
		{Function: "other", Arch: project.AMD64, File: "other-amd64.zip"},
		{Function: "hello", Arch: project.AMD64, File: "hello-amd64.zip"},
	}
	z, err := newZip(build.Unit{Function: f, Arch: project.AMD64}, ".", "dist", packed)
	if err != nil {
		t.Fatal(err)
	}
	o := z.Target.Options
	if z.Packed.File != "hello-amd64.zip" || z.Target.Path != filepath.Join("dist", "hello-amd64.zip") || z.Function.Name != "hello" ||
		o.Function != "hello" || o.Arch != project.AMD64 || o.Runtime != project.AL2 || len(o.Rules) != 1 || o.Strict {
		t.Errorf("got %+v", z)
	}
	if _, err := newZip(build.Unit{Function: project.Function{Name: "none"}, Arch: project.AMD64}, ".", "dist", packed); err == nil {
		t.Error("a function without a zip is no error")
	}
}

func TestLayersAreThoseOfTheArchitecture(t *testing.T) {
	f := project.Function{Layers: []string{"layers/a-${arch}.zip", "b.zip"}}
	want := []string{filepath.Join("root", "layers", "a-arm64.zip"), filepath.Join("root", "b.zip")}
	if got := Layers(f, project.ARM64, "root"); !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
}
