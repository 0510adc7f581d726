package diff

import (
	"fmt"
	"math"
	"slices"
)

// A cell is a rectangle of a treemap, in per cent of the rectangle that it is in.
type cell struct {
	Part
	X, Y, W, H float64
	Whole      int64 // size of the file
	Cells      []cell
}

// The bounds of a treemap: how many levels it has, and the share of the whole, in
// thousandths, from which a part has parts of its own.
const (
	maxLevels   = 5
	dividedFrom = 5
)

// smallestCell is the share of the whole, in millionths, below which parts share a cell.
const smallestCell = 500

// gathered joins the parts that are too small to see.
func gathered(parts []Part, whole int64) []Part {
	for i, p := range parts {
		if p.Size*1e6 >= whole*smallestCell || i == len(parts)-1 {
			continue
		}
		rest := Part{Name: fmt.Sprintf("(%d more)", len(parts)-i), Kind: p.Kind}
		for _, p := range parts[i:] {
			rest.Size += p.Size
		}
		parts = append(slices.Clone(parts[:i]), rest)
		sortParts(parts)
		return parts
	}
	return parts
}

// treemap divides the area of a file by size.
func treemap(p Part) []cell { return cells(p.Parts, p.Size, 1, maxLevels) }

// cells lays parts out in rows along the shorter side, so that they are as square as
// possible (Bruls, Huizing and van Wijk, "Squarified Treemaps", 2000). shape is width
// divided by height.
func cells(parts []Part, whole int64, shape float64, levels int) (all []cell) {
	parts = gathered(parts, whole)
	total := 0.0
	for _, p := range parts {
		total += float64(p.Size)
	}
	if total == 0 || levels == 0 {
		return nil
	}
	// The rectangle has the area 1 and sides of 1; shape says how wide it is shown.
	x, y, w, h := 0.0, 0.0, 1.0, 1.0
	for len(parts) > 0 && parts[0].Size > 0 {
		wide := w*shape >= h
		// The row takes a part of the longer side, and all of the shorter one.
		extent := func(p Part, row float64) (width, height float64) {
			share := float64(p.Size) / total / row
			if wide {
				return row / h, h * share
			}
			return w * share, row / w
		}
		n, row, worst := 0, 0.0, math.Inf(1)
		for n < len(parts) {
			more, next := row+float64(parts[n].Size)/total, 0.0 // the worst aspect ratio
			for _, p := range parts[:n+1] {
				if a, b := extent(p, more); a*shape > 0 && b > 0 {
					next = max(next, a*shape/b, b/(a*shape))
				}
			}
			if next > worst {
				break
			}
			n, row, worst = n+1, more, next
		}
		offset := 0.0
		for _, p := range parts[:n] {
			c := cell{Part: p, X: x, Y: y, Whole: whole}
			c.W, c.H = extent(p, row)
			if wide {
				c.Y += offset
				offset += c.H
			} else {
				c.X += offset
				offset += c.W
			}
			if p.Size*1000 >= whole*dividedFrom && p.Kind != partPackage {
				c.Cells = cells(p.Parts, whole, shape*c.W/max(c.H, 1e-9), levels-1)
			}
			c.X, c.Y, c.W, c.H = 100*c.X, 100*c.Y, 100*c.W, 100*c.H
			all = append(all, c)
		}
		if wide {
			x, w = x+row/h, w-row/h
		} else {
			y, h = y+row/w, h-row/w
		}
		parts = parts[n:]
		if w <= 1e-9 || h <= 1e-9 {
			break
		}
	}
	return all
}
