//go:build unix

package build_test

import (
	"reflect"
	"testing"

	"github.com/bootzip/bootzip/project"
)

// The same command in another directory makes another program.
func TestCommandInAnotherSource(t *testing.T) {
	c := config(t, tree(t, map[string]string{
		"a/make.sh": "printf '#!/bin/sh\\necho a' >$OUT/bootstrap\n", "b/make.sh": "printf '#!/bin/sh\\necho b' >$OUT/bootstrap\n",
	}), "own=a")
	c.Functions[0].Language, c.Functions[0].Command = project.Command, []string{"sh", "make.sh"}
	first := sums(mustBuild(t, c))
	c.Functions[0].Source = "b"
	if r := mustBuild(t, c); built(r) != "own/amd64" || reflect.DeepEqual(sums(r), first) {
		t.Errorf("built are %q", built(r))
	}
}
