package diff

import (
	"fmt"
	"slices"
)

// The layers, from outside to inside.
const (
	layerZipHeaders = "zip headers"
	layerZipEntries = "zip entries"
	layerCompressed = "compressed bytes only"
	layerBuildInfo  = "go build info"
	layerModules    = "go modules"
	layerHeader     = "program header"
	layerSections   = "program sections"
	layerFunctions  = "go functions"
	layerText       = "text"
)

var layers = []string{layerZipHeaders, layerZipEntries, layerCompressed, layerBuildInfo, layerModules,
	layerHeader, layerSections, layerFunctions, layerText}

const (
	maxFields        = 100 // in a report
	maxLayerFields   = 400 // kept of one layer, before they are shared out
	maxValue         = 160 // bytes of a value
	maxName          = 80  // bytes of a file's name before a field's
	maxCauses        = 20
	maxCausesPerKind = 3
	absent           = "absent"
)

// A comparison collects what differs.
type comparison struct {
	layers map[string]*Layer
	causes []found
	before int // causes found before the current file was examined
}

// A found cause is a likely one.
type found struct {
	cause cause
	text  string
}

// differ notes a field that differs.
func (c *comparison) differ(layer, name, a, b string) {
	l := c.layers[layer]
	if l == nil {
		l = &Layer{Name: layer}
		c.layers[layer] = l
	}
	if len(l.Fields) == maxLayerFields {
		l.Omitted++
		return
	}
	l.Fields = append(l.Fields, Field{printable(name, 2*maxValue), printable(a, maxValue), printable(b, maxValue)})
}

// because notes a likely cause.
func (c *comparison) because(kind cause, format string, args ...any) {
	c.causes = append(c.causes, found{kind, printable(fmt.Sprintf(format, args...), 600)})
}

// becauseOf notes a likely cause if the list of what differs is not empty. The last
// argument of format is a text with the first few of the list.
func (c *comparison) becauseOf(list []string, most int, kind cause, format string, args ...any) {
	if len(list) > 0 {
		c.because(kind, format, append(args, some(list, most))...)
	}
}

// has reports whether one of the causes was found for the current file.
func (c *comparison) has(kinds ...cause) bool {
	return slices.ContainsFunc(c.causes[c.before:], func(x found) bool { return slices.Contains(kinds, x.cause) })
}

// report lists at most 100 fields. Every layer gets the same share, and what one
// layer does not need goes to the others, so that no layer hides another.
func (c *comparison) report() Report {
	var r Report
	take := map[string]int{}
	left := maxFields
	for i := range left {
		for _, name := range layers {
			if l := c.layers[name]; l != nil && i < len(l.Fields) && left > 0 {
				take[name]++
				left--
			}
		}
	}
	for _, name := range layers {
		if l := c.layers[name]; l != nil {
			n := take[name]
			r.Layers = append(r.Layers, Layer{Name: name, Fields: l.Fields[:n], Omitted: l.Omitted + len(l.Fields) - n})
		}
	}
	r.Causes = c.ranked()
	return r
}

// ranked returns the causes in their order, without duplicates, and at most
// three of one kind.
func (c *comparison) ranked() []Cause {
	slices.SortStableFunc(c.causes, func(a, b found) int { return int(a.cause - b.cause) })
	var list []Cause
	kinds := map[cause]int{}
	for _, x := range c.causes {
		one := Cause{ID: hints[x.cause].id, Text: x.text, Hint: hints[x.cause].text}
		if slices.Contains(list, one) || len(list) == maxCauses || kinds[x.cause] == maxCausesPerKind {
			continue
		}
		kinds[x.cause]++
		list = append(list, one)
	}
	return list
}
