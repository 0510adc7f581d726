package build

import (
	"os"
	"path"
	"path/filepath"

	"golang.org/x/mod/modfile"
)

// moduleFiles returns the files that decide which modules a program is built
// from, as far as they exist: go.mod and go.sum, go.work and go.work.sum and
// those of its modules, vendor/modules.txt. Slash-separated, relative to root.
func moduleFiles(root string, m goModule) []string {
	dirs := []string{m.dir}
	var files []string
	add := func(name string) {
		if exists(filepath.Join(root, name)) {
			files = append(files, name)
		}
	}
	if m.work {
		add(path.Join(m.dir, "go.work"))
		add(path.Join(m.dir, "go.work.sum"))
		dirs = nil
		if data, err := os.ReadFile(filepath.Join(root, m.dir, "go.work")); err == nil {
			if f, err := modfile.ParseWork("go.work", data, nil); err == nil {
				for _, use := range f.Use {
					dirs = append(dirs, path.Join(m.dir, filepath.ToSlash(use.Path)))
				}
			}
		}
	}
	for _, dir := range dirs {
		add(path.Join(dir, "go.mod"))
		add(path.Join(dir, "go.sum"))
	}
	add(path.Join(m.dir, "vendor", "modules.txt"))
	return files
}
