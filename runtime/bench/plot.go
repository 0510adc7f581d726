//go:build linux

package main

import (
	"fmt"
	"os"
	"strings"
)

// writePlot writes three bar charts side by side, as SVG.
func writePlot(path string, list []*program) error {
	charts := []struct {
		title  string
		unit   string
		figure func(*program) float64
	}{
		{"zip", "kB", func(p *program) float64 { return float64(p.zip) / 1000 }},
		{"cold start", "ms", func(p *program) float64 { return median(p.cold) }},
		{"CPU an invocation, 1 kB", "µs", func(p *program) float64 { return median(p.sizes[0].cpu) }},
	}
	const label, width, line, top = 170, 220, 24, 56
	height := top + line*len(list) + 16
	var b strings.Builder
	total := label + len(charts)*(width+70) + 10
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13">`+"\n", total, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", total, height)
	for i, p := range list {
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end" fill="#222">%s</text>`+"\n", label-8, top+line*i+14, p.name)
	}
	for k, c := range charts {
		x := label + k*(width+70)
		most := 0.0
		for _, p := range list {
			most = max(most, c.figure(p))
		}
		fmt.Fprintf(&b, `<text x="%d" y="28" font-weight="bold" fill="#222">%s, %s</text>`+"\n", x, c.title, c.unit)
		for i, p := range list {
			v := c.figure(p)
			colour := "#9aa5b1"
			if strings.HasPrefix(p.name, "bootzip") {
				colour = "#1f77b4"
			}
			w := max(1, int(v/most*width))
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>`+"\n", x, top+line*i, w, line-6, colour)
			fmt.Fprintf(&b, `<text x="%d" y="%d" fill="#222">%s</text>`+"\n", x+w+5, top+line*i+14, short(v))
		}
	}
	b.WriteString("</svg>\n")
	return os.WriteFile(path, []byte(b.String()), 0o644)
}
