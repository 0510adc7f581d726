package git

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A repository for a test, in a directory of its own.
type repository struct {
	t   *testing.T
	dir string
}

func newRepository(t *testing.T, options ...string) repository {
	t.Helper()
	r := repository{t, t.TempDir()}
	r.git(append([]string{"init", "--quiet"}, options...)...)
	return r
}

// git runs git in the repository as its owner does.
func (r repository) git(argv ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", argv...)
	cmd.Dir = r.dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + r.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %q: %v\n%s", argv, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r repository) write(name, text string) {
	r.t.Helper()
	file := filepath.Join(r.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// commit commits all files and returns the commit's name.
func (r repository) commit() string {
	r.t.Helper()
	r.git("add", "--all")
	r.git("commit", "--quiet", "--allow-empty", "--message=x")
	return r.git("rev-parse", "HEAD")
}

// at writes the commit's files into a new directory, and returns it.
func (r repository) at(source, commit string) (string, Written) {
	r.t.Helper()
	dir := filepath.Join(r.t.TempDir(), "x")
	w, err := At(context.Background(), source, commit, dir, Options{Environ: os.Environ()})
	if err != nil {
		r.t.Fatal(err)
	}
	return dir, w
}

func wantFile(t *testing.T, name, want string) {
	t.Helper()
	got, err := os.ReadFile(name)
	if err != nil || string(got) != want {
		t.Errorf("%s is %q (%v), want %q", filepath.Base(name), got, err, want)
	}
}

// emptyTemp makes temporary directories appear in an empty directory, and fails unless
// it is empty again at the end of the test.
func emptyTemp(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, dir)
	}
	t.Cleanup(func() {
		left, err := os.ReadDir(dir)
		if err != nil || len(left) > 0 {
			t.Errorf("left in the temporary folder: %v (%v)", left, err)
		}
	})
}
