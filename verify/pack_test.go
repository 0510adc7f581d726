package verify_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// packed packs a bootstrap and one asset and returns the zip, or nil if pack refuses
// them.
func packed(t testing.TB, bootstrap []byte, name string, asset []byte) []byte {
	t.Helper()
	root := t.TempDir()
	dist := filepath.Join(root, "dist")
	if err := os.Mkdir(dist, 0o755); err != nil {
		t.Fatal(err)
	}
	for file, b := range map[string][]byte{"program": bootstrap, "asset": asset} {
		if err := os.WriteFile(filepath.Join(root, file), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := project.Function{Name: "hello", Assets: []project.Asset{{Source: "asset", Name: name}}}
	zips, err := pack.Pack(context.Background(), pack.Config{Root: root, Dist: dist,
		Inputs: []pack.Input{{Function: f, Arch: project.AMD64, Bootstrap: filepath.Join(root, "program")}}})
	if err != nil {
		return nil
	}
	b, err := os.ReadFile(filepath.Join(dist, zips[0].File))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestNothingIsFoundInWhatPackWrites(t *testing.T) {
	for name, asset := range map[string][]byte{"web/a.txt": []byte("a"), "web/empty": {}, "naïve": []byte("n"), "big": content(1<<20 + 7)} {
		b := packed(t, boot().data, name, asset)
		r := check(t, b, verify.Options{Arch: project.AMD64})
		if got := fired(r); b == nil || len(got) > 0 || !r.OK() {
			t.Errorf("%s: %v found something", name, got)
			logFindings(t, r)
		}
	}
}

// content returns n bytes that compress a little.
func content(n int) []byte {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x>>24) & 0x3f
	}
	return b
}

// What verify accepts from pack is in the one form that pack writes: if it is unpacked and
// packed again, the bytes are the same.
func FuzzPackedAgainGivesTheSameBytes(f *testing.F) {
	f.Add(boot().data, "web/a.txt", []byte("an asset"))
	f.Add([]byte("#!/bin/sh\n:\n"), "naïve", []byte{})
	f.Add([]byte("text"), "..", []byte("x"))
	f.Fuzz(func(t *testing.T, bootstrap []byte, name string, asset []byte) {
		first := packed(t, bootstrap, name, asset)
		if first == nil {
			return
		}
		r := check(t, first, verify.Options{Arch: project.AMD64})
		for _, x := range r.Results {
			if x.Status == verify.Fail && x.Check.Layer == verify.Structure {
				t.Fatalf("%s: %s", x.Check.ID, x.Detail)
			}
		}
		if !r.OK() {
			return
		}
		z, err := zip.NewReader(bytes.NewReader(first), int64(len(first)))
		if err != nil || len(z.File) != 2 || z.File[0].Name != "bootstrap" || z.File[1].Name != name {
			t.Fatalf("the zip holds something else: %v", err)
		}
		again := packed(t, contentOf(t, z.File[0]), z.File[1].Name, contentOf(t, z.File[1]))
		if !bytes.Equal(first, again) {
			t.Fatal("packed again, the bytes differ")
		}
	})
}

func contentOf(t *testing.T, f *zip.File) []byte {
	t.Helper()
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
