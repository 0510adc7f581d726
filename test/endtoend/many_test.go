//go:build linux

package endtoend

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/project"
)

// One container builds fifty functions. If nothing has changed, none is started. All broken
// functions are named.
func TestManyFunctions(t *testing.T) {
	containers(t, func(t *testing.T, client string) {
		const many = 50
		sources := map[string]string{"go.mod": goMod()}
		var functions []project.Function
		for i := range many {
			name := fmt.Sprintf("f%02d", i)
			sources[name+"/main.go"] = says(name)
			functions = append(functions, goFunction(name))
		}
		root := tree(t, sources)
		c := config(t, root, client, functions)
		var last build.Event
		c.Progress = func(e build.Event) {
			if e.Stage == "build" {
				last = e
			}
		}
		r := record(t, client)
		started := func(what string, want int) {
			t.Helper()
			if got := r.take(t, "run", "create", "start"); len(got) != want {
				t.Errorf("%s: %d containers, want %d: %q", what, len(got), want, got)
			}
		}
		count := func(report build.Report) (built int) {
			for _, a := range report.Artifacts {
				if !a.Unchanged {
					built++
				}
			}
			return built
		}

		if n := count(mustBuild(t, c)); n != many {
			t.Errorf("%d were built, want %d", n, many)
		}
		started("all of them", 1)
		if last.Done != many || last.Total != many {
			t.Errorf("the last that was told is %+v", last)
		}
		if n := count(mustBuild(t, c)); n != 0 {
			t.Errorf("%d were built, and nothing has changed", n)
		}
		started("nothing changed", 0)

		broken := []string{"f07", "f23", "f49"}
		for _, name := range broken {
			put(t, filepath.Join(root, name, "main.go"), "package main // AWS_LAMBDA_RUNTIME_API\n\nfunc main() { missing_in_"+name+"() }\n")
		}
		before := files(t, c.Dist)
		_, err := run(t.Context(), t, c)
		var failure *build.Failure
		if !errors.As(err, &failure) {
			t.Fatalf("error is %v", err)
		}
		var names []string
		for _, f := range failure.Functions {
			names = append(names, f.Name)
			for _, other := range broken {
				if got := strings.Contains(f.Message, "missing_in_"+other); got != (other == f.Name) {
					t.Errorf("messages of %s: %q", f.Name, f.Message)
				}
			}
		}
		if !slices.Equal(names, broken) {
			t.Errorf("%q failed, want %q", names, broken)
		}
		started("three are broken", 1)
		unchanged(t, c, before)

		put(t, filepath.Join(root, "f07", "main.go"), says("mended"))
		put(t, filepath.Join(root, "f23", "main.go"), says("f23"))
		put(t, filepath.Join(root, "f49", "main.go"), says("f49"))
		if n := count(mustBuild(t, c)); n != 1 {
			t.Errorf("%d were built, and one differs from what was built of it last", n)
		}
		started("one changed", 1)
	})
}
