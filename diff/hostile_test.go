package diff_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/bootzip/bootzip/diff"
	"github.com/bootzip/bootzip/internal/hint"
)

// compareWithin compares two zips that may be broken, and checks what holds
// for any report and any error.
func compareWithin(t *testing.T, dir string, x, y []byte) {
	t.Helper()
	a, b := filepath.Join(dir, "a.zip"), filepath.Join(dir, "b.zip")
	for name, data := range map[string][]byte{a: x, b: y} {
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r, err := diff.Files(context.Background(), a, b)
	if err != nil {
		if hint.Of(err) == "" {
			t.Fatalf("error without a hint: %v", err)
		}
		return
	}
	if r.Equal != bytes.Equal(x, y) || r.Equal != (len(r.Layers) == 0) {
		t.Fatalf("equal %v with %d layers", r.Equal, len(r.Layers))
	}
	fields := 0
	for _, l := range r.Layers {
		fields += len(l.Fields)
		for _, f := range l.Fields {
			if len(f.Name) > 400 || len(f.A) > 500 || len(f.B) > 500 {
				t.Fatalf("long field %+v", f)
			}
		}
	}
	if fields > 100 {
		t.Fatalf("%d fields", fields)
	}
	if len(text(t, r)) > 1<<20 {
		t.Fatal("the text is large")
	}
}

// smallZip is a zip with each kind of entry, small enough to change each byte.
func smallZip(t testing.TB) []byte {
	elf := make([]byte, 64+2*64)
	copy(elf, "\x7fELF\x02\x01\x01")
	elf[16], elf[18], elf[40], elf[58], elf[60], elf[62] = 2, 62, 64, 64, 2, 1
	elf[128+4], elf[128+24], elf[128+32] = 3, 8, 16
	return zipOf(t, []packedFile{
		{name: "bootstrap", mode: 0o755, data: elf},
		{name: "data", mode: 0o644, data: []byte("some text of a file\n")},
		{name: "empty", mode: 0o644},
	})
}

// Whichever byte is changed, and wherever the zip is cut off, there is a report or an
// error with a hint.
func TestZipsWithAnyByteChanged(t *testing.T) {
	dir := t.TempDir()
	good := smallZip(t)
	for i := range good {
		for _, change := range []byte{0x01, 0x80, 0xff} {
			b := bytes.Clone(good)
			b[i] ^= change
			compareWithin(t, dir, good, b)
		}
		compareWithin(t, dir, good[:i], good)
	}
}

// FuzzZips compares arbitrary bytes in place of two zips.
func FuzzZips(f *testing.F) {
	good := smallZip(f)
	f.Add(good, good)
	f.Add(good, zipOf(f, script(hello)))
	f.Fuzz(func(t *testing.T, a, b []byte) { compareWithin(t, t.TempDir(), a, b) })
}
