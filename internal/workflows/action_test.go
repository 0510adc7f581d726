package workflows

import (
	"os/exec"
	"strings"
	"testing"
)

// An input of the action that cannot be used is named in an annotation.
func TestActionInputs(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	for _, c := range []struct{ program, version, ref, want string }{
		{"/nosuch", "", "v1.2.3", `the input program is not a file: "/nosuch"`},
		{"", "main", "v1.2.3", `the input version is "main", not a release such as v1.2.3`},
		{"", "a\n::notice::b", "", `the input version is "a%0A::notice::b", not a release`},
		{"", "", "main", `set the input version, such as v1.2.3 (the action is used as "main")`},
	} {
		cmd := exec.Command(bash, "../../scripts/action", "install")
		cmd.Env = []string{"PATH=/usr/bin:/bin", "RUNNER_OS=Linux", "RUNNER_ARCH=X64", "RUNNER_TEMP=" + t.TempDir(), "PROGRAM=" + c.program, "VERSION=" + c.version, "REF=" + c.ref}
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.HasPrefix(string(out), "::error title=bootzip::") || !strings.Contains(string(out), c.want) {
			t.Errorf("program %q, version %q: %v, %s", c.program, c.version, err, out)
		}
	}
}
