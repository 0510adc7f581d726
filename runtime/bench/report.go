//go:build linux

package main

import (
	"fmt"
	"io"
	"strings"
)

// table prints what was measured, as Markdown.
func table(w io.Writer, list []*program) {
	fmt.Fprintf(w, "| bootstrap | binary kB | zip kB | start warm ms | cold ms |")
	for _, e := range eventSizes {
		fmt.Fprintf(w, " %s: CPU µs | p50 µs | p99 µs | memory MB |", e.name)
	}
	fmt.Fprintf(w, "\n|%s\n", strings.Repeat("---|", 5+4*len(eventSizes)))
	for _, p := range list {
		fmt.Fprintf(w, "| %s | %d | %s | %.2f | %.2f |", p.name, p.binary/1000, kilo(p.zip), median(p.warm), median(p.cold))
		for _, s := range p.sizes {
			fmt.Fprintf(w, " %s | %s | %s | %.1f |", short(median(s.cpu)), short(median(s.p50)), short(median(s.p99)), median(s.memory)/1000)
		}
		fmt.Fprintln(w)
	}
}

func kilo(bytes int) string { return short(float64(bytes) / 1000) }

// short formats a number with about three digits.
func short(v float64) string {
	if v < 100 {
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// A target is a ratio that the runtime should reach.
type target struct {
	what       string
	ours, peer string
	figure     func(*program) []float64 // a value a round
	most       float64
}

var targets = []target{
	{"zip, raw", "bootzip, raw", "aws-lambda-go, raw", zipSize, 0.30},
	{"zip, typed", "bootzip, typed", "aws-lambda-go, typed", zipSize, 0.38},
	{"zip, httpevent", "bootzip, httpevent", "aws-lambda-go, typed", zipSize, 0.40},
	{"cold start, raw", "bootzip, raw", "aws-lambda-go, raw", func(p *program) []float64 { return p.cold }, 0.36},
	{"warm start, raw", "bootzip, raw", "aws-lambda-go, raw", func(p *program) []float64 { return p.warm }, 0.65},
	{"CPU, raw, 1 kB", "bootzip, raw", "aws-lambda-go, raw", cpu(0), 0.25},
	{"CPU, typed, 1 kB", "bootzip, typed", "aws-lambda-go, typed", cpu(0), 0.36},
	{"CPU, raw, 1 kB, to the floor", "bootzip, raw", "C without libc, raw", cpu(0), 1.25},
	{"CPU, raw, 6 MB", "bootzip, raw", "aws-lambda-go, raw", cpu(2), 0.55},
	{"memory, raw, 6 MB", "bootzip, raw", "aws-lambda-go, raw", func(p *program) []float64 { return p.sizes[2].memory }, 0.25},
}

func zipSize(p *program) []float64 { return []float64{float64(p.zip)} }

func cpu(size int) func(*program) []float64 {
	return func(p *program) []float64 { return p.sizes[size].cpu }
}

// ratio returns the median of the rounds' ratios, since what slows the machine down for a
// while slows down both programs.
func ratio(a, b []float64) float64 {
	var r []float64
	for i := range a {
		r = append(r, a[i]/b[i])
	}
	return median(r)
}

// ratios prints the targets and the ratios that were reached.
func ratios(w io.Writer, list []*program) {
	byName := map[string]*program{}
	for _, p := range list {
		byName[p.name] = p
	}
	fmt.Fprintf(w, "\n| ratio | of | to | reached | target | |\n|---|---|---|---|---|---|\n")
	for _, t := range targets {
		ours, peer := byName[t.ours], byName[t.peer]
		if ours == nil || peer == nil {
			fmt.Fprintf(w, "| %s | %s | %s | not measured | %.2f | skip |\n", t.what, t.ours, t.peer, t.most)
			continue
		}
		r := ratio(t.figure(ours), t.figure(peer))
		verdict := "reached"
		if r > t.most {
			verdict = "MISSED"
		}
		fmt.Fprintf(w, "| %s | %s | %s | %.3f | ≤ %.2f | %s |\n", t.what, t.ours, t.peer, r, t.most, verdict)
	}
}
