package diff

import (
	"context"
	"fmt"
	"os"
)

// maxFields is how many fields a report lists over all layers.
const maxFields = 100

// A Report says what two files differ in, and why they are likely to.
type Report struct {
	A, B   Side
	Equal  bool    // byte for byte
	Layers []Layer // what differs, outermost first; empty if Equal
	Causes []Cause // the likely ones, most likely first
}

// A Side is one of the two files.
type Side struct {
	File       string // its name, without folders
	Size       int64  // in bytes
	SHA256     string // in hexadecimal
	CodeSha256 string // the same in base64, as Lambda shows it for a deployed zip
	Content    string // of a zip: the digest of its content, as pack.ContentDigest has it
}

// A Layer is one level at which the files differ.
type Layer struct {
	Name    string // one of the constants below
	Fields  []Field
	Omitted int // fields that differ as well and are not listed
}

// The names of layers, from outside to inside. A program that is not ELF has
// its own word in place of "elf".
const (
	LayerZipHeaders  = "zip headers"
	LayerZipEntries  = "zip entries"
	LayerPacked      = "compressed bytes only"
	LayerBuildInfo   = "go build info"
	LayerModules     = "go modules"
	LayerHeader      = "elf header"
	LayerSections    = "elf section"
	LayerPackages    = "go packages"
	LayerStrings     = "string data"
	layerCount       = 9
	maxLayerFields   = 400 // kept of one layer, before the limit is applied
	absent           = "absent"
	maxValue         = 160 // bytes of a value
	maxPrefix        = 80  // bytes of a file's name before a field's
	betweenSections  = "(between sections)"
	maxCauses        = 20
	maxCausesPerKind = 3
)

var layerNames = [layerCount]string{LayerZipHeaders, LayerZipEntries, LayerPacked, LayerBuildInfo, LayerModules,
	LayerHeader, LayerSections, LayerPackages, LayerStrings}

// A Field has one value in A and another in B. A value that is not there is
// "absent". Values are cut to 160 bytes and hold no control characters.
type Field struct{ Name, A, B string }

// A Cause is a likely reason for a difference. Its Text says what was seen,
// and "likely" where the reason is inferred from it.
type Cause struct {
	ID   string // one of the constants in causes.go
	Text string
	Hint string // what makes the two equal
}

// A comparison collects what differs.
type comparison struct {
	layers [layerCount]struct {
		fields []Field
		count  int
	}
	causes []rankedCause
	before int    // how many there were before the file that is looked into
	format string // of the programs, if not ELF
}

// differ notes a field; layer is the index of its name.
func (c *comparison) differ(layer string, name, a, b string) {
	for i := range c.layers {
		l := &c.layers[i]
		if layerNames[i] != layer {
			continue
		}
		if l.count++; len(l.fields) < maxLayerFields {
			l.fields = append(l.fields, Field{printable(name, 2*maxValue), printable(a, maxValue), printable(b, maxValue)})
		}
	}
}

// finish puts the layers that differ into a report, with at most 100 fields.
// The limit is shared out so that no layer hides another: each gets as much
// as any other, and what one does not need goes to the rest.
// Bytes that differ and that no field covers are named by their place in
// the layer given.
func (c *comparison) finish(ctx context.Context, r *Report, files [2]*os.File, layer string) error {
	if c.empty() {
		at, err := firstDifference(ctx, files, min(r.A.Size, r.B.Size))
		if err != nil {
			return err
		}
		c.differ(layer, fmt.Sprintf("bytes from offset %d on, which no field covers", at), byteCount(r.A.Size-at), byteCount(r.B.Size-at))
	}
	var take [layerCount]int
	for left := maxFields; left > 0; {
		before := left
		for i, l := range c.layers {
			if take[i] < len(l.fields) && left > 0 {
				take[i]++
				left--
			}
		}
		if left == before {
			break
		}
	}
	for i, l := range c.layers {
		if l.count > 0 {
			r.Layers = append(r.Layers, Layer{Name: c.layerName(layerNames[i]), Fields: l.fields[:take[i]], Omitted: l.count - take[i]})
		}
	}
	r.Causes = c.ranked()
	return nil
}

func (c *comparison) empty() bool {
	for _, l := range c.layers {
		if l.count > 0 {
			return false
		}
	}
	return true
}

func (c *comparison) layerName(name string) string {
	if c.format != "" && (name == LayerHeader || name == LayerSections) {
		return c.format + name[len("elf"):]
	}
	return name
}
