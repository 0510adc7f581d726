package build

import (
	"path"
	"path/filepath"
	"slices"

	"github.com/bootzip/bootzip/project"
)

// A build may use a module beside the project in the same repository, since every
// checkout has it. Commands then see the directory above both, in which the same
// relative paths lead to the same files.

// within reports whether dir is the directory top, or is below it.
func within(top, dir string) bool {
	rel, err := filepath.Rel(top, dir)
	return err == nil && filepath.IsLocal(rel)
}

// repository returns the directory whose modules the project may use: Root, unless
// Repository is above it.
func (c Config) repository() string {
	if c.Repository != "" && within(c.Repository, c.Root) {
		return c.Repository
	}
	return c.Root
}

// root returns the project's directory on the host.
func (p places) root() string { return filepath.Join(p.source, filepath.FromSlash(p.project)) }

// workspace returns the directory, relative to Root, of a module's go.work: one in
// Root, else the nearest above it if that lists the module (cmd/go, "Workspaces").
// The go command would refuse a go.work that does not.
func (c Config) workspace(module string) (string, bool) {
	for dir, below := c.Root, ""; dir != below && within(c.repository(), dir); dir, below = filepath.Dir(dir), dir {
		if !exists(filepath.Join(dir, "go.work")) {
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

// unfollowed returns the directory of a go.work outside of the repository that lists the
// module, "" if there is none. The go command would follow it.
func (c Config) unfollowed(m goModule) string {
	if m.work {
		return ""
	}
	c.Repository = filepath.VolumeName(c.Root) + string(filepath.Separator)
	dir, ok := c.workspace(m.dir)
	if !ok {
		return ""
	}
	return filepath.Join(c.Root, dir)
}

// mains returns the directories, relative to root, of the main modules: one, or those
// that go.work uses by relative paths.
func (m goModule) mains(root string) []string {
	if !m.work {
		return []string{m.dir}
	}
	work, err := readLines(root, path.Join(m.dir, "go.work"))
	if err != nil {
		return nil // a go.work that cannot be read uses nothing
	}
	var dirs []string
	for _, use := range work.Use {
		// A path into the project itself must have no "..".
		rel, err := filepath.Rel(root, filepath.Join(root, m.dir, use.Path))
		if err == nil && !filepath.IsAbs(use.Path) {
			dirs = append(dirs, filepath.ToSlash(rel))
		}
	}
	return dirs
}

// directories returns the directories, relative to root, that a module's programs may
// be made from: those of go.work, of the main modules, and of the replacements that are
// named by a relative path.
func (m goModule) directories(root string) []string {
	dirs := []string{m.dir}
	replaced := func(file string) {
		lines, err := readLines(root, file)
		if err != nil {
			return // a file that cannot be read replaces nothing
		}
		for _, r := range lines.Replace {
			if r.New.Version == "" && !filepath.IsAbs(r.New.Path) {
				dirs = append(dirs, path.Join(path.Dir(file), filepath.ToSlash(r.New.Path)))
			}
		}
	}
	if m.work {
		replaced(path.Join(m.dir, "go.work"))
	}
	for _, dir := range m.mains(root) {
		dirs = append(dirs, dir)
		replaced(path.Join(dir, "go.mod"))
	}
	return dirs
}

// visible returns the directory that commands see: the project's, or one above it
// that also has the modules of the repository that the functions use.
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
