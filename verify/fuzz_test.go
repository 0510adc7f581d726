package verify_test

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"testing"

	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// maxMemory is how many bytes checking one zip may allocate in total, in addition to the
// size of its input.
const maxMemory = 64 << 20

// checkBounded checks a zip, and fails if that allocates too much memory.
func checkBounded(t *testing.T, b []byte, o verify.Options) verify.Report {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := verify.ReaderAt(context.Background(), "fuzz", bytes.NewReader(b), int64(len(b)), o)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > maxMemory+uint64(len(b)) {
		t.Fatalf("%d bytes allocated for a zip of %d", used, len(b))
	}
	if len(r.Results) < zipChecks {
		t.Fatalf("%d results of %d checks", len(r.Results), zipChecks)
	}
	return r
}

// zipChecks is how many checks there are for a zip.
var zipChecks = len(slices.DeleteFunc(verify.Checks(), func(c verify.Check) bool { return c.Layer == verify.Deploy || c.Layer == verify.InImage }))

// FuzzZip gives arbitrary bytes to the reader of zips. What it accepts, archive/zip must
// read in the same way.
func FuzzZip(f *testing.F) {
	for _, c := range badZips() {
		if b := c.zip(); len(b) < 1<<16 {
			f.Add(b)
		}
	}
	for _, c := range goodZips() {
		if b := c.zip(); len(b) < 1<<16 {
			f.Add(b)
		}
	}
	f.Add(smallZip())
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, kind := range []verify.Kind{verify.KindFunction, verify.KindLayer} {
			if r := checkBounded(t, b, verify.Options{Kind: kind}); r.OK() {
				compareViews(t, "fuzz", ownView(t, b), goView(t, b))
			}
		}
	})
}

// FuzzBootstrap gives arbitrary bytes to the reader of programs, as the bootstrap of a
// good zip.
func FuzzBootstrap(f *testing.F) {
	for _, c := range badBootstraps() {
		f.Add(c.data())
	}
	for _, c := range goodBootstraps() {
		f.Add(c.data())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		program := boot()
		program.data, program.store = b, true
		zip := function().files[:0]
		zip = append(zip, program, sharedLibrary("lib/libfoo.so.1", elfspec{}))
		r := checkBounded(t, zspec{files: zip}.bytes(), verify.Options{Arch: project.AMD64, Dynamic: true})
		for _, x := range r.Results {
			if x.Status == verify.Fail && x.Check.Layer == verify.Structure {
				t.Fatalf("%s: %s", x.Check.ID, x.Detail)
			}
		}
	})
}
