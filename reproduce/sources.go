package reproduce

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/git"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
)

// find returns the project in the directory folder of the checkout dir, and its function for
// only this architecture. written says what the checkout lacks.
func find(dir string, written git.Written, u build.Unit, folder string) (p project.Project, f project.Function, err error) {
	root := filepath.Join(dir, filepath.FromSlash(folder))
	if !filepath.IsLocal(filepath.FromSlash(folder)) {
		return p, f, &ConfigError{hint.New("give it relative to the repository's root", "directory %q is not in the repository", folder)}
	}
	if info, err := os.Stat(root); err != nil || !info.IsDir() {
		return p, f, &ConfigError{hint.New("name the project's: --folder=DIR, relative to the repository's root", "directory %q does not exist in the repository", folder)}
	}
	if p, err = project.Load(root); err != nil {
		if _, none := os.Stat(filepath.Join(root, project.ConfigFile)); none != nil {
			err = hint.Wrap(err, "name the project's directory: --folder=DIR, relative to the repository's root")
		}
		return p, f, err
	}
	at, err := filepath.Rel(dir, p.Root)
	if err != nil || !filepath.IsLocal(at) {
		return p, f, hint.New("give the directory itself", "directory %q is a link that leads out of the repository", folder)
	}
	if err := written.Refuse(filepath.ToSlash(at)); err != nil {
		return p, f, err
	}
	selected, err := p.Select(u.Function.Name, u.Arch)
	if err != nil {
		return p, f, hint.Wrap(fmt.Errorf("no project has the function %q for %s in %q: %w", u.Function.Name, u.Arch, folder, err),
			"name the project's directory: --folder=DIR; is it the right repository, and does the zip have its name in the release?")
	}
	return p, selected[0], nil
}
