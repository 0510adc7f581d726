package pipeline

import (
	"cmp"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
)

// Timings has the seconds that it took to build and start functions, by name.
type Timings map[string]float64

// Shards splits the functions into of lists of names, which take about the same time each:
// the longest functions come first, and each goes to the list with the least time so far. A
// function without a time counts as the mean of the others, and as a second if there is no
// time at all. A function and those of its layers that are in the project are in one list.
// The result depends only on the arguments, so every machine gets the same lists. With few
// functions, the last lists are empty.
func Shards(functions []project.Function, t Timings, of int) [][]string {
	var known, sum float64
	for _, f := range functions {
		if seconds := t[f.Name]; seconds > 0 {
			known, sum = known+1, sum+seconds
		}
	}
	mean := 1.0
	if known > 0 {
		mean = sum / known
	}
	type group struct {
		names   []string
		seconds float64
	}
	var groups []group
	for _, names := range joined(functions) {
		g := group{names: names}
		for _, name := range names {
			g.seconds += cmp.Or(max(t[name], 0), mean)
		}
		groups = append(groups, g)
	}
	slices.SortStableFunc(groups, func(a, b group) int {
		return cmp.Or(cmp.Compare(b.seconds, a.seconds), strings.Compare(a.names[0], b.names[0]))
	})
	shards, busy := make([][]string, of), make([]float64, of)
	for _, g := range groups {
		least := 0
		for i, seconds := range busy {
			if seconds < busy[least] {
				least = i
			}
		}
		shards[least] = append(shards[least], g.names...)
		busy[least] += g.seconds
	}
	for i := range shards {
		slices.Sort(shards[i])
	}
	return shards
}

// joined groups the names of functions: those that have the same layer of the project are
// together, with the layer.
func joined(functions []project.Function) [][]string {
	list := map[string]string{} // the first function of a list, by function
	var first func(name string) string
	first = func(name string) string {
		if list[name] == name {
			return name
		}
		return first(list[name])
	}
	for _, f := range functions {
		list[f.Name] = f.Name
	}
	for _, f := range functions {
		for _, arch := range f.Arch {
			for _, layer := range f.Layers {
				for _, other := range functions {
					if forArch(layer, arch) == "dist/"+pack.FileName(other.Name, arch) {
						list[first(f.Name)] = first(other.Name)
					}
				}
			}
		}
	}
	byFirst := map[string][]string{}
	for _, f := range functions {
		byFirst[first(f.Name)] = append(byFirst[first(f.Name)], f.Name)
	}
	var all [][]string
	for _, names := range byFirst {
		slices.Sort(names)
		all = append(all, names)
	}
	return all
}
