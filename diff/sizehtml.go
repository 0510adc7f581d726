package diff

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"github.com/bootzip/bootzip/internal/htmlpage"
)

//go:embed size.html
var sizePage string

var sizeTemplate = htmlpage.New(sizePage, template.FuncMap{
	"bytes": Part.bytes,
	"cells": treemap,
	"count": count,
	"share": func(n, whole int64) string { return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(max(whole, 1))) },
	"grown": func(g growth) string { return grown(g.A, g.B) },
	"list":  func(p Part, whole int64) listed { return listed{p, whole} },
})

// A listed is a part in the list below a treemap.
type listed struct {
	Part
	Whole int64
}

// Shown returns the parts that a page lists.
func (l listed) Shown() (parts []listed) {
	for _, p := range l.Parts[:min(len(l.Parts), maxListed)] {
		parts = append(parts, listed{p, l.Whole})
	}
	return parts
}

// Left is how many parts are not listed.
func (l listed) Left() int { return max(0, len(l.Parts)-maxListed) }

// maxListed is how many parts of a part a page lists.
const maxListed = 100

// WriteSizesHTML writes a page that shows what takes up the space in a file: a treemap, and
// a list. It is one file, without scripts.
func WriteSizesHTML(w io.Writer, p Part) error {
	return sizeTemplate.Execute(w, map[string]any{"Title": "What takes up the space in " + p.Name, "Sides": []Part{p}})
}

// WriteHTML writes a page with the sizes of two files side by side, what grew, and what the
// report says. It is one file, without scripts.
func WriteHTML(w io.Writer, r Report, a, b Part) error {
	all := growths(a, b)
	left := max(0, len(all)-maxListed)
	return sizeTemplate.Execute(w, map[string]any{
		"Title": "How " + r.A.File + " and " + r.B.File + " differ", "Sides": []Part{a, b},
		"Grown": all[:len(all)-left], "Left": left, "Report": &r,
	})
}
