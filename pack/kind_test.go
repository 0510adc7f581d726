package pack

import (
	"archive/zip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/bootzip/bootzip/project"
)

// An extension's program is where Lambda looks for it, and a layer has only its
// assets. Zips of functions that are gone are removed, unless they were changed.
func TestKinds(t *testing.T) {
	root := t.TempDir()
	dist := filepath.Join(root, "dist")
	put(t, filepath.Join(root, "program"), "#!/bin/sh\n")
	put(t, filepath.Join(root, "lib.so"), "x")
	functions := []project.Function{
		{Name: "tracer", Kind: project.KindExtension, Arch: []project.Arch{project.AMD64}, Runtime: project.AL2023, Assets: []project.Asset{{Source: "lib.so", Name: "lib/lib.so"}}},
		{Name: "more", Kind: project.KindLayer, Arch: []project.Arch{project.AMD64}, Runtime: project.AL2023, Assets: []project.Asset{{Source: "lib.so", Name: "lib/lib.so"}}},
		{Name: "old", Arch: []project.Arch{project.AMD64}, Runtime: project.AL2023},
		{Name: "mine", Arch: []project.Arch{project.AMD64}, Runtime: project.AL2023},
	}
	c := Config{Root: root, Dist: dist, Project: functions}
	if err := os.Mkdir(dist, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, f := range functions {
		in := Input{Function: f, Arch: project.AMD64}
		if f.Kind != project.KindLayer {
			in.Bootstrap = filepath.Join(root, "program")
		}
		c.Inputs = append(c.Inputs, in)
	}
	zips, err := Pack(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]string{{"extensions/tracer 0755", "lib/lib.so 0644"}, {"lib/lib.so 0644"}, {"bootstrap 0755"}, {"bootstrap 0755"}} {
		if got := names(t, filepath.Join(dist, zips[i].File)); !slices.Equal(got, want) {
			t.Errorf("%s has %q, want %q", zips[i].File, got, want)
		}
		if zips[i].Kind != functions[i].Kind {
			t.Errorf("%s is of kind %q", zips[i].File, zips[i].Kind)
		}
	}
	put(t, filepath.Join(dist, "mine-amd64.zip"), "changed by hand")
	c.Project, c.Inputs = functions[:2], c.Inputs[:1]
	if _, err := Pack(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dist, "*.zip"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range left {
		left[i] = filepath.Base(left[i])
	}
	if want := []string{"mine-amd64.zip", "more-amd64.zip", "tracer-amd64.zip"}; !slices.Equal(left, want) {
		t.Errorf("left are %q, want %q", left, want)
	}
}

func names(t *testing.T, file string) (all []string) {
	t.Helper()
	r, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, f := range r.File {
		all = append(all, fmt.Sprintf("%s %04o", f.Name, f.Mode().Perm()))
	}
	return all
}
