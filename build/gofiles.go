package build

import (
	"path"
	"path/filepath"
)

// moduleFiles returns the existing files that decide which modules a program is
// built from: go.mod and go.sum, or go.work, go.work.sum and those of its modules,
// and vendor/modules.txt. They are slash-separated and relative to root.
func moduleFiles(root string, m goModule) []string {
	var files []string
	add := func(name string) {
		if exists(filepath.Join(root, name)) {
			files = append(files, name)
		}
	}
	if m.work {
		add(path.Join(m.dir, "go.work"))
		add(path.Join(m.dir, "go.work.sum"))
	}
	for _, dir := range m.mains(root) {
		add(path.Join(dir, "go.mod"))
		add(path.Join(dir, "go.sum"))
	}
	add(path.Join(m.dir, "vendor", "modules.txt"))
	return files
}
