package reproduce

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/git"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/printer"
	"github.com/bootzip/bootzip/project"
)

// find returns the project of a checkout, which is complete but for what written says, that has
// the function, in the directory if one is given, and the function for only this architecture.
func find(dir string, written git.Written, u build.Unit, folder string) (project.Project, project.Function, error) {
	p, err := findProject(dir, u, folder)
	if err != nil {
		return p, project.Function{}, err
	}
	at := folderOf(dir, p)
	if !filepath.IsLocal(filepath.FromSlash(at)) {
		return p, project.Function{}, hint.New("give the directory itself", "directory %q is a link that leads out of the repository", folder)
	}
	if err := written.Refuse(at); err != nil {
		return p, project.Function{}, err
	}
	selected, err := p.Select(u.Function.Name, u.Arch)
	if err != nil {
		return p, project.Function{}, err
	}
	return p, selected[0], nil
}

func findProject(dir string, u build.Unit, folder string) (project.Project, error) {
	roots, err := projectsBelow(dir)
	if err != nil {
		return project.Project{}, err
	}
	if folder != "" {
		if !filepath.IsLocal(filepath.FromSlash(folder)) {
			return project.Project{}, hint.New("give it relative to the repository's root", "directory %q is not in the repository", folder)
		}
		root := filepath.Join(dir, filepath.FromSlash(folder))
		if info, err := os.Stat(root); err != nil || !info.IsDir() {
			return project.Project{}, hint.New("name the project's: --folder=DIR, relative to the repository's root", "directory %q does not exist in the repository", folder)
		}
		roots = []string{root}
	}
	var found []project.Project
	var refused error
	for _, root := range roots {
		p, err := project.Load(root)
		if err != nil {
			if refused == nil {
				refused = err
			}
			continue
		}
		if _, err := p.Select(u.Function.Name, u.Arch); err == nil {
			found = append(found, p)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		var names []string
		for _, p := range found {
			names = append(names, folderOf(dir, p))
		}
		return project.Project{}, hint.New("choose one: --folder="+printer.Quoted(names[0]),
			"several projects have the function %q: in %s", u.Function.Name, git.List(names))
	}
	err = fmt.Errorf("no project has the function %q for %s", u.Function.Name, u.Arch)
	if refused != nil {
		err = fmt.Errorf("%w: %w", err, refused)
	}
	return project.Project{}, hint.Wrap(err, "is it the right repository, and does the zip have its name in the release?")
}

// folderOf returns the project's directory, slash-separated and relative to the checkout's.
func folderOf(dir string, p project.Project) string {
	rel, err := filepath.Rel(dir, p.Root)
	if err != nil {
		return p.Root
	}
	return filepath.ToSlash(rel)
}

// projectsBelow returns the directories that may be a project's: the root, and those with a
// bootzip.yaml that is not a test fixture.
func projectsBelow(dir string) ([]string, error) {
	roots := []string{dir}
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && slices.Contains([]string{"testdata", "vendor", "node_modules"}, e.Name()) {
			return fs.SkipDir
		}
		if !e.IsDir() && e.Name() == project.ConfigFile && filepath.Dir(name) != dir {
			roots = append(roots, filepath.Dir(name))
		}
		return nil
	})
	return roots, err
}
