package diff

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// SizesVersion is the version of the output of [WriteSizesJSON], as [JSONVersion] is of reports.
const SizesVersion = 1

// WriteSizesJSON writes what takes the space of a file in the form that docs/size.md
// describes.
func WriteSizesJSON(w io.Writer, p Part) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(struct {
		Version int `json:"version"`
		Part
	}{SizesVersion, p})
}

// smallShare is the share, in thousandths, below which text leaves out a part.
const smallShare = 10

// WriteSizesText writes the parts of a file as people read them: those of at least one
// per cent of the file, or all.
func WriteSizesText(w io.Writer, p Part, all bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", p.Name, byteCount(cmp.Or(p.Packed, p.Size)))
	if p.Packed > 0 {
		fmt.Fprintf(&b, "; its files have %s", byteCount(p.Size))
	}
	b.WriteString("\n\n")
	fmt.Fprintf(&b, "%13s  %7s\n", "bytes", "share")
	writeParts(&b, p.Parts, p.Size, "", all)
	_, err := io.WriteString(w, b.String())
	return err
}

func writeParts(b *strings.Builder, parts []Part, whole int64, indent string, all bool) {
	left, size, packed := 0, int64(0), int64(0)
	line := func(size, packed int64, name string) {
		fmt.Fprintf(b, "%13s  %5.1f %%  %s%s", count(size), 100*float64(size)/float64(max(whole, 1)), indent, name)
		if packed > 0 {
			fmt.Fprintf(b, " (%s in the zip)", byteCount(packed))
		}
		b.WriteString("\n")
	}
	for _, p := range parts {
		// What is in a zip is always worth a line; functions seldom are.
		if !all && p.Packed == 0 && (p.Kind == PartFunction || p.Size*1000 < whole*smallShare) {
			left, size, packed = left+1, size+p.Size, packed+p.Packed
			continue
		}
		line(p.Size, p.Packed, p.Name)
		writeParts(b, p.Parts, whole, indent+"  ", all)
	}
	if left > 0 && parts[0].Kind != PartFunction {
		line(size, packed, fmt.Sprintf("(%d more)", left))
	}
}

// A growth is a part that has another size in B than in A.
type growth struct {
	Path string // names, from the outermost
	A, B int64  // bytes; 0: it is not there
}

// growths lists the smallest parts of a and b that differ in size, but for functions: the largest
// difference first.
func growths(a, b Part) []growth {
	type pair struct{ a, b int64 }
	found := map[string]*pair{}
	collect := func(p Part, add func(*pair, int64)) {
		var walk func(path string, p Part)
		walk = func(path string, p Part) {
			if len(p.Parts) == 0 || p.Parts[0].Kind == PartFunction {
				if found[path] == nil {
					found[path] = &pair{}
				}
				add(found[path], p.Size)
				return
			}
			for _, one := range p.Parts {
				walk(strings.TrimPrefix(path+" › "+one.Name, " › "), one)
			}
		}
		walk("", p)
	}
	collect(a, func(x *pair, n int64) { x.a += n })
	collect(b, func(x *pair, n int64) { x.b += n })
	var all []growth
	for path, x := range found {
		if x.a != x.b {
			all = append(all, growth{path, x.a, x.b})
		}
	}
	slices.SortFunc(all, func(x, y growth) int {
		size := func(g growth) int64 { return max(g.B-g.A, g.A-g.B) }
		return cmp.Or(cmp.Compare(size(y), size(x)), strings.Compare(x.Path, y.Path))
	})
	return all
}
