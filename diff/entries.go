package diff

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// maxExamined is how many files that differ are looked into.
const maxExamined = 64

// A pair is the same file in both zips, by their indices.
type pair struct{ a, b int }

// zips compares two zips, from outside to inside.
func (c *comparison) zips(ctx context.Context, a, b *zipSide) error {
	pairs, onlyA, onlyB := match(a, b)
	c.unmatched(a, b, onlyA, onlyB)
	c.modes(a, b, pairs)
	c.orders(a, b, pairs)
	if err := c.headers(ctx, a, b, pairs); err != nil {
		return err
	}
	var changed []pair
	for _, p := range pairs {
		if a.sums[p.a] != b.sums[p.b] {
			changed = append(changed, p)
			c.changed(a, b, p)
		}
	}
	if err := c.packed(ctx, a, b, pairs); err != nil {
		return err
	}
	// The program first: what differs in it is what people want to know.
	slices.SortStableFunc(changed, func(x, y pair) int { return first(a, x) - first(a, y) })
	for _, p := range changed[:min(len(changed), maxExamined)] {
		var contents [2]content
		err := both(func(i int) (err error) {
			contents[i], err = [2]*zipSide{a, b}[i].content(ctx, [2]int{p.a, p.b}[i])
			return err
		})
		if err != nil {
			return err
		}
		if err := c.contents(ctx, a.name(p.a), contents[0], contents[1]); err != nil {
			return err
		}
	}
	return nil
}

func (z *zipSide) name(i int) string { return z.archive.Entries[i].Name }

func first(z *zipSide, p pair) int {
	if z.name(p.a) == "bootstrap" {
		return 0
	}
	return 1
}

// match pairs the entries by name. Each list has the order of the directory.
func match(a, b *zipSide) (pairs []pair, onlyA, onlyB []int) {
	places := map[string]int{}
	paired := make([]bool, len(b.archive.Entries))
	for i := range b.archive.Entries {
		places[b.name(i)] = i
	}
	for i := range a.archive.Entries {
		if other, ok := places[a.name(i)]; ok {
			pairs = append(pairs, pair{i, other})
			paired[other] = true
			continue
		}
		onlyA = append(onlyA, i)
	}
	for i, ok := range paired {
		if !ok {
			onlyB = append(onlyB, i)
		}
	}
	return pairs, onlyA, onlyB
}

// unmatched reports files that are in one zip only. A file of the same
// content under another name was renamed.
func (c *comparison) unmatched(a, b *zipSide, onlyA, onlyB []int) {
	bySum := map[[32]byte][]int{}
	for _, i := range onlyB {
		bySum[b.sums[i]] = append(bySum[b.sums[i]], i)
	}
	renamed := map[int]bool{}
	var moved, removed, added []string
	for _, i := range onlyA {
		if same := bySum[a.sums[i]]; len(same) > 0 && a.archive.Entries[i].Size > 0 {
			bySum[a.sums[i]] = same[1:]
			renamed[same[0]] = true
			c.differ(LayerZipEntries, "name of a file", a.name(i), b.name(same[0]))
			moved = append(moved, fmt.Sprintf("%q is called %q in B", a.name(i), b.name(same[0])))
			continue
		}
		c.differ(LayerZipEntries, in(a.name(i), "file"), a.describe(i), absent)
		removed = append(removed, fmt.Sprintf("%q", a.name(i)))
	}
	for _, i := range onlyB {
		if renamed[i] {
			continue
		}
		c.differ(LayerZipEntries, in(b.name(i), "file"), absent, b.describe(i))
		added = append(added, fmt.Sprintf("%q", b.name(i)))
	}
	if len(added) > 0 {
		c.because(CauseAdded, "B has files that A has not: %s", some(added, 5))
	}
	if len(removed) > 0 {
		c.because(CauseRemoved, "A has files that B has not: %s", some(removed, 5))
	}
	if len(moved) > 0 {
		c.because(CauseRenamed, "the same file has another name: %s", some(moved, 3))
	}
}

func (z *zipSide) describe(i int) string {
	e := &z.archive.Entries[i]
	return fmt.Sprintf("%s, mode %s", byteCount(e.Size), modeOf(e))
}

// modes reports what decides who may read and execute a file.
func (c *comparison) modes(a, b *zipSide, pairs []pair) {
	var changes []string
	why := ""
	for _, p := range pairs {
		x, y := modeOf(&a.archive.Entries[p.a]), modeOf(&b.archive.Entries[p.b])
		if x == y {
			continue
		}
		c.differ(LayerZipEntries, in(a.name(p.a), "mode"), x, y)
		if x == "none" || y == "none" {
			why = "; a zip made on Windows, or without Unix permissions, has none"
		}
		changes = append(changes, fmt.Sprintf("the mode of %q is %s in A and %s in B", printable(a.name(p.a), maxPrefix), x, y))
	}
	if len(changes) > 0 {
		c.because(CauseMode, "%s%s", some(changes, 1), why)
	}
}

// changed reports the size of a file whose content differs.
func (c *comparison) changed(a, b *zipSide, p pair) {
	x, y := a.archive.Entries[p.a].Size, b.archive.Entries[p.b].Size
	if x != y {
		c.differ(LayerZipEntries, in(a.name(p.a), "size"), byteCount(x), grown(x, y))
		return
	}
	c.differ(LayerZipEntries, in(a.name(p.a), "content"), shortSum(a.sums[p.a]), shortSum(b.sums[p.b]))
}

// orders reports whether the files that both zips have stand in the same
// order, in the file and in the directory.
func (c *comparison) orders(a, b *zipSide, pairs []pair) {
	inB := map[int]int{}
	inA := map[int]bool{}
	var listA, listB []string // in the directories
	for _, p := range pairs {
		inB[p.b] = p.a
		inA[p.a] = true
		listA = append(listA, a.name(p.a))
	}
	for i := range b.archive.Entries {
		if j, ok := inB[i]; ok {
			listB = append(listB, a.name(j))
		}
	}
	where := "directory"
	if slices.Equal(listA, listB) {
		listA, listB = listA[:0], listB[:0]
		for _, i := range a.order {
			if inA[i] {
				listA = append(listA, a.name(i))
			}
		}
		for _, i := range b.order {
			if j, ok := inB[i]; ok {
				listB = append(listB, a.name(j))
			}
		}
		where = "file"
	}
	if slices.Equal(listA, listB) {
		return
	}
	from := 0
	for listA[from] == listB[from] {
		from++
	}
	c.differ(LayerZipEntries, fmt.Sprintf("order in the %s, from file %d on", where, from+1), listing(listA[from:]), listing(listB[from:]))
	c.because(CauseOrder, "the zips hold the same files in another order: %q comes where B has %q",
		printable(listA[from], maxPrefix), printable(listB[from], maxPrefix))
}

func listing(names []string) string {
	return strings.Join(names[:min(len(names), 20)], ", ")
}

// packed reports files with the same content and other compressed bytes.
func (c *comparison) packed(ctx context.Context, a, b *zipSide, pairs []pair) error {
	var differing []string
	stored := false
	for _, p := range pairs {
		x, y := &a.archive.Entries[p.a], &b.archive.Entries[p.b]
		if a.sums[p.a] != b.sums[p.b] || x.Size == 0 {
			continue
		}
		if x.Method == y.Method && x.Compressed == y.Compressed {
			same, err := sameBytes(ctx, a.file, x.Data, b.file, y.Data, x.Compressed)
			if err != nil {
				return fmt.Errorf("zip %q cannot be read: %w", a.path, err)
			}
			if same {
				continue
			}
			c.differ(LayerPacked, in(x.Name, "compressed bytes"), "others of the same size", "others of the same size")
		} else {
			c.differ(LayerPacked, in(x.Name, "compressed size"), byteCount(x.Compressed), grown(x.Compressed, y.Compressed))
		}
		stored = stored || x.Method != y.Method
		differing = append(differing, fmt.Sprintf("%q", x.Name))
	}
	if len(differing) == 0 {
		return nil
	}
	why := "another compressor, another version of it, or another level"
	if stored {
		why = "one zip stores what the other compresses"
	}
	c.because(CauseCompressor, "%s: the content is the same and the compressed bytes are not: %s", some(differing, 3), why)
	return nil
}
