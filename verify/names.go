package verify

import (
	"cmp"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/zipscan"
)

// names are the indices of a zip's entries, sorted so that what is below a directory, or
// below a file with its name, follows it. A sorted list takes a tenth of the memory of a
// map.
type names struct {
	entries []zipscan.Entry
	order   []int32
}

func sortNames(entries []zipscan.Entry) names {
	n := names{entries, make([]int32, len(entries))}
	for i := range n.order {
		n.order[i] = int32(i)
	}
	slices.SortFunc(n.order, func(a, b int32) int {
		return cmp.Or(compareNames(entries[a].Name, entries[b].Name), int(a-b))
	})
	return n
}

// plain returns a name without the final slash of a directory.
func plain(name string) string { return strings.TrimSuffix(name, "/") }

// compareNames compares plain names. A slash comes before all other characters.
func compareNames(a, b string) int {
	a, b = plain(a), plain(b)
	for i := range min(len(a), len(b)) {
		if a[i] == b[i] {
			continue
		}
		if a[i] == '/' || b[i] != '/' && a[i] < b[i] {
			return -1
		}
		return 1
	}
	return len(a) - len(b)
}

// compareFolded compares plain names, ignoring case (of ASCII).
func compareFolded(a, b string) int {
	a, b = plain(a), plain(b)
	for i := range min(len(a), len(b)) {
		if x, y := lower(a[i]), lower(b[i]); x != y {
			return int(x) - int(y)
		}
	}
	return len(a) - len(b)
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// search returns where a name is in the order, or where it would be.
func (n names) search(name string) (at int, found bool) {
	return slices.BinarySearchFunc(n.order, name, func(i int32, name string) int {
		return compareNames(n.entries[i].Name, name)
	})
}

// named returns the first entry with a name, and whether it is an ordinary file.
func (n names) named(name string) (i int, regular, found bool) {
	at, ok := n.search(name)
	if !ok {
		return 0, false, false
	}
	i = int(n.order[at])
	return i, isFile(&n.entries[i]), true
}

// above reports whether there are entries below the directory with a name.
func (n names) above(name string) bool {
	at, _ := n.search(name)
	for _, i := range n.order[at:] {
		if e := n.entries[i].Name; plain(e) != name {
			return strings.HasPrefix(e, name+"/")
		}
	}
	return false
}

// file returns the ordinary file with a name.
func (n names) file(name string) (i int, ok bool) {
	i, ok, _ = n.named(name)
	return i, ok
}

// isFile reports whether an entry is an ordinary file.
func isFile(e *zipscan.Entry) bool {
	if isFolder(e) {
		return false
	}
	kind := e.External >> 16 & typeMask
	return kind == 0 || kind == typeFile
}

// clashes finds names that occur twice, or as a file and a directory.
func (x *examination) clashes() {
	list := x.names.order
	for k := 1; k < len(list); k++ {
		a, b := &x.archive.Entries[list[k-1]], &x.archive.Entries[list[k]]
		switch {
		case plain(a.Name) == plain(b.Name):
			x.find(idDuplicate, x.name(int(list[k])), "the name occurs twice")
		case !isFolder(a) && strings.HasPrefix(b.Name, a.Name) && b.Name[len(a.Name)] == '/':
			x.find(idNameConflict, x.name(int(list[k-1])), "there are files below it as if it were a directory")
		}
	}
}

// caseClashes finds names that differ only in case.
func (x *examination) caseClashes() {
	entries := x.archive.Entries
	list := slices.Clone(x.names.order)
	slices.SortFunc(list, func(a, b int32) int {
		return cmp.Or(compareFolded(entries[a].Name, entries[b].Name), int(a-b))
	})
	for k := 1; k < len(list); k++ {
		a, b := entries[list[k-1]].Name, entries[list[k]].Name
		if compareFolded(a, b) == 0 && plain(a) != plain(b) {
			x.find(idCaseClash, x.name(int(list[k])), "%q is there too", a)
		}
	}
}
