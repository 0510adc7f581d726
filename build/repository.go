package build

import (
	"os"
	"path"
	"path/filepath"
	"slices"

	"golang.org/x/mod/modfile"

	"github.com/bootzip/bootzip/project"
)

// A module beside the project is found by every checkout of their repository,
// and so a build may use it. What commands see is then the directory above both,
// where the same relative paths lead to the same files.

// within reports whether dir is the directory top, or is below it.
func within(top, dir string) bool {
	rel, err := filepath.Rel(top, dir)
	return err == nil && filepath.IsLocal(rel)
}

// repository is the directory that the project may use modules of: Root unless
// Repository is above it.
func (c Config) repository() string {
	if c.Repository != "" && within(c.Repository, c.Root) {
		return c.Repository
	}
	return c.Root
}

// root is the project's directory on the host.
func (p places) root() string { return filepath.Join(p.source, filepath.FromSlash(p.project)) }

// workspace returns the directory, relative to Root, of the go.work that counts
// for a module: one in Root, else the nearest above it if that lists the module
// (cmd/go, "Workspaces"). The go command would refuse one that does not.
func (c Config) workspace(module string) (string, bool) {
	for dir := c.Root; within(c.repository(), dir); dir = filepath.Dir(dir) {
		if !exists(filepath.Join(dir, "go.work")) {
			if dir == filepath.Dir(dir) {
				break
			}
			continue
		}
		rel, err := filepath.Rel(c.Root, dir)
		if err != nil {
			return "", false
		}
		m := goModule{dir: filepath.ToSlash(rel), work: true}
		if dir == c.Root {
			return m.dir, true
		}
		return m.dir, slices.Contains(m.mains(c.Root), module)
	}
	return "", false
}

// mains are the directories, relative to root, of the main modules: the one, or
// those that go.work uses by relative paths.
func (m goModule) mains(root string) []string {
	if !m.work {
		return []string{m.dir}
	}
	var dirs []string
	if data, err := os.ReadFile(filepath.Join(root, m.dir, "go.work")); err == nil {
		if f, err := modfile.ParseWork("go.work", data, nil); err == nil {
			for _, use := range f.Use {
				// Of the project itself the name has no "..".
				rel, err := filepath.Rel(root, filepath.Join(root, m.dir, use.Path))
				if err == nil && !filepath.IsAbs(use.Path) {
					dirs = append(dirs, filepath.ToSlash(rel))
				}
			}
		}
	}
	return dirs
}

// directories are those, relative to root, that a module's programs may be made
// from: of go.work, of the main modules, and of what they replace by a
// relative path.
func (m goModule) directories(root string) []string {
	dirs := []string{m.dir}
	replaced := func(base string, all []*modfile.Replace) {
		for _, r := range all {
			if r.New.Version == "" && !filepath.IsAbs(r.New.Path) {
				dirs = append(dirs, path.Join(base, filepath.ToSlash(r.New.Path)))
			}
		}
	}
	if m.work {
		if data, err := os.ReadFile(filepath.Join(root, m.dir, "go.work")); err == nil {
			if f, err := modfile.ParseWork("go.work", data, nil); err == nil {
				replaced(m.dir, f.Replace)
			}
		}
	}
	for _, dir := range m.mains(root) {
		dirs = append(dirs, dir)
		if data, err := os.ReadFile(filepath.Join(root, dir, "go.mod")); err == nil {
			if f, err := modfile.Parse("go.mod", data, nil); err == nil {
				replaced(dir, f.Replace)
			}
		}
	}
	return dirs
}

// visible returns the directory that commands see: the project's, or the one
// above it that has the modules of its repository as well which the functions
// are made from.
func (c Config) visible() (string, error) {
	top := c.Root
	for _, f := range c.Functions {
		if f.Language != project.Go {
			continue
		}
		m, err := findModule(c, f.Source)
		if err != nil {
			return "", err
		}
		for _, dir := range m.directories(c.Root) {
			if dir := filepath.Join(c.Root, dir); within(c.repository(), dir) {
				for !within(top, dir) {
					top = filepath.Dir(top)
				}
			}
		}
	}
	return top, nil
}
