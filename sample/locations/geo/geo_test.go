package geo

import (
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

func places(t testing.TB) *Index {
	t.Helper()
	f, err := os.Open("../places.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	x, err := Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestNearest(t *testing.T) {
	x := places(t)
	for _, c := range []struct {
		lat, lon float64
		name     string
		most     float64 // kilometres
	}{
		{52.5163, 13.3777, "Berlin", 3},
		{48.8530, 2.3499, "Paris", 5},
		{-33.8568, 151.2153, "Sydney", 3},
		{-17, 180, "Suva", 250},   // across the edge of the map
		{-17, -180, "Suva", 250},  // the same position
		{90, 0, "Vorkuta", 99999}, // any place: it only has to answer
	} {
		p, km := x.Nearest(c.lat, c.lon)
		if p.Name != c.name && c.lat != 90 || km > c.most {
			t.Errorf("%v %v: %+v, %.1f km", c.lat, c.lon, p, km)
		}
	}
}

// The tree finds the same place as a search through all places.
func TestNearestOfAll(t *testing.T) {
	x := places(t)
	var all []Place
	f, err := os.ReadFile("../places.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(f)) {
		one, err := Read(strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		p, _ := one.Nearest(0, 0)
		all = append(all, p)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		lat, lon := random.Float64()*180-90, random.Float64()*360-180
		best := math.Inf(1)
		for _, p := range all {
			a, b := at(lat, lon), at(p.Lat, p.Lon)
			cos := a[0]*b[0] + a[1]*b[1] + a[2]*b[2]
			best = min(best, earth*math.Acos(max(-1, min(1, cos))))
		}
		if p, km := x.Nearest(lat, lon); math.Abs(km-best) > 0.001 {
			t.Errorf("%v %v: %s at %.4f km, and there is one at %.4f km", lat, lon, p.Name, km, best)
		}
	}
}

func TestBadTables(t *testing.T) {
	for text, want := range map[string]string{
		"": "no places", "a\tb\n": "line 1", "a\tb\t1\t2\t3\nx\tb\t91\t2\t3\n": "line 2", "a\tb\tNaN\t2\t3\n": "line 1", "a\tb\t1\t2\tx\n": "line 1",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func BenchmarkNearest(b *testing.B) {
	x := places(b)
	random := rand.New(rand.NewPCG(1, 2))
	for b.Loop() {
		x.Nearest(random.Float64()*180-90, random.Float64()*360-180)
	}
}

func BenchmarkRead(b *testing.B) {
	for b.Loop() {
		places(b)
	}
}
