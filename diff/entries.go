package diff

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
)

// maxExamined is how many files that differ are examined.
const maxExamined = 64

// A pair is the same file in both zips, by its indices.
type pair struct{ a, b int }

// zips compares two zips, from outside to inside.
func (c *comparison) zips(ctx context.Context, f [2]*input) error {
	var z [2]*zipFile
	err := both(func(i int) (err error) {
		if z[i], err = readZip(ctx, f[i]); err == nil {
			f[i].Side.Content = z[i].digest()
		}
		return err
	})
	if err != nil || f[0].SHA256 == f[1].SHA256 {
		return err
	}
	a, b := z[0], z[1]
	pairs, onlyA, onlyB := match(a, b)
	c.unmatched(a, b, onlyA, onlyB)
	c.modes(a, b, pairs)
	c.orders(a, b, pairs)
	if err := c.headers(ctx, a, b, pairs); err != nil {
		return err
	}
	var changed []pair
	for _, p := range pairs {
		if a.sums[p.a] == b.sums[p.b] {
			continue
		}
		name, x, y := a.entries[p.a].Name, a.entries[p.a].Size, b.entries[p.b].Size
		if x != y {
			c.differ(layerZipEntries, in(name, "size"), byteCount(x), grown(x, y))
		} else {
			c.differ(layerZipEntries, in(name, "content"), shortSum(a.sums[p.a]), shortSum(b.sums[p.b]))
		}
		// The program first: what differs in it is what people ask about.
		if name == "bootstrap" {
			changed = slices.Insert(changed, 0, p)
		} else {
			changed = append(changed, p)
		}
	}
	if err := c.compressed(ctx, a, b, pairs); err != nil {
		return err
	}
	for _, p := range changed[:min(len(changed), maxExamined)] {
		var contents [2]content
		err := both(func(i int) (err error) {
			contents[i], err = [2]*zipFile{a, b}[i].content(ctx, [2]int{p.a, p.b}[i])
			return err
		})
		if err == nil {
			err = c.contents(ctx, a.entries[p.a].Name, contents[0], contents[1])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// match pairs the entries by name. Each list has the order of the directory.
func match(a, b *zipFile) (pairs []pair, onlyA, onlyB []int) {
	inB := map[string]int{}
	for i, e := range b.entries {
		inB[e.Name] = i
	}
	for i, e := range a.entries {
		if other, ok := inB[e.Name]; ok {
			pairs = append(pairs, pair{i, other})
			delete(inB, e.Name)
			continue
		}
		onlyA = append(onlyA, i)
	}
	for i, e := range b.entries {
		if _, ok := inB[e.Name]; ok {
			onlyB = append(onlyB, i)
		}
	}
	return pairs, onlyA, onlyB
}

// unmatched reports files that only one zip has. A file with the same content
// and another name was renamed.
func (c *comparison) unmatched(a, b *zipFile, onlyA, onlyB []int) {
	bySum := map[[32]byte][]int{}
	for _, i := range onlyB {
		bySum[b.sums[i]] = append(bySum[b.sums[i]], i)
	}
	renamed := map[int]bool{}
	var moved, removed, added []string
	for _, i := range onlyA {
		name := a.entries[i].Name
		if same := bySum[a.sums[i]]; len(same) > 0 && a.entries[i].Size > 0 {
			bySum[a.sums[i]] = same[1:]
			renamed[same[0]] = true
			other := b.entries[same[0]].Name
			c.differ(layerZipEntries, "name of a file", name, other)
			moved = append(moved, fmt.Sprintf("%q is called %q in B", name, other))
			continue
		}
		c.differ(layerZipEntries, in(name, "file"), a.describe(i), absent)
		removed = append(removed, fmt.Sprintf("%q", name))
	}
	for _, i := range onlyB {
		if renamed[i] {
			continue
		}
		c.differ(layerZipEntries, in(b.entries[i].Name, "file"), absent, b.describe(i))
		added = append(added, fmt.Sprintf("%q", b.entries[i].Name))
	}
	c.becauseOf(added, 5, causeAdded, "B has files that A lacks: %s")
	c.becauseOf(removed, 5, causeRemoved, "A has files that B lacks: %s")
	c.becauseOf(moved, 3, causeRenamed, "the same file has another name: %s")
}

func (z *zipFile) describe(i int) string {
	return fmt.Sprintf("%s, mode %s", byteCount(z.entries[i].Size), modeOf(&z.entries[i]))
}

// modes reports what decides who may read and execute a file.
func (c *comparison) modes(a, b *zipFile, pairs []pair) {
	var changes []string
	why := ""
	for _, p := range pairs {
		name, x, y := a.entries[p.a].Name, modeOf(&a.entries[p.a]), modeOf(&b.entries[p.b])
		if x == y {
			continue
		}
		c.differ(layerZipEntries, in(name, "mode"), x, y)
		if x == "none" || y == "none" {
			why = "; a zip made on Windows, or without Unix permissions, has none"
		}
		changes = append(changes, fmt.Sprintf("the mode of %q is %s in A and %s in B", printable(name, maxName), x, y))
	}
	if len(changes) > 0 {
		c.because(causeMode, "%s%s", some(changes, 1), why)
	}
}

// orders reports whether the files that both zips have are in the same order,
// in the directory and in the file.
func (c *comparison) orders(a, b *zipFile, pairs []pair) {
	for _, place := range []struct {
		name string
		at   func(z *zipFile, i int) int64
	}{
		{"directory", func(_ *zipFile, i int) int64 { return int64(i) }},
		{"file", func(z *zipFile, i int) int64 { return z.entries[i].Offset }},
	} {
		x, y := slices.Clone(pairs), slices.Clone(pairs)
		slices.SortFunc(x, func(p, q pair) int { return cmp.Compare(place.at(a, p.a), place.at(a, q.a)) })
		slices.SortFunc(y, func(p, q pair) int { return cmp.Compare(place.at(b, p.b), place.at(b, q.b)) })
		for from := range x {
			if x[from] == y[from] {
				continue
			}
			var inA, inB []string
			for i := from; i < min(len(x), from+20); i++ {
				inA, inB = append(inA, a.entries[x[i].a].Name), append(inB, b.entries[y[i].b].Name)
			}
			c.differ(layerZipEntries, fmt.Sprintf("order in the %s, from file %d", place.name, from+1), strings.Join(inA, ", "), strings.Join(inB, ", "))
			c.because(causeOrder, "the zips hold the same files in another order: where A has %q, B has %q", printable(inA[0], maxName), printable(inB[0], maxName))
			return
		}
	}
}

// compressed reports files with the same content and other compressed bytes.
func (c *comparison) compressed(ctx context.Context, a, b *zipFile, pairs []pair) error {
	var names []string
	why := "another compressor, another version of it, or another level"
	for _, p := range pairs {
		x, y := &a.entries[p.a], &b.entries[p.b]
		if a.sums[p.a] != b.sums[p.b] || x.Size == 0 {
			continue
		}
		if x.Method == y.Method && x.Compressed == y.Compressed {
			at, err := firstDifference(ctx, io.NewSectionReader(a, x.Data, x.Compressed), io.NewSectionReader(b, y.Data, y.Compressed), x.Compressed)
			if err != nil {
				return fmt.Errorf("zip %q cannot be read: %w", a.path, err)
			}
			if at == x.Compressed {
				continue
			}
			c.differ(layerCompressed, in(x.Name, "compressed bytes"), "same size, other bytes", "same size, other bytes")
		} else {
			c.differ(layerCompressed, in(x.Name, "compressed size"), byteCount(x.Compressed), grown(x.Compressed, y.Compressed))
		}
		if x.Method != y.Method {
			why = "one zip stores what the other compresses"
		}
		names = append(names, fmt.Sprintf("%q", x.Name))
	}
	if len(names) > 0 {
		c.because(causeCompressor, "%s: the content is the same and the compressed bytes are not: %s", some(names, 3), why)
	}
	return nil
}
