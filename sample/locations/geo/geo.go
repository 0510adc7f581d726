// Package geo finds the place nearest to a position, offline.
package geo

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/spatial/kdtree"
)

// earth is the Earth's mean radius, in kilometres.
const earth = 6371.0088

// A Place is a town.
type Place struct {
	Name       string  `json:"name"`
	Country    string  `json:"country"` // ISO 3166-1 alpha-2
	Lat        float64 `json:"lat"`     // degrees
	Lon        float64 `json:"lon"`
	Population int     `json:"population"`
}

// An Index finds places. It may be used by several goroutines.
type Index struct{ tree *kdtree.Tree }

// Read reads a table: a line for each place, with its name, country, latitude, longitude and
// population between tabs.
func Read(r io.Reader) (*Index, error) {
	var all nodes
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Split(lines.Text(), "\t")
		if len(fields) != 5 {
			return nil, fmt.Errorf("line %d of the places has %d fields, not 5", n, len(fields))
		}
		lat, err1 := strconv.ParseFloat(fields[2], 64)
		lon, err2 := strconv.ParseFloat(fields[3], 64)
		population, err3 := strconv.Atoi(fields[4])
		err := errors.Join(err1, err2, err3)
		if err == nil && !Valid(lat, lon) {
			err = errors.New("the position is not on Earth")
		}
		if err != nil {
			return nil, fmt.Errorf("line %d of the places: %w", n, err)
		}
		all = append(all, node{at(lat, lon), Place{fields[0], fields[1], lat, lon, population}})
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errors.New("there are no places")
	}
	return &Index{kdtree.New(all, false)}, nil
}

// Valid reports whether a position, in degrees, is on Earth.
func Valid(lat, lon float64) bool {
	return lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180 // false for NaN
}

// Nearest returns the place that is nearest to a position, and its distance in kilometres.
func (x *Index) Nearest(lat, lon float64) (Place, float64) {
	found, squared := x.tree.Nearest(node{at: at(lat, lon)})
	chord := math.Min(math.Sqrt(squared)/2, 1)
	return found.(node).place, 2 * earth * math.Asin(chord)
}

// at returns a position on a sphere of radius 1: there is no edge at 180 degrees, and the
// nearest point in a straight line is also the nearest on the ground.
func at(lat, lon float64) [3]float64 {
	sinLat, cosLat := math.Sincos(lat * math.Pi / 180)
	sinLon, cosLon := math.Sincos(lon * math.Pi / 180)
	return [3]float64{cosLat * cosLon, cosLat * sinLon, sinLat}
}

// A node of the tree.
type node struct {
	at    [3]float64
	place Place
}

// Compare implements kdtree.Comparable.
func (n node) Compare(other kdtree.Comparable, d kdtree.Dim) float64 {
	return n.at[d] - other.(node).at[d]
}

// Dims implements kdtree.Comparable.
func (node) Dims() int { return 3 }

// Distance implements kdtree.Comparable. It returns the square of the distance.
func (n node) Distance(other kdtree.Comparable) (sum float64) {
	for i, v := range other.(node).at {
		sum += (n.at[i] - v) * (n.at[i] - v)
	}
	return sum
}

// nodes implements kdtree.Interface.
type nodes []node

// Index implements kdtree.Interface.
func (n nodes) Index(i int) kdtree.Comparable { return n[i] }

// Len implements kdtree.Interface.
func (n nodes) Len() int { return len(n) }

// Slice implements kdtree.Interface.
func (n nodes) Slice(start, end int) kdtree.Interface { return n[start:end] }

// Pivot implements kdtree.Interface.
func (n nodes) Pivot(d kdtree.Dim) int {
	p := plane{n, d}
	return kdtree.Partition(p, kdtree.MedianOfMedians(p))
}

// A plane sorts nodes along one axis.
type plane struct {
	nodes
	dim kdtree.Dim
}

// Less implements kdtree.SortSlicer.
func (p plane) Less(i, j int) bool { return p.nodes[i].at[p.dim] < p.nodes[j].at[p.dim] }

// Swap implements kdtree.SortSlicer.
func (p plane) Swap(i, j int) { p.nodes[i], p.nodes[j] = p.nodes[j], p.nodes[i] }

// Slice implements kdtree.SortSlicer.
func (p plane) Slice(start, end int) kdtree.SortSlicer { return plane{p.nodes[start:end], p.dim} }
