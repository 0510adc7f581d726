package diff

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// sizesVersion is the version of the output of [WriteSizesJSON], as [JSONVersion] is of reports.
const sizesVersion = 1

// WriteSizesJSON writes what takes up the space in a file in the form that docs/size.md
// describes.
func WriteSizesJSON(w io.Writer, p Part) error {
	return encode(w, struct {
		Version int `json:"version"`
		Part
	}{sizesVersion, p})
}

// smallShare is the share, in thousandths, below which the text omits a part.
const smallShare = 10

// WriteSizesText writes the parts of a file as people read them: those of at least one
// per cent of the file, or all.
func WriteSizesText(w io.Writer, p Part, all bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", p.Name, byteCount(p.bytes()))
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
		if !all && p.Packed == 0 && (p.Kind == partFunction || p.Size*1000 < whole*smallShare) {
			left, size, packed = left+1, size+p.Size, packed+p.Packed
			continue
		}
		line(p.Size, p.Packed, p.Name)
		writeParts(b, p.Parts, whole, indent+"  ", all)
	}
	if left > 0 && parts[0].Kind != partFunction {
		line(size, packed, fmt.Sprintf("(%d more)", left))
	}
}

// A growth is a part that has another size in B than in A.
type growth struct {
	Path string // names, from the outermost
	A, B int64  // bytes; 0: it is not there
}

// growths lists the smallest parts of a and b, except functions, that differ in size: the
// largest difference first.
func growths(a, b Part) []growth {
	found := map[string][2]int64{} // bytes in a and in b, by path
	var walk func(side int, path string, p Part)
	walk = func(side int, path string, p Part) {
		if len(p.Parts) == 0 || p.Parts[0].Kind == partFunction {
			sizes := found[path]
			sizes[side] += p.Size
			found[path] = sizes
			return
		}
		for _, one := range p.Parts {
			walk(side, strings.TrimPrefix(path+" › "+one.Name, " › "), one)
		}
	}
	walk(0, "", a)
	walk(1, "", b)
	var all []growth
	for path, sizes := range found {
		if sizes[0] != sizes[1] {
			all = append(all, growth{path, sizes[0], sizes[1]})
		}
	}
	slices.SortFunc(all, func(x, y growth) int {
		size := func(g growth) int64 { return max(g.B-g.A, g.A-g.B) }
		return cmp.Or(cmp.Compare(size(y), size(x)), strings.Compare(x.Path, y.Path))
	})
	return all
}
