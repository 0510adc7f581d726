package zipscan

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"io"
	"math/rand"
	"testing"
)

// zipOf makes a zip with one entry.
func zipOf(t testing.TB, content []byte, method uint16) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.CreateHeader(&zip.FileHeader{Name: "bootstrap", Method: method})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func open(t testing.TB, b []byte) *Archive {
	t.Helper()
	a, err := Open(context.Background(), bytes.NewReader(b), int64(len(b)))
	if err != nil || len(a.Faults) > 0 || a.Reached != ReachedEntries {
		t.Fatalf("reached %d, faults %v, %v", a.Reached, a.Faults, err)
	}
	return a
}

func TestRandomReadsAnywhere(t *testing.T) {
	want := content(3, 2_000_000)
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		a := open(t, zipOf(t, want, method))
		var s Stream
		s.Open(context.Background(), a, &a.Entries[0])
		r := s.Random()
		whole := bytes.Buffer{}
		for {
			p, err := s.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			whole.Write(p)
		}
		if !bytes.Equal(whole.Bytes(), want) {
			t.Fatalf("method %d: the stream has other bytes", method)
		}
		if len(r.points) > maxPoints+1 {
			t.Errorf("method %d: %d points", method, len(r.points))
		}
		random := rand.New(rand.NewSource(1))
		for range 60 {
			off := random.Intn(len(want))
			b := make([]byte, random.Intn(min(len(want)-off, 150_000))+1)
			b = b[:min(len(b), len(want)-off)]
			if n, err := r.ReadAt(b, int64(off)); n != len(b) || err != nil && err != io.EOF || !bytes.Equal(b, want[off:off+n]) {
				t.Fatalf("method %d: %d of %d bytes at %d, %v", method, n, len(b), off, err)
			}
		}
		b := make([]byte, 10)
		if n, err := r.ReadAt(b, int64(len(want))-4); n != 4 || err != io.EOF {
			t.Errorf("method %d: at the end, %d bytes, %v", method, n, err)
		}
		if _, err := r.ReadAt(b, -1); err == nil {
			t.Errorf("method %d: a negative offset is read", method)
		}
	}
}

// A stream is used for one entry after another, small and large; nothing of one may
// appear in the next.
func TestStreamCanBeUsedAgain(t *testing.T) {
	var s Stream
	for _, size := range []int{0, 10, 400_000, 5, 70_000, 0, 140_000, 1} {
		for _, method := range []uint16{zip.Deflate, zip.Store} {
			want := content(int64(size), size)
			a := open(t, zipOf(t, want, method))
			s.Open(context.Background(), a, &a.Entries[0])
			var got []byte
			for {
				p, err := s.Next()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatalf("size %d, method %d: %v", size, method, err)
				}
				got = append(got, p...)
			}
			if !bytes.Equal(got, want) {
				t.Fatalf("size %d, method %d: other bytes", size, method)
			}
		}
	}
}

// At most one piece beyond the size in the directory is decompressed.
func TestABombStopsEarly(t *testing.T) {
	a := open(t, zipOf(t, make([]byte, 5<<20), zip.Deflate))
	a.Entries[0].Size = 1000
	var s Stream
	s.Open(context.Background(), a, &a.Entries[0])
	total := 0
	for {
		p, err := s.Next()
		total += len(p)
		var f *Fault
		if errors.As(err, &f) {
			if f.Kind != FaultSize {
				t.Errorf("fault %s", f.Kind)
			}
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if total > 1000 {
		t.Errorf("%d bytes were given out", total)
	}
}

// Blocks without output must cost no more than their bytes do, and reading them must
// end when it is cancelled.
func TestEmptyBlocksCanBeCancelled(t *testing.T) {
	var data bytes.Buffer
	w, err := flate.NewWriter(&data, 6)
	if err != nil {
		t.Fatal(err)
	}
	for range 200_000 {
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if out, used, err := inflate(data.Bytes(), 10); err != nil || len(out) != 0 || used != int64(data.Len()) {
		t.Errorf("%d bytes, %d of %d used, %v", len(out), used, data.Len(), err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var f inflater
	f.reset(ctx, bytes.NewReader(data.Bytes()), 0, int64(data.Len()), 0)
	if _, err := f.read(); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
