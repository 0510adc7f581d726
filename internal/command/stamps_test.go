package command

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
)

// It is an error if ${tag} and ${commit} are not known, since the build must depend only on
// the commit.
func TestStamps(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	functions := []project.Function{{Ldflags: map[string]string{"main.v": "${tag}"}}}
	stampsOf := func(dir, want string) {
		t.Helper()
		tag, commit, err := stamps(t.Context(), dir, functions)
		if got := tag + " " + commit; err != nil || got[:min(len(got), len(want))] != want {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
	outside, repository := t.TempDir(), t.TempDir()
	run := func(args ...string) {
		t.Helper()
		cmd := exec.Command(git, append([]string{"-C", repository, "-c", "user.name=x", "-c", "user.email=x@example.com"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	stampsOf(outside, "devel unknown")
	run("init", "-q")
	stampsOf(repository, "devel unknown")
	run("commit", "-q", "--allow-empty", "-m", "x")
	stampsOf(repository, "devel ")
	run("tag", "v1.2.3")
	stampsOf(repository, "v1.2.3 ")
	if err := os.WriteFile(filepath.Join(repository, "x"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	stampsOf(repository, "devel ")

	t.Setenv("PATH", t.TempDir())
	stampsOf(outside, "devel unknown")
	if tag, commit, err := stamps(t.Context(), filepath.Join(repository, "below"), functions); err == nil || hint.Of(err) != "install git" {
		t.Errorf("without git: %q, %q, %v", tag, commit, err)
	}
}
