package git

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTop(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"repo/.git", "repo/a/b", "repo/sub/x", "none/c"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// A submodule is a repository of its own.
	if err := os.WriteFile(filepath.Join(dir, "repo/sub/.git"), []byte("gitdir: ../.git/modules/sub\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{"repo": "repo", "repo/a/b": "repo", "repo/sub/x": "repo/sub"} {
		if got := Top(filepath.Join(dir, in)); got != filepath.Join(dir, want) {
			t.Errorf("Top(%s) = %q, want %q", in, got, filepath.Join(dir, want))
		}
	}
	// What is above the temporary directory is not the test's.
	if got := Top(filepath.Join(dir, "none/c")); got == filepath.Join(dir, "repo") || got == filepath.Join(dir, "none") {
		t.Errorf("Top of no repository is %q", got)
	}
}
