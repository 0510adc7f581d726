//go:build unix

package build_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/bootzip/bootzip/project"
)

// The same command in another directory makes a different program.
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

// The error says what a command did wrong, and the hint what to do about it.
func TestCommandsWithoutBootstrap(t *testing.T) {
	const nothing = "it ended with status 0 and left no regular file $OUT/bootstrap"
	for name, c := range map[string]struct {
		command     []string
		hint, texts string
	}{
		"nothing":            {[]string{"sh", "-c", "echo only said"}, "", "only said\n  " + nothing},
		"a directory":        {[]string{"sh", "-c", "mkdir $OUT/bootstrap"}, "", nothing},
		"a link":             {[]string{"sh", "-c", "ln -s /bin/sh $OUT/bootstrap"}, "", nothing},
		"an empty file":      {[]string{"sh", "-c", ": >$OUT/bootstrap"}, "", nothing},
		"a signal":           {[]string{"sh", "-c", "kill -TERM $$"}, "", "signal: terminated"},
		"not in PATH":        {[]string{"make.sh"}, "write ./make.sh", "make.sh: not found"},
		"not there":          {[]string{"none.sh"}, "the host lacks what is needed", "none.sh: not found"},
		"one that goes on":   {[]string{"sh", "-c", "printf '#!/bin/sh\\n' >$OUT/bootstrap; sleep 300 &"}, "", "a process that was started in the background kept the outputs open; its process group was ended"},
		"no program, though": {[]string{"sh", "-c", "echo text >$OUT/bootstrap"}, "", "what was built is not an ELF program"},
	} {
		t.Run(name, func(t *testing.T) {
			config := config(t, tree(t, map[string]string{"app/make.sh": "#!/bin/sh\n"}), "app")
			config.Functions[0].Language, config.Functions[0].Command = project.Command, c.command
			_, err := run(context.Background(), t, config)
			wantError(t, err, c.hint, `function "app" (amd64) was not built`, c.texts)
		})
	}
}
