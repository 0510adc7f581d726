package zipscan

import (
	"bytes"
	"compress/flate"
	"context"
	"io"
	"math/rand"
	"testing"
)

// inflate decompresses all of data, as a Stream does.
func inflate(data []byte, limit int) ([]byte, int64, error) {
	var f inflater
	f.reset(context.Background(), bytes.NewReader(data), 0, int64(len(data)), int64(limit))
	var out []byte
	for {
		p, err := f.read()
		if err == io.EOF {
			return out, f.consumed(), nil
		}
		if err != nil {
			return out, 0, err
		}
		if out = append(out, p...); len(out) > limit {
			return out, 0, io.ErrShortBuffer
		}
	}
}

// content returns n bytes that compress to some degree.
func content(seed int64, n int) []byte {
	r := rand.New(rand.NewSource(seed))
	var b []byte
	for len(b) < n {
		switch r.Intn(5) {
		case 0:
			b = append(b, bytes.Repeat([]byte{byte(r.Intn(256))}, r.Intn(1000))...)
		case 1:
			for range r.Intn(500) {
				b = append(b, byte(r.Intn(256)))
			}
		case 2:
			if len(b) > 10 {
				at := r.Intn(len(b))
				b = append(b, b[at:min(len(b), at+r.Intn(3000))]...)
			}
		default:
			for range r.Intn(2000) {
				b = append(b, "etaoin shrdlu"[r.Intn(13)])
			}
		}
	}
	return b[:n]
}

func deflate(t testing.TB, b []byte, level int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestInflateGivesBackWhatWasDeflated(t *testing.T) {
	for _, size := range []int{0, 1, 2, 7, 8, 9, 257, 258, 259, 1000, 65535, 65536, piece - 1, piece, piece + 1, 400_000} {
		for _, level := range []int{flate.HuffmanOnly, 0, 1, 6, 9} {
			want := content(int64(size+level), size)
			data := deflate(t, want, level)
			got, used, err := inflate(data, size)
			if err != nil || !bytes.Equal(got, want) || used != int64(len(data)) {
				t.Fatalf("size %d, level %d: %d bytes, %d of %d used, %v", size, level, len(got), used, len(data), err)
			}
			if _, used, err = inflate(append(data, 1, 2, 3), size); err != nil || used != int64(len(data)) {
				t.Fatalf("size %d, level %d: with bytes behind it, %d of %d used, %v", size, level, used, len(data), err)
			}
		}
	}
}

func TestInflateRefusesDataThatIsCutOff(t *testing.T) {
	data := deflate(t, content(1, 3000), 6)
	for n := range data {
		if _, _, err := inflate(data[:n], 1<<20); err == nil {
			t.Fatalf("%d of %d bytes are accepted", n, len(data))
		}
	}
}

// Both decoders must agree on damaged data, except for codes that compress/flate
// accepts and zlib does not.
func TestInflateAgreesWithTheStandardLibraryOnDamage(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for round := range 1000 {
		data := deflate(t, content(int64(round), 2000), []int{-2, 0, 1, 6}[round%4])
		for range 1 + r.Intn(3) {
			data[r.Intn(len(data))] ^= 1 << r.Intn(8)
		}
		compareWithFlate(t, data)
	}
}

func compareWithFlate(t *testing.T, data []byte) {
	t.Helper()
	const limit = 1 << 20
	got, used, err := inflate(data, limit)
	if err == io.ErrShortBuffer {
		return
	}
	br := bytes.NewReader(data)
	want, wantErr := io.ReadAll(io.LimitReader(flate.NewReader(br), limit))
	if err == nil && wantErr != nil {
		t.Fatalf("accepted, and compress/flate says: %v", wantErr)
	}
	if err == nil && (!bytes.Equal(got, want) || used != int64(len(data)-br.Len())) {
		t.Fatalf("%d bytes from %d, and compress/flate has %d from %d", len(got), used, len(want), len(data)-br.Len())
	}
	if err != nil && wantErr == nil && err != errCode && err != errDeflate {
		t.Fatalf("refused (%v), and compress/flate accepts", err)
	}
}

func FuzzInflate(f *testing.F) {
	f.Add(deflate(f, content(1, 500), 6))
	f.Add(deflate(f, content(2, 500), 0))
	f.Add(deflate(f, content(3, 500), -2))
	f.Fuzz(func(t *testing.T, data []byte) { compareWithFlate(t, data) })
}

func TestInflateBeginsAgainAtEachPoint(t *testing.T) {
	for _, level := range []int{0, 1, 6, flate.HuffmanOnly} {
		want := content(9, 900_000)
		data := deflate(t, want, level)
		var f inflater
		f.reset(context.Background(), bytes.NewReader(data), 0, int64(len(data)), int64(len(want)))
		var points []point
		for {
			points = append(points, f.point())
			if _, err := f.read(); err != nil {
				break
			}
		}
		for i := len(points) - 1; i >= 0; i-- {
			if err := f.resume(points[i]); err != nil {
				t.Fatal(err)
			}
			p, err := f.read()
			if err != nil && !(err == io.EOF && points[i].out == int64(len(want))) {
				t.Fatal(err)
			}
			if !bytes.Equal(p, want[points[i].out:points[i].out+int64(len(p))]) {
				t.Fatalf("level %d: point %d gives other bytes", level, i)
			}
		}
	}
}
