package pipeline

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/bootzip/bootzip/project"
)

func TestShards(t *testing.T) {
	named := func(names ...string) (all []project.Function) {
		for _, name := range names {
			all = append(all, project.Function{Name: name, Arch: project.Architectures()})
		}
		return all
	}
	layered := named("web", "api", "worker", "tracer", "alone")
	layered[0].Layers, layered[2].Layers = []string{"dist/tracer-${arch}.zip"}, []string{"vendor/x.zip", "dist/tracer-arm64.zip"}
	for what, c := range map[string]struct {
		functions []project.Function
		timings   Timings
		of        int
		want      [][]string
	}{
		"one":           {named("a", "b"), nil, 1, [][]string{{"a", "b"}}},
		"by name":       {named("c", "a", "b", "d"), nil, 2, [][]string{{"a", "c"}, {"b", "d"}}},
		"longest first": {named("a", "b", "c", "d"), Timings{"a": 1, "b": 2, "c": 3, "d": 6, "gone": 9}, 2, [][]string{{"d"}, {"a", "b", "c"}}},
		"a new one":     {named("a", "b", "new"), Timings{"a": 1, "b": 9}, 2, [][]string{{"b"}, {"a", "new"}}},
		"too many":      {named("a"), nil, 3, [][]string{{"a"}, nil, nil}},
		"layers":        {layered, nil, 3, [][]string{{"tracer", "web", "worker"}, {"alone"}, {"api"}}},
		"a broken time": {named("a", "b"), Timings{"a": -5}, 2, [][]string{{"a"}, {"b"}}},
	} {
		got := Shards(c.functions, c.timings, c.of)
		slices.Reverse(c.functions)
		if again := Shards(c.functions, c.timings, c.of); !reflect.DeepEqual(got, c.want) || !reflect.DeepEqual(again, got) {
			t.Errorf("%s: %v and %v, want %v", what, got, again, c.want)
		}
	}
	var many []project.Function
	timings, total, longest := Timings{}, 0.0, 0.0
	for i := range 400 {
		name := fmt.Sprintf("f%03d", i)
		many = append(many, named(name)...)
		timings[name] = 1 + float64(i*i%37)/4
		total, longest = total+timings[name], max(longest, timings[name])
	}
	seen := map[string]bool{}
	for _, names := range Shards(many, timings, 8) {
		seconds := 0.0
		for _, name := range names {
			if seen[name] {
				t.Errorf("%s is in two", name)
			}
			seen[name], seconds = true, seconds+timings[name]
		}
		if seconds > total/8+longest {
			t.Errorf("%d functions take %.0f of %.0f s", len(names), seconds, total)
		}
	}
	if len(seen) != 400 {
		t.Errorf("%d of 400", len(seen))
	}
}
