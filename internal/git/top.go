package git

import (
	"os"
	"path/filepath"
)

// Top returns the working tree that contains the directory root, both absolute,
// or "" if none does. It does not run git: a directory or a file called .git marks
// a working tree (gitrepository-layout(5); submodules and worktrees have a file).
func Top(root string) string {
	for dir := root; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}
