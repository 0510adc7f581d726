package verify

import (
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/zipscan"
)

// names are the indices of a zip's entries, sorted so that what lies below a
// folder, or below a file of the same name, follows it at once. A sorted list
// takes a tenth of the memory of a map.
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
		if c := compareNames(entries[a].Name, entries[b].Name); c != 0 {
			return c
		}
		return int(a - b)
	})
	return n
}

// plain is a name without the mark of a directory.
func plain(name string) string { return strings.TrimSuffix(name, "/") }

// compareNames compares names without the mark of a directory; a slash comes
// before all other characters.
func compareNames(a, b string) int {
	a, b = plain(a), plain(b)
	for i := 0; i < min(len(a), len(b)); i++ {
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

// compareFolded compares names as a file system does that cannot tell upper
// from lower case (of ASCII).
func compareFolded(a, b string) int {
	a, b = plain(a), plain(b)
	for i := 0; i < min(len(a), len(b)); i++ {
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

// named returns the first entry of a name, and whether it is an ordinary
// file.
func (n names) named(name string) (i int, regular, found bool) {
	at, ok := slices.BinarySearchFunc(n.order, name, func(i int32, name string) int {
		return compareNames(n.entries[i].Name, name)
	})
	if !ok {
		return 0, false, false
	}
	i = int(n.order[at])
	return i, isFile(&n.entries[i]), true
}

// above reports whether there are entries below a directory of a name.
func (n names) above(name string) bool {
	at, _ := slices.BinarySearchFunc(n.order, name, func(i int32, name string) int {
		return compareNames(n.entries[i].Name, name)
	})
	for ; at < len(n.order) && at >= 0; at++ {
		if e := n.entries[n.order[at]].Name; plain(e) != name {
			return strings.HasPrefix(e, name+"/")
		}
	}
	return false
}

// file returns the ordinary file of a name.
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

// clashes looks for names that occur twice, or as a file and a directory.
func (x *examination) clashes() {
	list := x.names.order
	for k := 1; k < len(list); k++ {
		a, b := &x.archive.Entries[list[k-1]], &x.archive.Entries[list[k]]
		switch {
		case plain(a.Name) == plain(b.Name):
			x.find(idDuplicate, x.name(int(list[k])), "the name occurs twice")
		case !isFolder(a) && strings.HasPrefix(b.Name, a.Name) && b.Name[len(a.Name)] == '/':
			x.find(idNameConflict, x.name(int(list[k-1])), "there are files below it as if it were a folder")
		}
	}
}

// caseClashes looks for names that differ in case only.
func (x *examination) caseClashes() {
	entries := x.archive.Entries
	list := slices.Clone(x.names.order)
	slices.SortFunc(list, func(a, b int32) int {
		if c := compareFolded(entries[a].Name, entries[b].Name); c != 0 {
			return c
		}
		return int(a - b)
	})
	for k := 1; k < len(list); k++ {
		a, b := entries[list[k-1]].Name, entries[list[k]].Name
		if compareFolded(a, b) == 0 && plain(a) != plain(b) {
			x.find(idCaseClash, x.name(int(list[k])), "%q is there too", a)
		}
	}
}
