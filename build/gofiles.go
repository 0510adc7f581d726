package build

import (
	"path"
	"path/filepath"
	"slices"
)

// moduleFiles returns the existing files that decide which modules a program is
// built from: go.mod and go.sum, or go.work, go.work.sum and those of its modules,
// and vendor/modules.txt. They are slash-separated and relative to root.
func moduleFiles(root string, m goModule) []string {
	var files []string
	if m.work {
		files = append(files, path.Join(m.dir, "go.work"), path.Join(m.dir, "go.work.sum"))
	}
	for _, dir := range m.mains(root) {
		files = append(files, path.Join(dir, "go.mod"), path.Join(dir, "go.sum"))
	}
	files = append(files, path.Join(m.dir, "vendor", "modules.txt"))
	return slices.DeleteFunc(files, func(name string) bool { return !exists(filepath.Join(root, name)) })
}
